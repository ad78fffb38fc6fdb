#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/experiments/security_study.h"
#include "brandiron/watermark/key.h"

namespace brandiron::experiments {

/// What every attack of the study works with.
class SecurityBench {
 public:
  explicit SecurityBench(const SecurityOptions& options);

  const SecurityOptions& options() const { return options_; }
  const std::vector<SecurityTrial>& trials() const { return trials_; }
  std::size_t num_files() const { return options_.files.size(); }
  /// Recordings that an attack of at most `most` is tried on.
  std::size_t num_targets(std::size_t most) const;

  /// `seconds` from the middle of a recording, mono at 44.1 kHz so that signals of different
  /// recordings can be added.
  AudioBuffer piece(std::size_t file, double seconds) const;
  AudioBuffer piece(std::size_t file) const { return piece(file, options_.piece_s); }
  /// Keys and payloads of a study protect nothing: they are a function of its seed.
  watermark::Key key(int index) const;
  std::uint64_t payload(int index) const;
  AudioBuffer marked(AudioBuffer audio, int key, int payload) const;

  /// Reads `audio` under a key; `payloads` are those that somebody embedded (or forges).
  SecurityTrial read(const AudioBuffer& audio, int key, const std::vector<int>& payloads,
                     bool search_warps = true) const;
  void add(const std::string& attack, const std::string& setting, std::size_t file,
           SecurityTrial trial);

 private:
  SecurityOptions options_;
  std::vector<SecurityTrial> trials_;
};

/// a + gain * b, as long as `a`.
AudioBuffer sum(AudioBuffer a, const AudioBuffer& b, float gain);

void attack_by_overwriting(SecurityBench& bench);
void attack_by_averaging(SecurityBench& bench);
void attack_by_difference(SecurityBench& bench);
void attack_by_estimation(SecurityBench& bench);
void attack_by_blind_estimation(SecurityBench& bench);
void attack_with_an_oracle(SecurityBench& bench);
void attack_by_destruction(SecurityBench& bench);

}  // namespace brandiron::experiments
