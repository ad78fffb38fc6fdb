// The page of `detect --report`.
#pragma once

#include <string>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/detect/detector.h"

namespace brandiron::app {

/// One self-contained page about one judged file: verdict, spectrogram, one strip with a colour a
/// second, what each branch adds, the evidence, and what a verdict proves. No script, nothing from
/// outside.
std::string detection_page(const std::string& file, const AudioBuffer& audio,
                           const detect::Detection& detection);

}  // namespace brandiron::app
