#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"

namespace brandiron {

/// One parameter of an effect, as `attack --list` prints it.
struct EffectParameter {
  std::string name;  ///< with its unit: "rate_hz", "snr_db"
  std::string description;
  double low = 0, high = 0;          ///< allowed range (numbers)
  std::string fallback;              ///< default as written in a chain; "" means required
  bool is_text = false;              ///< a path or a word rather than a number
  std::vector<std::string> choices;  ///< the words allowed, when only some are
};

struct EffectInfo {
  std::string name, description, example;
  std::vector<EffectParameter> parameters;
  /// False when this machine lacks an optional program (AAC without ffmpeg); the remedy says which.
  bool available = true;
  std::string remedy{};
};

/// A chain of effects = mix effects = training augmentations = attacks: one language, one code.
///
/// Grammar: `effect(name=value, ...) | effect2(...) | ...`; blanks are free; leading parameters may
/// drop their names: `gain(-6)`, `bandpass(300, 3400)`; text with commas or brackets goes in double
/// quotes. The empty chain and `none` do nothing. Deterministic: the same chain, audio and Rng give
/// the same samples. Immutable and thread safe.
class EffectChain {
 public:
  EffectChain();
  ~EffectChain();
  EffectChain(const EffectChain&);
  EffectChain& operator=(const EffectChain&);
  EffectChain(EffectChain&&) noexcept;
  EffectChain& operator=(EffectChain&&) noexcept;

  /// @throws Error(kInvalidArgument) naming the position, the offending word, and what is known.
  static EffectChain parse(std::string_view text);

  /// Applies all steps in order. May change length, rate and channel count (resample keeps the new
  /// rate; codecs return the original length and rate).
  /// @throws Error(kUnsupported) for an effect this machine lacks; Error(kIo) for a missing file.
  AudioBuffer apply(const AudioBuffer& audio, const Rng& rng) const;

  /// Canonical text: every parameter written out.
  std::string to_string() const;
  bool empty() const;
  /// True when a step reads a file that the chain names: a service must refuse such a chain.
  bool reads_files() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// All effects with their documented parameters, sorted by name.
std::vector<EffectInfo> list_effects();

}  // namespace brandiron
