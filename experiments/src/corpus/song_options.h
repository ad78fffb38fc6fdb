#pragma once

#include "brandiron/experiments/corpus.h"
#include "brandiron/gen/song.h"

namespace brandiron::experiments {

/// The song of an item as the generator is asked for it; codec and attack are no part of it.
/// Personas are read once a process. Thread safe. @throws Error(kConfig) for a persona that is not
/// there; Error(kModel) for one that is another than the item was planned with.
gen::GenerateOptions song_options(const Item& item);

}  // namespace brandiron::experiments
