#pragma once

#include <memory>
#include <span>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "envelope.h"

namespace brandiron::gen::singing {

/// Sings chunks: pitch, envelopes, glottal pulses, breath and rasp. Holds tables for one voice and
/// one rate; reusable for any number of chunks, not thread safe (one object a thread).
///
/// Each glottal period is one impulse response: the envelope's minimum phase, with the glottal
/// resonance turned to maximum phase, at its exact sub-sample time. Noise is overlap-added and
/// modulated by the glottal phase.
/// @see Bozkurt et al., "Zeros of the z-transform representation ... mixed-phase", 2005.
class Synthesiser {
 public:
  /// `bank` and `model` (if any) must outlive this.
  Synthesiser(const VoiceParameters& voice, const VoiceBank& bank, int rate_hz,
              const SingerModel* model = nullptr);

  struct Result {
    std::vector<float> f0_hz;  ///< one a 5 ms frame, 0 = unvoiced
    double start_s = 0;        ///< of the first frame, a multiple of 5 ms
    std::vector<Technique> techniques;
  };
  /// Adds the chunk into `out` (whole song, mono). `rng` belongs to the chunk alone.
  Result sing_chunk(const Chunk& chunk, const Rng& rng, std::span<float> out);

 private:
  struct Pulse {
    double time;  ///< samples from the chunk's start
    float amplitude;
    float f0_hz;
  };
  struct Frames;  // per 5 ms, see synthesis.cpp

  void make_frames(const Chunk& chunk, const Rng& rng, Frames& frames, Result& result);
  std::vector<Pulse> place_pulses(const Chunk& chunk, const Frames& frames, const Rng& rng,
                                  Result& result) const;
  void render_pulses(const std::vector<Pulse>& pulses, const Frames& frames,
                     std::span<float> buffer);
  void render_noise(const std::vector<Pulse>& pulses, const Frames& frames, Rng rng,
                    std::span<float> buffer);
  void glottal_phase(float f0_hz, std::span<float> phase) const;
  void fold(std::span<float> cepstrum) const;
  void finish(std::span<float> buffer) const;
  void label_roughness(const Frames& frames, Result& result) const;

  VoiceParameters voice_;
  const VoiceBank& bank_;
  const SingerModel* model_;
  int rate_hz_;
  EnvelopeShaper shaper_;
  RealFft fft_, noise_fft_;
  std::vector<int> bin_point_, noise_bin_point_;  // point below each bin
  std::vector<float> bin_fraction_, noise_bin_fraction_;
  std::shared_ptr<const std::vector<std::vector<float>>> glottal_rows_;
  std::shared_ptr<const std::vector<std::vector<std::complex<float>>>> noise_spectra_;
  std::vector<float> lifter_, pulse_window_, noise_window_;
  // Scratch.
  std::vector<float> points_, log_bins_, cepstrum_, phase_, noise_bins_;
  std::vector<std::complex<float>> spectrum_, noise_spectrum_;
};

}  // namespace brandiron::gen::singing
