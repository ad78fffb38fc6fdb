#pragma once

#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/singer_model.h"
#include "timeline.h"

namespace brandiron::gen::singing {

/// One 5 ms frame of the bank's description, decoded: decibels and shares.
struct BankFrame {
  float bands_db[kNumBands];
  float shares[kNumAperiodicities];
};

/// The bank's frames for a chunk, mapped in time: frame i is at `start_s + i * 5 ms`. Held vowels
/// stretch their middles, stops keep their bursts, joints of two recordings are smoothed.
/// Frames outside the phones are silent (-90 dB). With a `model` that knows the bank's voice, its
/// frames stand for the recorded ones.
std::vector<BankFrame> envelope_path(const Chunk& chunk, double start_s, std::size_t num_frames,
                                     const VoiceBank& bank, const SingerModel* model = nullptr);

/// Gain in dB of every frame: one level a syllable (from its vowel), lifted consonants, velocity.
std::vector<float> gain_path(const Chunk& chunk, double start_s, std::size_t num_frames,
                             const std::vector<BankFrame>& path);

/// What the synthesiser needs at one instant: natural-log amplitudes at the shaper's points.
struct ShapedFrame {
  float voicing = 0;               ///< 0 .. 1: how much pulses sound
  std::vector<float> harmonic_ln;  ///< of the pulses
  std::vector<float> noise_ln;     ///< of the noise
};

/// Makes the singer's spectrum of the bank's: formant scale, tilt, ring, nasality, breath, and the
/// band above the bank's 8 kHz (a row of higher resonances). Points lie on the bank's mel scale,
/// continued to half the sample rate.
class EnvelopeShaper {
 public:
  EnvelopeShaper(const VoiceParameters& voice, int rate_hz);
  std::size_t num_points() const { return hz_.size(); }
  double point_hz(std::size_t i) const { return hz_[i]; }
  /// `formant_wobble`: relative shift of the formants now (0.01 = 1 % up). Successive frames of one
  /// chunk in order: the level of the extension is smoothed over time; `reset` before each chunk.
  void shape(const BankFrame& frame, float formant_wobble, float tilt_wobble_db, float gain_db,
             ShapedFrame& out);
  void reset() { has_anchor_ = false; }

 private:
  struct Extension {
    float anchor_low, anchor_high;  ///< band indices whose mean sets the level
    std::vector<float> curve_db;    ///< re the anchor
    std::vector<float> blend;       ///< 0 bank .. 1 extension
  };
  Extension make_extension(double scale, double anchor_low_hz, double anchor_high_hz,
                           double blend_low_hz, double blend_high_hz, double slope_db,
                           bool resonances) const;
  static float anchor_level(const BankFrame& frame, const Extension& extension);

  std::vector<double> hz_;
  std::vector<float> scaled_index_, scaled_slope_;  ///< bank position at f/alpha and d/d(ln f)
  std::vector<float> unvoiced_index_;               ///< bank position of unvoiced sounds
  std::vector<float> curve_db_;                     ///< persona's shaping of voiced frames
  std::vector<float> breath_power_;
  std::vector<float> tilt_weight_;
  std::vector<float> share_index_;
  Extension voiced_, vowel_, unvoiced_;
  bool has_anchor_ = false;
  float voiced_anchor_ = 0, vowel_anchor_ = 0, unvoiced_anchor_ = 0;
  std::vector<float> buffer_;
};

}  // namespace brandiron::gen::singing
