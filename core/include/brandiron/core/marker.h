#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

struct DisclosureFacts;

/// What a marker did to a piece of audio; goes into song.json and the disclosure tags.
struct MarkRecord {
  bool present = false;
  std::string scheme;           ///< e.g. "brandiron-lf/1"
  std::string key_fingerprint;  ///< 8 hex digits
  std::string payload_hex;      ///< 16 hex digits
  double strength = 0.0;
  double snr_db = 0.0;
};

/// Something that can hide a disclosure mark. It lives in core so that `gen` can mark at its one
/// exit without knowing `watermark`; the application joins the two. Thread safe.
class Marker {
 public:
  virtual ~Marker() = default;
  /// Marks in place. `payload_hex` has 16 digits.
  virtual MarkRecord mark(AudioBuffer& audio, const std::string& payload_hex) const = 0;
  /// Signs the finished, tagged file in place, as the last step before it is shown. The audio that
  /// was marked comes along for its fingerprint. Does nothing unless overridden.
  virtual void seal(const std::filesystem::path& /*file*/, const AudioBuffer& /*audio*/,
                    const DisclosureFacts& /*facts*/) const {}
};

/// Leaves the audio alone and says so (controls, tests).
class NullMarker final : public Marker {
 public:
  MarkRecord mark(AudioBuffer&, const std::string&) const override { return {}; }
};

}  // namespace brandiron
