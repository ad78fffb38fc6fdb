#pragma once

#include <string>

#include "label_check/chroma.h"

namespace brandiron::experiments::labels {

/// The key of a song, as a triad on its tonic: by the triads that are heard in half-second pieces,
/// how well each key explains them, and where the song begins and comes to rest. `bass` may
/// be empty. False when hardly
/// anything sounds.
bool estimate_key(const Chromagram& chroma, const Chromagram& bass, Triad& key);

}  // namespace brandiron::experiments::labels
