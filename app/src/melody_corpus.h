#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/melody_language.h"
#include "brandiron/models/sequence_net.h"

namespace brandiron::app {

/// A note of a corpus tune: what is known of it, its classes, and the inputs of the model there.
struct TuneStep {
  gen::MelodyCondition known;
  int pitch = 0, length = 0;
  std::array<int, gen::kMelodyInputs> inputs{};
};

/// A tune, once through, with the words of its first verse.
struct CorpusTune {
  std::string id;
  std::vector<TuneStep> steps;
};

struct MelodyCorpus {
  std::vector<CorpusTune> learnt, validation, test;  ///< vocal tunes of tiers A and A-US
  std::vector<CorpusTune> fiddle;  ///< instrumental tunes of tier A, to learn from
  std::size_t left_out = 0;        ///< tunes that a held-out one is a form of
};

/// Reads melodies.jsonl. `splits`: lines "KEY ROLE", KEY the first 16 digits of the SHA-256 of the
/// title in lower case, ROLE validation, test or out; other titles are learnt from.
///
/// What `out` leaves out are tunes under another name: they share a long run with a held-out one.
/// @throws Error(kIo), Error(kFormat) naming file and line.
MelodyCorpus read_melody_corpus(const std::filesystem::path& file,
                                const std::filesystem::path& splits);

/// The key of a title in a splits file.
std::string title_key(const std::string& title);

/// Windows of tunes, padded to one length.
struct MelodyBatch {
  std::size_t sequences = 0, steps = 0;
  std::vector<int> inputs, targets;
  std::vector<float> weights;
  models::SequenceBatch view() const;
};

/// `count` windows of up to `window` notes, drawn in proportion to their notes. In a tenth of them
/// the chords are hidden, in a tenth the words.
MelodyBatch draw_melody_batch(const std::vector<CorpusTune>& tunes, std::size_t count,
                              std::size_t window, Rng& rng);
/// One whole tune.
MelodyBatch whole_tune(const CorpusTune& tune);

}  // namespace brandiron::app
