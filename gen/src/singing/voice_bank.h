#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "phones.h"

namespace brandiron::gen::singing {

inline constexpr int kNumBands = 64;          ///< mel-spaced points of the envelope, 0 .. 8 kHz
inline constexpr int kNumAperiodicities = 5;  ///< noise share in 0-1, 1-2, 2-4, 4-6, 6-8 kHz
inline constexpr int kFrameBytes = kNumBands + kNumAperiodicities;
inline constexpr double kBankTopHz = 8000.0;
inline constexpr double kFrameHop = 0.005;  ///< seconds
// Envelope bytes: power spectral density in dB re one full-scale sample, kMinDb + byte * kStepDb.
inline constexpr float kMinDb = -90.0F;
inline constexpr float kStepDb = 0.4F;

/// Mel of the formula 2595 log10(1 + f/700), by deterministic functions.
double mel_from_hz(double hz);
double hz_from_mel(double mel);
/// Frequency of a band point; points beyond kNumBands - 1 continue the scale above 8 kHz.
double band_hz(double index);
double band_index(double hz);

/// One transition of two phones: frames up to the boundary belong to the first phone.
struct Diphone {
  std::uint32_t first_frame = 0;
  std::uint16_t left_frames = 0, right_frames = 0;
  bool exists() const { return left_frames + right_frames > 0; }
};

/// A voice as envelopes: what the singer sings with. Immutable after loading.
///
/// File: "BRVB", u32 version (1), u32 header bytes, JSON header (voice, source, licence, consent,
/// sha256 of the payload), payload = phone durations (41 float32), diphone table (41 x 41 of u32
/// first frame, u16 left, u16 right), frames (69 bytes each). Little endian.
class VoiceBank {
 public:
  struct Header {
    std::string voice, speaker, source, licence, consent, sha256;
  };

  Header header;
  std::array<float, kNumPhones> duration_s{};  ///< of each phone in this voice's speech
  std::vector<Diphone> diphones = std::vector<Diphone>(kNumPhones * kNumPhones);
  std::vector<std::uint8_t> frames;

  const Diphone& diphone(int from, int to) const {
    return diphones[static_cast<std::size_t>(from * kNumPhones + to)];
  }
  Diphone& diphone(int from, int to) {
    return diphones[static_cast<std::size_t>(from * kNumPhones + to)];
  }
  std::size_t num_frames() const { return frames.size() / kFrameBytes; }
  /// 69 bytes.
  const std::uint8_t* frame(std::size_t index) const { return frames.data() + index * kFrameBytes; }

  std::string serialise() const;
  /// @throws Error(kFormat) for a wrong magic, version, size or hash.
  static VoiceBank parse(std::string_view bytes, const std::string& name);
};

/// The bank of that name in models/weights, loaded once a process.
/// @throws Error(kModel) naming the known banks.
std::shared_ptr<const VoiceBank> load_voice_bank(const std::string& name);

}  // namespace brandiron::gen::singing
