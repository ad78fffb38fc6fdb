// Small studies that the tests make for themselves.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/detector_study.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

namespace brandiron::experiments::testing {

using brandiron::testing::TemporaryFolder;

/// Noise under plucked strings; with `comb_hz` > 0 under faint sines at its multiples, as a decoder
/// leaves them.
inline AudioBuffer take(double seconds, std::uint64_t seed, double comb_hz) {
  AudioBuffer audio = brandiron::testing::plucked_music(seconds, 44100, 1, seed);
  audio.add(brandiron::testing::noise(seconds, 44100, 0.02, 1, seed));
  if (comb_hz <= 0) return audio;
  Rng rng(seed, "comb");
  for (double hz = comb_hz; hz < 16000; hz += comb_hz) {
    const double phase = rng.uniform(0, 6.28);
    for (std::size_t i = 0; i < audio.num_frames(); ++i) {
      const double t = static_cast<double>(i) / 44100;
      audio.channel(0)[i] +=
          static_cast<float>(0.002 * std::sin(2 * std::numbers::pi * hz * t + phase));
    }
  }
  return audio;
}

inline DetectorClip clip(const std::string& id, const std::string& label,
                         const std::string& source) {
  DetectorClip c;
  c.id = id;
  c.label = label;
  c.source = c.group = source;
  c.recording = source + "|" + id;
  return c;
}

/// `each` clips in files of two ai and two human sources; ai ones have a comb.
inline std::vector<DetectorClip> material(const TemporaryFolder& folder, int each,
                                          double seconds = 2.0) {
  std::vector<DetectorClip> clips;
  std::uint64_t seed = 0;
  for (const char* source : {"ai-a", "ai-b", "human-a", "human-b"}) {
    const std::string label = std::string(source).substr(0, std::string(source).find('-'));
    for (int i = 0; i < each; ++i) {
      DetectorClip c = clip(fmt::format("{}-{}", source, i), label, source);
      c.file = folder / (c.id + ".wav");
      WriteOptions write;
      write.sample_format = SampleFormat::kFloat32;
      write_audio(c.file, take(seconds, ++seed, label == "ai" ? 1102.5 : 0), write);
      clips.push_back(c);
    }
  }
  return clips;
}

inline DetectorRow row(const std::string& id, const std::string& chain,
                       const std::string& kind = "attack") {
  return {id, id, kind, chain, chain, {}};
}

inline DetectorGrid grid(std::vector<DetectorRow> rows = {}) {
  DetectorGrid g;
  g.name = "test";
  g.excerpt_s = 1.5;
  g.folds = 2;
  g.resamples = 40;
  g.batch = 5;
  g.rows = std::move(rows);
  return g;
}

}  // namespace brandiron::experiments::testing
