#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/gen/singer_model.h"

namespace brandiron::gen {

/// One phrase that a free voice spoke: its phones and its frames.
struct SpokenPhrase {
  std::vector<PhoneFeatures> phones;
  std::vector<std::uint8_t> frames;  ///< kSingerFrameSize bytes each, as in a voice bank
  std::size_t num_frames() const { return frames.size() / kSingerFrameSize; }
  /// Frames [first, first + count) as dB and shares. The range must lie inside.
  std::vector<float> decoded(std::size_t first, std::size_t count) const;
};

/// What the learned singer learns from: phrases of one of flite's free voices through our own
/// analysis. No audio.
///
/// File: "BRVS", u32 version (1), u32 header bytes, JSON header (voice, speaker, source, licence,
/// consent, sha256 of the payload), payload: u32 phrases; each u16 phones, u32 frames, phones (u8
/// id, u8 stress, u16 frames, f32 pitch, f32 slope, f32 effort), frames. Little endian.
struct SpeechCorpus {
  std::string voice, speaker, source, licence, consent;
  std::vector<SpokenPhrase> phrases;

  std::string serialise() const;
  /// @throws Error(kFormat) for a damaged file, or one that does not state licence and consent.
  static SpeechCorpus parse(std::string_view bytes, const std::string& name);
};

struct SpeechOptions {
  std::string voice = "kal16";  ///< kal16, rms, awb or slt
  double minutes = 10;          ///< of speech, at least
  std::uint64_t seed = 1;       ///< of the texts
};

/// Lets the voice speak sentences of random words of `words` and nonsense syllables, and analyses
/// them. Deterministic. @throws Error(kInvalidArgument) for an unknown voice or no words.
SpeechCorpus speak_corpus(const SpeechOptions& options, const std::vector<std::string>& words);

/// The words of a file, one a line; lines that begin with "#" are comments.
/// @throws Error(kFormat) naming the file when it has none, or the line that is no word.
std::vector<std::string> read_words(const std::filesystem::path& path);

}  // namespace brandiron::gen
