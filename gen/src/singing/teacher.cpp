#include "singing/teacher.h"

#include <algorithm>
#include <cmath>

extern "C" {
#include <flite/cst_cg.h>
#include <flite/flite.h>
}

#include "brandiron/core/det_math.h"
#include "singing/bank_analysis.h"

namespace brandiron::gen::singing {
namespace {

constexpr double kInt16Db = 90.308998699194;

// The statistical model's state means are steps: a binomial kernel makes curves of them.
template <std::size_t N>
void smooth(std::vector<std::array<double, N>>& track) {
  for (int pass = 0; pass < 3; ++pass) {
    const auto before = track;
    for (std::size_t i = 0; i < track.size(); ++i) {
      const std::size_t a = i > 0 ? i - 1 : 0, b = std::min(i + 1, track.size() - 1);
      for (std::size_t c = 0; c < N; ++c) {
        track[i][c] = 0.25 * before[a][c] + 0.5 * before[i][c] + 0.25 * before[b][c];
      }
    }
  }
}

}  // namespace

void correct_voicing(int phone, int neighbour, double from_boundary_s, std::span<float> shares) {
  const PhoneInfo& info = phone_info(phone);
  const bool near = from_boundary_s < 0.040 && phone_info(neighbour).voiced != info.voiced;
  if (near) return;
  if (is_vowel(phone) || is_sonorant(phone)) {
    // The measure counts every irregularity as noise; a vowel's own noise is far below it.
    constexpr std::array<float, kNumAperiodicities> kMost = {0.01F, 0.03F, 0.08F, 0.16F, 0.25F};
    for (std::size_t b = 0; b < kMost.size(); ++b) shares[b] = std::min(0.5F * shares[b], kMost[b]);
  } else if (!info.voiced) {
    std::fill(shares.begin(), shares.end(), 1.0F);
  }
}

ModelFrames model_frames(cst_utterance* utterance) {
  const cst_track* params = val_track(utt_feat_val(utterance, "param_track"));
  const cst_track* strengths = val_track(utt_feat_val(utterance, "str_track"));
  ModelFrames out;
  for (int i = 0; i < params->num_frames; ++i) {
    out.voiced.push_back(params->frames[i][0] > 50.0F);
    out.f0_hz.push_back(out.voiced.back() ? params->frames[i][0] : 0.0F);
    CepstrumRow cepstrum{};
    // Channels are mean and deviation in turn: 0 is F0, then c0 .. c24.
    for (std::size_t k = 0; k < cepstrum.size(); ++k) {
      cepstrum[k] = static_cast<double>(params->frames[i][2 + 2 * k]);
    }
    out.cepstra.push_back(cepstrum);
    std::array<double, kNumAperiodicities> strength{};
    const int row = std::min(i, strengths->num_frames - 1);
    for (std::size_t k = 0; k < strength.size(); ++k) {
      strength[k] = static_cast<double>(strengths->frames[row][k]);
    }
    out.periodicity.push_back(strength);
  }
  for (cst_item* s = relation_head(utt_relation(utterance, "Segment")); s; s = item_next(s)) {
    out.names.emplace_back(item_feat_string(s, "name"));
    out.ends_s.push_back(static_cast<double>(item_feat_float(s, "end")));
  }
  delete_utterance(utterance);
  smooth(out.cepstra);
  smooth(out.periodicity);
  return out;
}

std::vector<CepstrumRow> cepstrum_basis(double rate_hz, double alpha) {
  std::vector<CepstrumRow> basis(kNumBands);
  for (int b = 0; b < kNumBands; ++b) {
    const double w = 6.283185307179586 * band_hz(b) / rate_hz;
    const double warped = w + 2.0 * det::atan2(alpha * det::sin(w), 1.0 - alpha * det::cos(w));
    for (int k = 0; k < 25; ++k) {
      basis[static_cast<std::size_t>(b)][static_cast<std::size_t>(k)] = det::cos(k * warped);
    }
  }
  return basis;
}

void append_model_frame(const ModelFrames& model, std::size_t index, int phone, int neighbour,
                        double from_boundary_s, const std::vector<CepstrumRow>& basis,
                        std::vector<std::uint8_t>& frames) {
  index = std::min(index, model.cepstra.size() - 1);
  std::array<float, kNumBands> bands{};
  for (std::size_t b = 0; b < bands.size(); ++b) {
    double sum = 0;
    for (std::size_t k = 0; k < 25; ++k) sum += basis[b][k] * model.cepstra[index][k];
    bands[b] = static_cast<float>(sum * 8.685889638065037 - kInt16Db);
  }
  std::array<float, kNumAperiodicities> shares{};
  for (std::size_t k = 0; k < shares.size(); ++k) {
    shares[k] = static_cast<float>(std::clamp(1.0 - model.periodicity[index][k], 0.0, 1.0));
    shares[k] *= shares[k];  // strengths are amplitudes, shares are powers
  }
  if (!model.voiced[index]) shares.fill(1.0F);
  correct_voicing(phone, neighbour, from_boundary_s, shares);
  append_frame(bands, shares, frames);
}

}  // namespace brandiron::gen::singing
