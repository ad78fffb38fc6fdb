// What flite's free voices say, as numbers. Build time only: nothing here runs while singing.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "singing/voice_bank.h"

struct cst_utterance_struct;

namespace brandiron::gen::singing {

inline constexpr double kUnvoicedF0Hz = 400.0;  ///< a short window where no period is to follow

/// Vowels and sonorants are voiced whatever the measure says, voiceless sounds are not, except near
/// the boundary to a neighbour of the other kind.
void correct_voicing(int phone, int neighbour, double from_boundary_s, std::span<float> shares);

using CepstrumRow = std::array<double, 25>;

/// The parameters that a statistical voice (clustergen) spoke an utterance with, smoothed.
struct ModelFrames {
  std::vector<CepstrumRow> cepstra;
  std::vector<std::array<double, kNumAperiodicities>> periodicity;
  std::vector<bool> voiced;
  std::vector<float> f0_hz;  ///< 0 = unvoiced
  std::vector<std::string> names;
  std::vector<double> ends_s;
};
/// Takes the utterance over and deletes it.
ModelFrames model_frames(cst_utterance_struct* utterance);
/// cos(k * warped frequency) at the band points: mel-cepstrum to decibels.
std::vector<CepstrumRow> cepstrum_basis(double rate_hz, double alpha);
/// Appends one frame of the bank's 69 bytes.
void append_model_frame(const ModelFrames& model, std::size_t index, int phone, int neighbour,
                        double from_boundary_s, const std::vector<CepstrumRow>& basis,
                        std::vector<std::uint8_t>& frames);

}  // namespace brandiron::gen::singing
