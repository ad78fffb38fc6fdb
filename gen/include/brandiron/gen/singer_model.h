#pragma once

#include <span>
#include <string>
#include <vector>

namespace brandiron::gen {

/// A frame of the singer's description: 64 envelope points in dB and 5 noise shares (0..1), 5 ms.
inline constexpr int kSingerFrameSize = 69;

/// One phone as the learned singer sees it. What neighbours it have is the sequence's business.
struct PhoneFeatures {
  int id = 40;          ///< in the order of the voice banks; 40 is the pause
  int frames = 0;       ///< how long it lasts, >= 1
  int stress = 0;       ///< of its syllable: 0, 1 or 2
  float pitch = 0;      ///< ln(f0 / the phrase's mean f0); 0 where nothing is voiced
  float slope = 0;      ///< of that, a second
  float effort_db = 0;  ///< level of its syllable over what is usual
};

/// What the bank of a voice has for the phones: kSingerFrameSize numbers a frame, dB and shares.
/// @throws Error(kModel) when there is no such bank.
std::vector<float> bank_draft(const std::string& voice, std::span<const PhoneFeatures> phones);

/// Which weights sang: song.json's `generator.models`.
struct SingerIdentity {
  std::string name;
  int version = 1;
  std::string sha256;
};

/// A singer that learnt its envelopes. It takes a voice's name and phones, and nobody's recording.
class SingerModel {
 public:
  virtual ~SingerModel() = default;
  virtual SingerIdentity identity() const = 0;
  virtual bool knows_voice(const std::string& voice) const = 0;
  /// kSingerFrameSize numbers for each frame of the phones, in order. `draft`: as many, what the
  /// voice's bank has for them (`bank_draft`). Thread safe.
  /// @throws Error(kModel) for a voice it does not know.
  virtual std::vector<float> envelopes(std::span<const PhoneFeatures> phones,
                                       std::span<const float> draft,
                                       const std::string& voice) const = 0;
};

}  // namespace brandiron::gen
