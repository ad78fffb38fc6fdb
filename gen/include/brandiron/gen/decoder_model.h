#pragma once

#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::gen {

/// hifigan encodec dac nearest istft.
const std::vector<std::string>& decoder_family_names();

/// Which decoder made a sound, for song.json. A member of `Song`, never of its options.
struct DecoderIdentity {
  std::string family;  ///< one of decoder_family_names()
  int version = 1;
  std::string sha256;        ///< of the weights file
  std::vector<int> strides;  ///< from frames to samples, in the order they are applied
  double bitrate_kbps = 0;   ///< of one channel; 0 where nothing is quantised
};

/// A neural analysis-synthesis network behind an interface: what it decodes has the content of what
/// it was given and the marks that its family leaves (docs/sound.md).
class DecoderModel {
 public:
  virtual ~DecoderModel() = default;
  virtual DecoderIdentity identity() const = 0;
  /// The same shape, every channel by itself, no delay. Digital silence longer than the network
  /// sees stays silent. Deterministic on one kind of machine; thread safe.
  /// @throws Error(kUnsupported) for another rate than the weights' (44100 Hz).
  virtual AudioBuffer decode(const AudioBuffer& audio) const = 0;
};

}  // namespace brandiron::gen
