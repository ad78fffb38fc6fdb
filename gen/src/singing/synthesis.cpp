#include "singing/synthesis.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "brandiron/core/det_math.h"
#include "singing/kernels.h"
#include "singing/pitch.h"

namespace brandiron::gen::singing {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr std::size_t kFft = 1024;         // impulse response of one period, 23 ms
constexpr std::size_t kPulseCentre = 352;  // samples before the pulse: the maximum-phase part
constexpr std::size_t kNoiseFft = 256;     // 5.8 ms, so that bursts stay short
constexpr std::size_t kNoiseHop = kNoiseFft / 2;
constexpr std::size_t kNumNoiseSpectra = 512;
constexpr double kLowestRowHz = 40.0;
constexpr int kNumRows = 72;                  // semitones of glottal phase tables
constexpr double kLead = 0.05, kTail = 0.13;  // seconds rendered around a chunk
constexpr float kDrive = 1.1F;                // bounds a sample to 0.91
constexpr double kSharpen = 0.45, kSharpenMs = 1.375, kSharpenWidthMs = 0.6;
constexpr double kFryLength = 0.10;
// Where roughness stands out: rasp against the usual, growl as depth of its modulation; shorter
// stretches are no technique.
constexpr double kLabelledRasp = 0.9, kLabelledGrowl = 0.2, kShortestLabel = 0.03;
constexpr float kInaudibleLn = -10.5F;  // about -91 dB

// Which two shaper points surround each FFT bin, and where between them it lies.
void place_bins(const EnvelopeShaper& shaper, double bin_hz, std::size_t num_bins,
                std::vector<int>& point, std::vector<float>& fraction) {
  std::size_t at = 0;
  for (std::size_t k = 0; k < num_bins; ++k) {
    const double hz = static_cast<double>(k) * bin_hz;
    while (at + 2 < shaper.num_points() && shaper.point_hz(at + 1) < hz) ++at;
    const double low = shaper.point_hz(at), high = shaper.point_hz(at + 1);
    point.push_back(static_cast<int>(at));
    fraction.push_back(static_cast<float>(std::clamp((hz - low) / (high - low), 0.0, 1.0)));
  }
}

// Ornstein-Uhlenbeck step towards zero mean, unit deviation.
double ou_step(double value, double dt, double tau, Rng& rng) {
  const double a = det::exp(-dt / tau);
  return a * value + std::sqrt(1 - a * a) * rng.normal();
}

using NoiseTable = std::vector<std::vector<std::complex<float>>>;
using GlottalTable = std::vector<std::vector<float>>;

// Spectra of white noise, one picked for each block. The same for every voice and song: a table.
std::shared_ptr<const NoiseTable> noise_table() {
  static const std::shared_ptr<const NoiseTable> table = [] {
    auto spectra = std::make_shared<NoiseTable>();
    Rng noise(0x6272656174680001ULL, "singer/noise-table");
    const RealFft fft(kNoiseFft);
    std::vector<float> white(kNoiseFft);
    for (std::size_t i = 0; i < kNumNoiseSpectra; ++i) {
      for (float& x : white) x = static_cast<float>(noise.normal());
      spectra->emplace_back(fft.num_bins());
      fft.forward(white, spectra->back());
    }
    return spectra;
  }();
  return table;
}

GlottalTable make_glottal_table(int rate_hz) {
  GlottalTable rows;
  for (int row = 0; row < kNumRows; ++row) {
    const double f0 = kLowestRowHz * det::exp2(row / 12.0);
    const double r = det::exp(-0.5 * kTwoPi * std::max(0.9 * f0, 80.0) / rate_hz);
    const double c = det::cos(kTwoPi * 1.15 * f0 / rate_hz);
    std::vector<float> phase;
    for (std::size_t k = 0; k <= kFft / 2; ++k) {
      const double w = kTwoPi * static_cast<double>(k) / kFft;
      const double re = 1 - 2 * r * c * det::cos(w) + r * r * det::cos(2 * w);
      const double im = 2 * r * c * det::sin(w) - r * r * det::sin(2 * w);
      phase.push_back(static_cast<float>(2.0 * det::atan2(im, re)));
    }
    rows.push_back(std::move(phase));
  }
  return rows;
}

// Phase that turns the glottal resonance (1.15 F0, bandwidth 0.9 F0) into its time reverse: a row a
// semitone, a column an FFT bin. One table a rate.
std::shared_ptr<const GlottalTable> glottal_table(int rate_hz) {
  static std::mutex mutex;
  static std::map<int, std::shared_ptr<const GlottalTable>> tables;
  const std::lock_guard lock(mutex);
  auto& table = tables[rate_hz];
  if (!table) table = std::make_shared<const GlottalTable>(make_glottal_table(rate_hz));
  return table;
}

}  // namespace

struct Synthesiser::Frames {
  double start_s = 0;
  std::vector<float> f0_hz, rasp, shimmer_free_gain;
  std::vector<ShapedFrame> shaped;
  std::size_t size() const { return shaped.size(); }
};

Synthesiser::Synthesiser(const VoiceParameters& voice, const VoiceBank& bank, int rate_hz,
                         const SingerModel* model)
    : voice_(voice),
      bank_(bank),
      model_(model),
      rate_hz_(rate_hz),
      shaper_(voice, rate_hz),
      fft_(kFft),
      noise_fft_(kNoiseFft),
      pulse_window_(kFft, 1.0F),
      noise_window_(kNoiseFft),
      points_(shaper_.num_points()),
      log_bins_(fft_.num_bins()),
      cepstrum_(kFft),
      phase_(fft_.num_bins()),
      noise_bins_(noise_fft_.num_bins()),
      spectrum_(fft_.num_bins()),
      noise_spectrum_(noise_fft_.num_bins()) {
  place_bins(shaper_, static_cast<double>(rate_hz) / kFft, fft_.num_bins(), bin_point_,
             bin_fraction_);
  place_bins(shaper_, static_cast<double>(rate_hz) / kNoiseFft, noise_fft_.num_bins(),
             noise_bin_point_, noise_bin_fraction_);
  constexpr std::size_t kFadeIn = 96, kFadeOut = 160;
  for (std::size_t i = 0; i < kFadeIn; ++i) {
    pulse_window_[i] = static_cast<float>(
        0.5 - 0.5 * det::cos(3.14159265358979 * static_cast<double>(i) / kFadeIn));
  }
  for (std::size_t i = 0; i < kFadeOut; ++i) {
    pulse_window_[kFft - 1 - i] = static_cast<float>(
        0.5 - 0.5 * det::cos(3.14159265358979 * static_cast<double>(i) / kFadeOut));
  }
  for (std::size_t i = 0; i < kNoiseFft; ++i) {  // square root of Hann: powers add to one
    noise_window_[i] =
        static_cast<float>(det::sin(3.14159265358979 * (static_cast<double>(i) + 0.5) / kNoiseFft));
  }
  // Besides folding, the lifter lifts the ripples that formants make of the spectrum (period about
  // 700 Hz, quefrency 1.4 ms): peaks stand out as a trained voice's do.
  for (std::size_t i = 0; i <= kFft / 2; ++i) {
    const double x = (1000.0 * static_cast<double>(i) / rate_hz - kSharpenMs) / kSharpenWidthMs;
    const double lift = i == 0 ? 1.0 : 1.0 + kSharpen * det::exp(-0.5 * x * x);
    lifter_.push_back(static_cast<float>(i == 0 || i == kFft / 2 ? lift : 2.0 * lift));
  }
  noise_spectra_ = noise_table();
  glottal_rows_ = glottal_table(rate_hz);
}

// ---------------------------------------------------------------- frames

void Synthesiser::make_frames(const Chunk& chunk, const Rng& rng, Frames& frames, Result& result) {
  const double first = std::max(0.0, chunk.start_s() - kLead);
  frames.start_s = std::floor(first / kFrameHop) * kFrameHop;
  const auto n = static_cast<std::size_t>((chunk.end_s() + kTail - frames.start_s) / kFrameHop) + 2;
  frames.f0_hz =
      pitch_curve(chunk, frames.start_s, n, voice_, rng.child("pitch"), result.techniques);
  const std::vector<BankFrame> path = envelope_path(chunk, frames.start_s, n, bank_, model_);
  const std::vector<float> gain = gain_path(chunk, frames.start_s, n, path);

  // Rasp: strong where a note is attacked and where a phrase runs out.
  frames.rasp.assign(n, 0.0F);
  std::size_t at = 0;
  for (std::size_t f = 0; f < n; ++f) {
    const double t = frames.start_s + static_cast<double>(f) * kFrameHop;
    while (at + 1 < chunk.syllables.size() && t >= chunk.syllables[at + 1].nucleus.start_s) ++at;
    const PlannedSyllable& s = chunk.syllables[at];
    double r = 0.75 + 0.5 * det::exp(-std::max(0.0, t - s.nucleus.start_s) / 0.18);
    if (s.phrase_end) r += 0.7 * std::clamp(1.0 - (chunk.end_s() - t) / 0.35, 0.0, 1.0);
    frames.rasp[f] = static_cast<float>(r * voice_.rasp / 0.75);
  }

  Rng walk = rng.child("formants");
  double slow = 0, fast = 0, tilt = 0;
  frames.shaped.resize(n);
  shaper_.reset();
  for (std::size_t f = 0; f < n; ++f) {
    slow = ou_step(slow, kFrameHop, 0.9, walk);
    tilt = ou_step(tilt, kFrameHop, 0.6, walk);
    fast += 0.08 * (slow - fast);
    const auto wobble = static_cast<float>(std::clamp(0.008 * fast, -0.02, 0.02));
    shaper_.shape(path[f], wobble, static_cast<float>(0.35 * tilt), gain[f], frames.shaped[f]);
  }
}

// ---------------------------------------------------------------- pulses

std::vector<Synthesiser::Pulse> Synthesiser::place_pulses(const Chunk& chunk, const Frames& frames,
                                                          const Rng& rng, Result& result) const {
  Rng draw = rng.child("pulses");
  const bool fry = draw.chance(voice_.fry) && !chunk.syllables.empty();
  const double fry_from = chunk.start_s() - frames.start_s;
  double fry_to = -1;  // from the first voiced moment on
  std::vector<Pulse> pulses;
  double t = 0, jitter = 0, depth = 0, growl_phase = 0, growl_walk = 0;
  int side = 1;
  const double last = static_cast<double>(frames.size() - 2) * kFrameHop;
  while (t < last) {
    const double position = t / kFrameHop;
    const auto f = static_cast<std::size_t>(position);
    const auto x = static_cast<float>(position - static_cast<double>(f));
    const float voicing =
        frames.shaped[f].voicing + x * (frames.shaped[f + 1].voicing - frames.shaped[f].voicing);
    if (voicing < 0.05F) {
      t += 0.001;
      continue;
    }
    const float f0 = frames.f0_hz[f] + x * (frames.f0_hz[f + 1] - frames.f0_hz[f]);
    if (fry && fry_to < 0) {
      fry_to = t + kFryLength;
      result.techniques.push_back({"fry", frames.start_s + t, frames.start_s + fry_to});
    }
    const bool frying = t < fry_to && t >= fry_from;
    const double rasp = static_cast<double>(frames.rasp[f]);
    double period = 1.0 / static_cast<double>(f0);
    double amplitude = 1.0;
    jitter = 0.6 * jitter + 0.8 * draw.normal();
    const double shimmer = std::clamp(draw.normal(), -2.5, 2.5);
    if (frying) {
      period *= 2.0 * (1.0 + std::clamp(0.10 * jitter, -0.3, 0.3));
      amplitude *= 1.0 + 0.35 * shimmer * 0.8;
    } else {
      depth = ou_step(depth, period, 0.15, draw);
      const double amount = std::clamp(1.0 + 0.7 * depth, 0.0, 2.0) * rasp;
      period *= 1.0 + std::clamp(voice_.jitter * rasp * jitter, -0.1, 0.1) +
                side * 0.1 * voice_.subharmonic * amount;
      growl_walk = ou_step(growl_walk, period, 0.2, draw);
      growl_phase += voice_.growl_hz * (1.0 + 0.12 * growl_walk) * period;
      amplitude *= 1.0 + std::clamp(voice_.shimmer * rasp * shimmer, -0.7, 0.7);
      amplitude *= 1.0 + side * std::min(0.6, voice_.subharmonic * amount);
      amplitude *= 1.0 + std::min(0.7, voice_.growl * rasp) * det::sin(kTwoPi * growl_phase);
      side = -side;
    }
    amplitude = std::max(amplitude, 0.05);
    const double samples = period * rate_hz_;
    pulses.push_back(
        {t * rate_hz_, static_cast<float>(amplitude * std::sqrt(samples)) * voicing, f0});
    t += period;
  }
  return pulses;
}

void Synthesiser::glottal_phase(float f0_hz, std::span<float> phase) const {
  const double row =
      12.0 * det::log2(std::max(static_cast<double>(f0_hz), kLowestRowHz) / kLowestRowHz);
  const double clamped = std::clamp(row, 0.0, static_cast<double>(kNumRows - 2));
  const auto i = static_cast<std::size_t>(clamped);
  lerp((*glottal_rows_)[i], (*glottal_rows_)[i + 1],
       static_cast<float>(clamped - static_cast<double>(i)), phase);
}

// The lifter doubles the causal half (minimum phase) and clears the other.
void Synthesiser::fold(std::span<float> cepstrum) const {
  for (std::size_t i = 0; i <= kFft / 2; ++i) cepstrum[i] *= lifter_[i];
  std::fill(cepstrum.begin() + kFft / 2 + 1, cepstrum.end(), 0.0F);
}

void Synthesiser::render_pulses(const std::vector<Pulse>& pulses, const Frames& frames,
                                std::span<float> buffer) {
  const double hop = kFrameHop * rate_hz_;
  for (const Pulse& pulse : pulses) {
    const double position = pulse.time / hop;
    const auto f = std::min(static_cast<std::size_t>(position), frames.size() - 2);
    lerp(frames.shaped[f].harmonic_ln, frames.shaped[f + 1].harmonic_ln,
         static_cast<float>(position - static_cast<double>(f)), points_);
    gather_lerp(points_, bin_point_, bin_fraction_, log_bins_);
    // Minimum phase: fold the cepstrum onto its causal half.
    for (std::size_t k = 0; k < log_bins_.size(); ++k) spectrum_[k] = {log_bins_[k], 0.0F};
    fft_.inverse(spectrum_, cepstrum_);
    fold(cepstrum_);
    fft_.forward(cepstrum_, spectrum_);

    const double whole = std::floor(pulse.time);
    const auto delay = static_cast<float>(-kTwoPi * (pulse.time - whole + kPulseCentre) /
                                          static_cast<double>(kFft));
    glottal_phase(pulse.f0_hz, phase_);
    for (std::size_t k = 0; k < phase_.size(); ++k) phase_[k] += delay * static_cast<float>(k);
    exponentiate(spectrum_, phase_);
    fft_.inverse(spectrum_, cepstrum_);

    const auto start =
        static_cast<std::ptrdiff_t>(whole) - static_cast<std::ptrdiff_t>(kPulseCentre);
    const auto skip = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, -start));
    const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, start));
    if (skip >= kFft || at >= buffer.size()) continue;
    const std::size_t count = std::min(kFft - skip, buffer.size() - at);
    add_windowed(std::span<const float>(cepstrum_).subspan(skip, count),
                 std::span<const float>(pulse_window_).subspan(skip, count), pulse.amplitude,
                 buffer.subspan(at, count));
  }
}

// ---------------------------------------------------------------- noise

namespace {

// 1 + 0.75 v cos(glottal phase - 90 degrees) per sample, from the pulse times.
std::vector<float> phase_modulation(const std::vector<double>& times, std::size_t num_samples,
                                    double longest_period) {
  std::vector<float> out(num_samples, 1.0F);
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    const double period = times[i + 1] - times[i];
    if (period > longest_period || period <= 0) continue;
    const auto first = static_cast<std::size_t>(std::ceil(times[i]));
    const auto last = std::min(static_cast<std::size_t>(times[i + 1]) + 1, num_samples);
    for (std::size_t n = first; n < last; ++n) {
      // sin(2 pi x) over one period by the parabola 8x(1 - 2x): smooth enough for a breath.
      const auto x = static_cast<float>((static_cast<double>(n) - times[i]) / period);
      const float y = x < 0.5F ? x : x - 0.5F;
      const float s = 16.0F * y * (0.5F - y);
      out[n] = 1.0F + 0.75F * (x < 0.5F ? s : -s);
    }
  }
  return out;
}

}  // namespace

void Synthesiser::render_noise(const std::vector<Pulse>& pulses, const Frames& frames, Rng rng,
                               std::span<float> buffer) {
  std::vector<float> noise(buffer.size(), 0.0F);
  std::vector<float> block(kNoiseFft);
  const double hop = kFrameHop * rate_hz_;
  for (std::size_t start = 0; start + kNoiseFft <= buffer.size(); start += kNoiseHop) {
    const double position = static_cast<double>(start + kNoiseFft / 2) / hop;
    const auto f = static_cast<std::size_t>(position);
    if (f + 1 >= frames.size()) break;
    lerp(frames.shaped[f].noise_ln, frames.shaped[f + 1].noise_ln,
         static_cast<float>(position - static_cast<double>(f)), points_);
    if (*std::max_element(points_.begin(), points_.end()) < kInaudibleLn) continue;
    gather_lerp(points_, noise_bin_point_, noise_bin_fraction_, noise_bins_);
    exponentials(noise_bins_);
    const auto& white = (*noise_spectra_)[rng.below(kNumNoiseSpectra)];
    for (std::size_t k = 0; k < noise_bins_.size(); ++k) {
      noise_spectrum_[k] = white[k] * noise_bins_[k];
    }
    noise_spectrum_[0] = 0;
    noise_fft_.inverse(noise_spectrum_, block);
    add_windowed(block, noise_window_, 1.0F, std::span<float>(noise).subspan(start, kNoiseFft));
  }
  std::vector<double> times;
  for (const Pulse& p : pulses) times.push_back(p.time);
  const std::vector<float> modulation = phase_modulation(times, buffer.size(), 0.03 * rate_hz_);
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] += noise[i] * modulation[i];
}

// A second-order Butterworth high-pass at 60 Hz, then the drive, which also bounds every sample.
void Synthesiser::finish(std::span<float> buffer) const {
  const double k = det::tan(3.14159265358979 * 60.0 / rate_hz_);
  const double norm = 1.0 / (1.0 + 1.4142135623730951 * k + k * k);
  const double a1 = 2.0 * (k * k - 1.0) * norm, a2 = (1.0 - 1.4142135623730951 * k + k * k) * norm;
  double z1 = 0, z2 = 0;
  for (float& sample : buffer) {
    const double x = static_cast<double>(sample) * norm;
    const double y = x + z1;
    z1 = -2.0 * x - a1 * y + z2;
    z2 = x - a2 * y;
    sample = static_cast<float>(y);
  }
  saturate(buffer, kDrive);
}

void Synthesiser::label_roughness(const Frames& frames, Result& result) const {
  const auto label = [&](const char* kind, auto&& stands_out) {
    std::size_t first = 0;
    bool inside = false;
    for (std::size_t f = 0; f <= frames.size(); ++f) {
      const bool now =
          f < frames.size() && frames.shaped[f].voicing > 0.5F && stands_out(frames.rasp[f]);
      if (now && !inside) first = f;
      if (!now && inside && static_cast<double>(f - first) * kFrameHop >= kShortestLabel) {
        result.techniques.push_back({kind, frames.start_s + static_cast<double>(first) * kFrameHop,
                                     frames.start_s + static_cast<double>(f) * kFrameHop});
      }
      inside = now;
    }
  };
  label("rasp", [](float rasp) { return static_cast<double>(rasp) >= kLabelledRasp; });
  label("growl",
        [&](float rasp) { return voice_.growl * static_cast<double>(rasp) >= kLabelledGrowl; });
}

Synthesiser::Result Synthesiser::sing_chunk(const Chunk& chunk, const Rng& rng,
                                            std::span<float> out) {
  Result result;
  Frames frames;
  make_frames(chunk, rng, frames, result);
  result.start_s = frames.start_s;
  const double offset = frames.start_s * rate_hz_;
  const auto first = static_cast<std::size_t>(std::llround(offset));
  const std::size_t length =
      static_cast<std::size_t>(static_cast<double>(frames.size()) * kFrameHop * rate_hz_);
  std::vector<float> buffer(length, 0.0F);
  const std::vector<Pulse> pulses = place_pulses(chunk, frames, rng, result);
  render_pulses(pulses, frames, buffer);
  render_noise(pulses, frames, rng.child("noise"), buffer);
  finish(buffer);
  // The last milliseconds end in silence whatever happened before.
  const std::size_t fade = std::min(length, static_cast<std::size_t>(0.02 * rate_hz_));
  for (std::size_t i = 0; i < fade; ++i) {
    buffer[length - 1 - i] *= static_cast<float>(i) / static_cast<float>(fade);
  }
  for (std::size_t i = 0; i < length && first + i < out.size(); ++i) out[first + i] += buffer[i];

  label_roughness(frames, result);
  result.f0_hz.assign(frames.size(), 0.0F);
  for (std::size_t f = 0; f < frames.size(); ++f) {
    if (frames.shaped[f].voicing > 0.5F) result.f0_hz[f] = frames.f0_hz[f];
  }
  return result;
}

}  // namespace brandiron::gen::singing
