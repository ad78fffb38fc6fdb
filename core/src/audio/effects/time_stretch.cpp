#include "time_stretch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/det_math.h"

namespace brandiron::effects_internal {
namespace {

using Complex = std::complex<float>;
using Frames = std::ptrdiff_t;

constexpr std::size_t kOverlap = 4;
constexpr float kSquaredHannSum = 1.5F;  // of a periodic Hann window squared at 75 % overlap

/// About 46 ms: long enough for a bass note, short enough for a consonant.
std::size_t window_size(int rate_hz) {
  return std::bit_ceil(std::max<std::size_t>(static_cast<std::size_t>(0.035 * rate_hz), 64));
}

std::vector<float> hann(std::size_t size) {
  std::vector<float> window(size);
  for (std::size_t i = 0; i < size; ++i) {
    window[i] =
        static_cast<float>(0.5 - 0.5 * det::cos(2.0 * std::numbers::pi * static_cast<double>(i) /
                                                static_cast<double>(size)));
  }
  return window;
}

/// Frames where the energy of the differentiated signal (which favours the highs, as ears do for
/// attacks) jumps; at least `gap` frames apart.
std::vector<Frames> find_onsets(const AudioBuffer& audio, std::size_t block, std::size_t gap) {
  const AudioBuffer mono = audio.num_channels() == 1 ? audio : audio.to_mono();
  const auto x = mono.channel(0);
  std::vector<double> energy(x.size() / block + 1, 0.0);
  double total = 0.0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double d = static_cast<double>(x[i]) - static_cast<double>(x[i - 1]);
    energy[i / block] += d * d;
    total += d * d;
  }
  const double floor = 1e-3 * total / static_cast<double>(energy.size()) + 1e-12;
  constexpr std::size_t kBefore = 6;
  constexpr double kJump = 6.0;
  std::vector<Frames> onsets;
  for (std::size_t k = kBefore; k + 1 < energy.size(); ++k) {
    double before = floor;
    for (std::size_t j = k - kBefore; j < k; ++j) before += energy[j] / kBefore;
    if (0.5 * (energy[k] + energy[k + 1]) < kJump * before) continue;
    // The loudest of the next few blocks that jumped may be later: the first is where it begins.
    const auto at = static_cast<Frames>(k * block);
    if (onsets.empty() || at - onsets.back() >= static_cast<Frames>(gap)) onsets.push_back(at);
  }
  return onsets;
}

/// Piecewise linear map from output to input time that passes each kept onset rigidly.
class TimeMap {
 public:
  TimeMap(const std::vector<Frames>& onsets, double ratio, double rigid, double input_length)
      : points_{{0.0, 0.0}}, rigid_(rigid / 2) {
    for (const Frames onset : onsets) {
      const double in = static_cast<double>(onset), out = in * ratio;
      if (in - rigid_ <= points_.back().in + rigid_ ||
          out - rigid_ <= points_.back().out + rigid_) {
        continue;
      }
      const double slope = (out - rigid_ - points_.back().out) / (in - rigid_ - points_.back().in);
      if (slope < ratio / 2 || slope > ratio * 2) continue;
      points_.push_back({out - rigid_, in - rigid_});
      points_.push_back({out + rigid_, in + rigid_});
      zones_.push_back(out);
    }
    // The last zone may reach past the end; what follows continues at the wanted ratio.
    const Point last = points_.back();
    const double end_in = std::max(input_length, last.in + 1.0);
    const double end_out = std::max(input_length * ratio, last.out + ratio);
    points_.push_back({end_out, end_in});
    points_.push_back({end_out + 1e6 * ratio, end_in + 1e6});
  }

  double input_at(double out) {
    while (segment_ + 2 < points_.size() && points_[segment_ + 1].out <= out) ++segment_;
    const Point a = points_[segment_], b = points_[segment_ + 1];
    return a.in + (out - a.out) * (b.in - a.in) / (b.out - a.out);
  }

  /// True in the rigid zone of an onset. Asked with rising `out`.
  bool near_onset(double out) {
    while (zone_ < zones_.size() && zones_[zone_] + rigid_ < out) ++zone_;
    return zone_ < zones_.size() && std::fabs(zones_[zone_] - out) <= rigid_;
  }

 private:
  struct Point {
    double out, in;
  };
  std::vector<Point> points_;
  std::vector<double> zones_;
  double rigid_;
  std::size_t segment_ = 0, zone_ = 0;
};

/// Spectra of all channels of one window.
class Spectra {
 public:
  Spectra(std::size_t num_channels, std::size_t num_bins)
      : num_bins_(num_bins), data_(num_channels * num_bins) {}
  std::span<Complex> channel(std::size_t c) { return {data_.data() + c * num_bins_, num_bins_}; }
  std::span<const Complex> channel(std::size_t c) const {
    return {data_.data() + c * num_bins_, num_bins_};
  }

 private:
  std::size_t num_bins_;
  std::vector<Complex> data_;
};

Complex product(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

class Vocoder {
 public:
  Vocoder(const AudioBuffer& audio, double ratio)
      : audio_(audio),
        size_(window_size(audio.rate_hz())),
        hop_(size_ / kOverlap),
        fft_(size_),
        window_(hann(size_)),
        padded_(size_),
        now_(audio.num_channels(), fft_.num_bins()),
        back_(now_),
        out_(now_),
        energy_(fft_.num_bins()),
        back_energy_(fft_.num_bins()),
        turn_(fft_.num_bins()),
        map_(find_onsets(audio, hop_ / 4, size_), ratio, static_cast<double>(size_),
             static_cast<double>(audio.num_frames())) {}

  AudioBuffer run(std::size_t num_frames) {
    AudioBuffer result(audio_.num_channels(), num_frames, audio_.rate_hz());
    const std::size_t num_windows = num_frames / hop_ + kOverlap;
    Frames previous = 0;
    for (std::size_t u = 0; u < num_windows; ++u) {
      const auto centre_out = static_cast<Frames>(u * hop_);
      const auto centre_in =
          static_cast<Frames>(std::floor(map_.input_at(static_cast<double>(centre_out)) + 0.5));
      const bool contiguous = u > 0 && centre_in == previous + static_cast<Frames>(hop_);
      if (contiguous) {
        std::swap(back_, now_);
      } else {
        analyse(centre_in - static_cast<Frames>(hop_), back_);
      }
      analyse(centre_in, now_);
      previous = centre_in;
      find_turns(u == 0, map_.near_onset(static_cast<double>(centre_out)));
      synthesise(centre_out, result);
    }
    return result;
  }

 private:
  void analyse(Frames centre, Spectra& spectra) {
    const Frames start = centre - static_cast<Frames>(size_ / 2);
    const auto length = static_cast<Frames>(audio_.num_frames());
    const Frames first = std::clamp<Frames>(-start, 0, static_cast<Frames>(size_));
    const Frames last = std::clamp<Frames>(length - start, first, static_cast<Frames>(size_));
    for (std::size_t c = 0; c < audio_.num_channels(); ++c) {
      const float* x = audio_.channel(c).data();
      std::fill(padded_.begin(), padded_.end(), 0.0F);
      for (Frames i = first; i < last; ++i) {
        const auto k = static_cast<std::size_t>(i);
        padded_[k] = x[start + i] * window_[k];
      }
      fft_.forward(padded_, spectra.channel(c));
    }
  }

  void sum_energy(const Spectra& spectra, std::vector<float>& energy) const {
    std::fill(energy.begin(), energy.end(), 0.0F);
    for (std::size_t c = 0; c < audio_.num_channels(); ++c) {
      const auto x = spectra.channel(c);
      for (std::size_t k = 0; k < energy.size(); ++k) {
        energy[k] += x[k].real() * x[k].real() + x[k].imag() * x[k].imag();
      }
    }
  }

  /// How far bin `k` must turn so that its phase goes on from the last output window by as much as
  /// it moved in the input over one hop. One angle for all channels, weighted by their energy.
  Complex turn_at(std::size_t k) const {
    float re = 0.0F, im = 0.0F;
    for (std::size_t c = 0; c < audio_.num_channels(); ++c) {
      const Complex y = out_.channel(c)[k], x = back_.channel(c)[k];
      re += y.real() * x.real() + y.imag() * x.imag();
      im += y.imag() * x.real() - y.real() * x.imag();
    }
    const float size = std::sqrt(re * re + im * im);
    return size > 1e-20F ? Complex{re / size, im / size} : Complex{1.0F, 0.0F};
  }

  void find_turns(bool first, bool near_onset) {
    std::fill(turn_.begin(), turn_.end(), Complex{1.0F, 0.0F});
    if (first) return;
    sum_energy(now_, energy_);
    if (near_onset) sum_energy(back_, back_energy_);
    const std::size_t bins = energy_.size();
    std::size_t region_start = 0, peak = bins;
    for (std::size_t k = 0; k < bins; ++k) {
      if (!is_peak(k)) continue;
      if (peak != bins) {
        const std::size_t valley = lowest_between(peak, k);
        fill_region(region_start, valley, peak, near_onset);
        region_start = valley;
      }
      peak = k;
    }
    if (peak != bins) fill_region(region_start, bins, peak, near_onset);
  }

  bool is_peak(std::size_t k) const {
    const float e = energy_[k];
    const auto at = [&](std::size_t j) { return j < energy_.size() ? energy_[j] : 0.0F; };
    // k - 1 and k - 2 wrap below 0 and read as 0.
    return e > 0.0F && e > at(k - 1) && e > at(k - 2) && e >= at(k + 1) && e >= at(k + 2);
  }

  std::size_t lowest_between(std::size_t a, std::size_t b) const {
    const auto begin = energy_.begin();
    return static_cast<std::size_t>(
        std::min_element(begin + static_cast<Frames>(a), begin + static_cast<Frames>(b)) - begin);
  }

  void fill_region(std::size_t start, std::size_t end, std::size_t peak, bool near_onset) {
    // What begins here owes nothing to what sounded before: its phases start afresh.
    constexpr float kFresh = 8.0F;
    const bool fresh = near_onset && energy_[peak] > kFresh * back_energy_[peak];
    const Complex turn = fresh ? Complex{1.0F, 0.0F} : turn_at(peak);
    std::fill(turn_.begin() + static_cast<Frames>(start), turn_.begin() + static_cast<Frames>(end),
              turn);
  }

  void synthesise(Frames centre, AudioBuffer& result) {
    const Frames start = centre - static_cast<Frames>(size_ / 2);
    const auto length = static_cast<Frames>(result.num_frames());
    const Frames first = std::clamp<Frames>(-start, 0, static_cast<Frames>(size_));
    const Frames last = std::clamp<Frames>(length - start, first, static_cast<Frames>(size_));
    for (std::size_t c = 0; c < audio_.num_channels(); ++c) {
      const auto x = now_.channel(c);
      const auto y = out_.channel(c);
      for (std::size_t k = 0; k < y.size(); ++k) y[k] = product(turn_[k], x[k]);
      fft_.inverse(y, padded_);
      float* z = result.channel(c).data();
      for (Frames i = first; i < last; ++i) {
        const auto k = static_cast<std::size_t>(i);
        z[start + i] += padded_[k] * window_[k] * (1.0F / kSquaredHannSum);
      }
    }
  }

  const AudioBuffer& audio_;
  std::size_t size_, hop_;
  RealFft fft_;
  std::vector<float> window_, padded_;
  Spectra now_, back_, out_;
  std::vector<float> energy_, back_energy_;
  std::vector<Complex> turn_;
  TimeMap map_;
};

}  // namespace

AudioBuffer stretch_time(const AudioBuffer& audio, double ratio) {
  if (ratio == 1.0 || audio.empty()) return audio;
  const double frames = static_cast<double>(audio.num_frames()) * ratio;
  return Vocoder(audio, ratio).run(static_cast<std::size_t>(frames + 0.5));
}

}  // namespace brandiron::effects_internal
