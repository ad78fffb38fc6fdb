#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"

namespace brandiron {

/// Linear convolution by FFT blocks; result has signal.size() + response.size() - 1 samples (empty
/// when either is). Float32: error about -120 dB below the result's peak.
std::vector<float> convolve(std::span<const float> signal, std::span<const float> response);

/// A synthetic room: sixteen delay lines joined by a Hadamard matrix, each with a high-frequency
/// loss, fed through allpass diffusers.
struct ReverbOptions {
  double rt60_s = 1.2;  ///< decay by 60 dB at 1 kHz; 0.05 .. 20
  double high_rt60_ratio =
      0.5;                     ///< decay time far above `damping_hz`, relative to rt60_s; 0.05 .. 1
  double damping_hz = 4500.0;  ///< where the high decay takes over; 200 .. 20000
  double predelay_ms = 12.0;   ///< 0 .. 500
  double size = 1.0;  ///< scales the delays: 0.2 closet, 1 plate or chamber, 3 hall; 0.2 .. 3
  double low_cut_hz = 120.0;     ///< of what enters; 10 .. 2000
  double high_cut_hz = 12000.0;  ///< of what enters; 500 .. 20000
  double width = 1.0;            ///< 0 mono tail .. 1 fully decorrelated
  void validate() const;
};

/// The wet signal alone, stereo for any input (channels are summed to mid and to alternate sides),
/// length input + `tail_s`. The wet energy of white noise equals the dry energy, about, whatever
/// the options. Deterministic; `seed` varies the delays. About 45 ns a frame.
/// @see Jot, Chaigne, "Digital delay networks for designing artificial reverberators", AES 90,
/// 1991.
AudioBuffer synthetic_reverb(const AudioBuffer& audio, const ReverbOptions& options, double tail_s,
                             std::uint64_t seed = 1);

/// Impulse response of a small shoebox-like room (a loudspeaker heard by a phone): direct sound,
/// a few early reflections, then exponentially decaying noise, darker with time. Unit
/// energy. `num_samples` = rt60_s * rate * 1.2.
std::vector<float> synthetic_room_response(int rate_hz, double rt60_s, double direct_to_reverb_db,
                                           Rng rng);

}  // namespace brandiron
