#pragma once

#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/gen/band.h"

namespace brandiron::gen::band {

/// What the mastering chain did.
struct MasterReport {
  double gain_db = 0, integrated_lufs = 0, true_peak_dbtp = 0;
  std::vector<MixStep> steps;
  std::vector<std::pair<std::string, double>> figures;
};

/// Master of a stereo premaster: bass to mono below 120 Hz, tone, bus compression, soft clipping
/// and a true-peak limiter, driven so that integrated loudness meets the target. Silence stays
/// silence.
AudioBuffer master(const AudioBuffer& premaster, const MixOptions& options, MasterReport& report);

}  // namespace brandiron::gen::band
