#pragma once

#include <string>

#include "composition/phones.h"

namespace brandiron::gen {

/// flite's pronunciation of a lower-case word: its lexicon, else its letter-to-sound rules. Empty
/// when flite has nothing to say. Deterministic, thread safe.
Phones flite_phones(const std::string& word);

}  // namespace brandiron::gen
