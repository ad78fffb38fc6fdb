// The shortcut probe: seven numbers that ignore the music.
#pragma once

#include <array>
#include <cstddef>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

inline constexpr std::size_t kNumContentFree = 7;
using ContentFree = std::array<double, kNumContentFree>;

/// Loudness (LUFS), peak (dBFS), crest (dB), side over mid (dB), 95 % roll-off (kHz), energy above
/// over below 4 kHz (dB), share of silent 46 ms blocks.
ContentFree content_free_features(const AudioBuffer& audio);

}  // namespace brandiron
