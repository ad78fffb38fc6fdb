#include "singer_measures.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/progress.h"

namespace brandiron::app {
namespace {

constexpr auto kBands = static_cast<std::size_t>(models::kSingerBands);
constexpr auto kSize = static_cast<std::size_t>(models::kSingerOutputs);
constexpr int kPause = models::kSingerPhones - 1;

template <typename Visit>
void for_each_sound(const std::vector<models::SingerPhone>& phones, const Visit& visit) {
  std::size_t frame = 0;
  for (const models::SingerPhone& p : phones) {
    for (int k = 0; k < p.frames; ++k, ++frame) {
      if (p.id != kPause) visit(frame, k);
    }
  }
}

/// RMS difference over the envelope points of two frames.
double distance_db(const float* a, const float* b) {
  double sum = 0;
  for (std::size_t k = 0; k < kBands; ++k) {
    const auto d = static_cast<double>(a[k] - b[k]);
    sum += d * d;
  }
  return std::sqrt(sum / static_cast<double>(kBands));
}

struct Moments {
  double count = 0;
  std::vector<double> sum = std::vector<double>(kBands), square = std::vector<double>(kBands);
  void add(const float* frame) {
    ++count;
    for (std::size_t b = 0; b < kBands; ++b) {
      sum[b] += static_cast<double>(frame[b]);
      square[b] += static_cast<double>(frame[b]) * static_cast<double>(frame[b]);
    }
  }
  double mean(std::size_t b) const { return sum[b] / std::max(1.0, count); }
  double variance(std::size_t b) const {
    return std::max(1e-6, square[b] / std::max(1.0, count) - mean(b) * mean(b));
  }
};

struct Tally {
  int phrases = 0;
  double frames = 0, distance = 0, drafted = 0, share = 0;
  double boundaries = 0, made_step = 0, drafted_step = 0;
  Moments made, spoken;
};

void add_phrase(const std::vector<float>& made, const SingerPhrase& phrase, Tally& tally) {
  const std::vector<float> spoken = phrase.spoken.decoded(0, phrase.spoken.num_frames());
  ++tally.phrases;
  for_each_sound(phrase.phones, [&](std::size_t f, int k) {
    tally.distance += distance_db(&made[f * kSize], &spoken[f * kSize]);
    tally.drafted += distance_db(&phrase.draft[f * kSize], &spoken[f * kSize]);
    tally.share +=
        std::abs(static_cast<double>(made[f * kSize + kBands] - spoken[f * kSize + kBands]));
    ++tally.frames;
    tally.made.add(&made[f * kSize]);
    tally.spoken.add(&spoken[f * kSize]);
    if (k == 0 && f > 0) {
      tally.made_step += distance_db(&made[(f - 1) * kSize], &made[f * kSize]);
      tally.drafted_step += distance_db(&phrase.draft[(f - 1) * kSize], &phrase.draft[f * kSize]);
      ++tally.boundaries;
    }
  });
}

}  // namespace

void set_scale_of(const std::vector<SingerPhrase>& phrases, models::SingerNet& net) {
  Moments moments;
  for (const SingerPhrase& phrase : phrases) {
    const std::vector<float> spoken = phrase.spoken.decoded(0, phrase.spoken.num_frames());
    for_each_sound(phrase.phones, [&](std::size_t f, int) { moments.add(&spoken[f * kSize]); });
  }
  std::vector<float> mean, deviation;
  for (std::size_t b = 0; b < kBands; ++b) {
    mean.push_back(static_cast<float>(moments.mean(b)));
    deviation.push_back(static_cast<float>(std::sqrt(moments.variance(b))));
  }
  net.set_scale(mean, deviation);
}

nlohmann::ordered_json measure_singer(const models::SingerNet& net,
                                      const std::vector<SingerPhrase>& phrases,
                                      const std::vector<std::string>& voices) {
  std::vector<Tally> tallies(voices.size());
  Progress progress("held out", phrases.size(), "phrases");
  for (const SingerPhrase& phrase : phrases) {
    std::vector<float> weights(voices.size(), 0.0F);
    weights[phrase.voice] = 1.0F;
    add_phrase(net.envelopes(phrase.phones, phrase.draft, weights), phrase, tallies[phrase.voice]);
    progress.add(1);
  }
  nlohmann::ordered_json table = nlohmann::ordered_json::object();
  for (std::size_t v = 0; v < voices.size(); ++v) {
    const Tally& t = tallies[v];
    if (t.frames == 0) continue;
    double ratio = 0;
    for (std::size_t b = 0; b < kBands; ++b) ratio += t.made.variance(b) / t.spoken.variance(b);
    table[voices[v]] = {{"phrases", t.phrases},
                        {"frames", t.frames},
                        {"log_spectral_distance_db", t.distance / t.frames},
                        {"draft_distance_db", t.drafted / t.frames},
                        {"variance_ratio", ratio / static_cast<double>(kBands)},
                        {"boundary_step_db", t.made_step / std::max(1.0, t.boundaries)},
                        {"boundary_step_ratio", t.made_step / std::max(1e-9, t.drafted_step)},
                        {"share_error", t.share / t.frames}};
  }
  return table;
}

}  // namespace brandiron::app
