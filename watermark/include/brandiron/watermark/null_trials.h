#pragma once

#include <memory>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/watermark/key.h"

namespace brandiron::watermark {

/// Readings of unmarked recordings under random keys at one place each (no search over offsets,
/// phases or axes), as many as measuring a rate of one in millions takes: the recordings' weights
/// are computed once, each key's pattern once for all recordings.
class NullTrials {
 public:
  NullTrials();
  ~NullTrials();
  NullTrials(const NullTrials&) = delete;
  NullTrials& operator=(const NullTrials&) = delete;

  /// Takes the first 170 s at most. Returns false, and adds nothing, where nothing can be read
  /// (silence, under 1.4 s).
  bool add(const AudioBuffer& audio);
  std::size_t num_recordings() const;

  /// ln of the bound of each recording under `key`: the pilots alone, and the code word where the
  /// pilots stand out enough for `verify` to decode it. At most 0. One thread at a time.
  std::vector<double> ln_p(const Key& key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::watermark
