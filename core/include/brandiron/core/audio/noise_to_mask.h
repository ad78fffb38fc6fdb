#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

/// How far a difference lies under what the original masks, in the ear model of ITU-R BS.1387
/// (PEAQ), basic version.
struct NoiseToMask {
  /// Total NMR_B: 10 log10 of the mean over frames and bands of noise over mask, in dB, of the
  /// worst channel; the noise is the spectrum of the difference signal.
  double total_db = 0;
  /// The same with the noise pattern that the standard prints, the difference of the magnitude
  /// spectra: never larger but for rounding, as it does not see changes of phase.
  double magnitude_total_db = 0;
  /// Share of (frame, band) cells whose noise is above the mask (0 dB), in the worst channel.
  double share_above = 0;
  std::size_t num_cells = 0;  ///< frames x bands of a channel
};

/// `original` and `marked` have one length, rate and channel count and are aligned to the sample.
///
/// Both are converted to 48 kHz; frames of 2048 samples, half overlapping, whole frames only (a
/// last part is padded with zeros); a sine at full scale plays at 92 dB SPL. Outer and middle ear,
/// 109 bands of a quarter Bark, internal noise, level-dependent spreading over bands, forward
/// masking over time, then the mask: the excitation less 3 dB up to 12 Bark above the lowest band
/// and 0.25 dB a Bark beyond. Nothing is skipped: silent frames count, with the ear's own noise as
/// their mask.
/// @throws Error(kInvalidArgument) when shapes differ or there is no sample.
/// @see ITU-R BS.1387-1, annex 2, sections 2.1, 3.1 and 4.5; P. Kabal, "An examination and
/// interpretation of ITU-R BS.1387", McGill University, 2002 (which settles where the standard is
/// silent).
NoiseToMask measure_noise_to_mask(const AudioBuffer& original, const AudioBuffer& marked);

/// The stages between spectrum and mask, for one channel. Not thread safe.
class EarModel {
 public:
  static constexpr std::size_t kBands = 109;
  static constexpr std::size_t kFrame = 2048, kHop = 1024, kBins = kFrame / 2 + 1;
  static constexpr int kRateHz = 48000;
  using Pattern = std::array<double, kBands>;

  EarModel();
  /// Power |X|^2 of a frame, calibrated and weighted by the outer and middle ear, grouped.
  Pattern group(std::span<const double> power) const;
  /// Band energies -> excitation after internal noise and spreading over bands.
  Pattern spread(const Pattern& energies) const;
  /// Spreading alone, without internal noise.
  Pattern spread_over_bands(const Pattern& energies) const;
  /// Excitation of the next frame -> mask; remembers what came before.
  Pattern mask_next(const Pattern& excitation);
  /// dB that the mask lies under the excitation in a band.
  static double mask_offset_db(std::size_t band);
  double centre_hz(std::size_t band) const { return centre_hz_[band]; }

 private:
  struct Overlap {
    std::size_t first_bin = 0, count = 0;
    double first_share = 1, last_share = 1;  ///< of the outermost bins; those between belong whole
  };
  Pattern spread_unnormalised(const Pattern& energies) const;

  std::array<double, kBins> ear_gain_{};  ///< on power, with the playback level
  std::array<Overlap, kBands> overlap_{};
  Pattern centre_hz_{}, internal_noise_{}, upper_slope_{}, decay_{}, spread_norm_{}, memory_{};
};

}  // namespace brandiron
