#pragma once

#include "brandiron/experiments/corpus.h"
#include "brandiron/gen/song.h"

namespace brandiron::experiments {

/// The song of an item as the generator is asked for it; codec and attack are no part of it.
/// Personas are read once a process. Thread safe. @throws Error(kConfig) for a persona that is not
/// there; Error(kModel) for one that is another than the item was planned with.
gen::GenerateOptions song_options(const Item& item);

/// Its rate and mix alone: what a recording is mastered with.
gen::GenerateOptions mix_of(const Item& item);

/// A persona by name, read once a process. `sha256` "" takes any. Thread safe. @throws as above.
const gen::Persona& persona_of(const std::string& name, const std::string& sha256);

}  // namespace brandiron::experiments
