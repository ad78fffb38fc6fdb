#include "brandiron/core/audio/reverb.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <numbers>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "range_check.h"

namespace brandiron {
namespace {

constexpr std::size_t kLines = 16;
constexpr std::size_t kBlock = 64;     // frames; no delay is shorter, so loops see only the past
constexpr std::size_t kDiffusers = 4;  // a channel
constexpr float kSilence = 1e-12F;     // below this a whole block is set to zero (denormals)

using Block = std::array<float, kBlock>;
using Lines = std::array<Block, kLines>;

/// Delay of at least kBlock frames, read and written a block at a time and in place: no copies. The
/// first block is kept twice, before and after the ring, so that no read wraps.
class DelayLine {
 public:
  explicit DelayLine(std::size_t delay)
      : delay_(std::max(delay, kBlock)),
        size_(std::bit_ceil(delay_ + kBlock)),
        data_(size_ + kBlock) {}

  std::size_t delay() const { return delay_; }
  /// The block that went in `delay` frames ago.
  const float* past() const { return data_.data() + ((position_ - delay_) & (size_ - 1)); }
  /// Where the newest block goes; `advance` once it is filled.
  float* newest() { return data_.data() + position_; }
  void advance() {
    if (position_ == 0) std::copy_n(data_.begin(), kBlock, data_.end() - kBlock);
    position_ = (position_ + kBlock) & (size_ - 1);
  }

 private:
  std::size_t delay_, size_, position_ = 0;
  std::vector<float> data_;
};

/// Schroeder allpass: turns one pulse into many without colouring them.
__attribute__((target_clones("avx2", "default"))) void diffuse(const float* __restrict past,
                                                               float* __restrict store,
                                                               float* __restrict x) {
  constexpr float kGain = 0.6F;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const float y = past[i] - kGain * x[i];
    store[i] = x[i] + kGain * y;
    x[i] = y;
  }
}

bool is_prime(std::size_t n) {
  for (std::size_t k = 2; k * k <= n; ++k) {
    if (n % k == 0) return false;
  }
  return n > 1;
}

std::size_t next_prime(std::size_t n) {
  while (!is_prime(n)) ++n;
  return n;
}

/// First-order shelf y = b0 x + b1 x' + p y' with gain `low` at 0 Hz and `high` at infinity.
struct Loss {
  static constexpr std::size_t kStep = 8;
  float b0 = 1.0F, b1 = 0.0F, last_in = 0.0F, last_out = 0.0F;
  std::array<float, kStep> powers{};  ///< p, p^2 ... p^8

  Loss() = default;
  Loss(double low, double high, double hz, double rate_hz) {
    const double k = det::tan(std::numbers::pi * std::min(hz, 0.45 * rate_hz) / rate_hz);
    b0 = static_cast<float>((high + low * k) / (1 + k));
    b1 = static_cast<float>((low * k - high) / (1 + k));
    double power = 1.0;
    for (float& entry : powers) {
      power *= (1 - k) / (1 + k);
      entry = static_cast<float>(power);
    }
  }
};

// The recursion looks back eight frames instead of one, so that eight run side by side: three
// doublings add up what the seven frames between would have handed on. Each stage runs over all
// lines before the next: a load that straddles two fresh stores would wait for both.
__attribute__((target_clones("avx2", "default"))) void apply_losses(
    std::array<Loss, kLines>& losses, const std::array<const float*, kLines>& in, Lines& out) {
  constexpr std::size_t kStep = Loss::kStep, kEnd = kStep + kBlock;
  alignas(32) float a[kLines][kEnd], b[kLines][kEnd];  // eight zeros, then the block
  for (std::size_t l = 0; l < kLines; ++l) {
    const float b0 = losses[l].b0, b1 = losses[l].b1;
    for (std::size_t i = 0; i < kStep; ++i) a[l][i] = b[l][i] = 0.0F;
    a[l][kStep] = b0 * in[l][0] + b1 * losses[l].last_in;
    for (std::size_t i = 1; i < kBlock; ++i) a[l][kStep + i] = b0 * in[l][i] + b1 * in[l][i - 1];
    losses[l].last_in = in[l][kBlock - 1];
  }
  for (std::size_t l = 0; l < kLines; ++l) {
    const float p = losses[l].powers[0];
    for (std::size_t i = kStep; i < kEnd; ++i) b[l][i] = a[l][i] + p * a[l][i - 1];
  }
  for (std::size_t l = 0; l < kLines; ++l) {
    const float p2 = losses[l].powers[1];
    for (std::size_t i = kStep; i < kEnd; ++i) a[l][i] = b[l][i] + p2 * b[l][i - 2];
  }
  for (std::size_t l = 0; l < kLines; ++l) {
    const float p4 = losses[l].powers[3];
    for (std::size_t i = kStep; i < kEnd; ++i) b[l][i] = a[l][i] + p4 * a[l][i - 4];
  }
  for (std::size_t l = 0; l < kLines; ++l) {
    const float p8 = losses[l].powers[7];
    float* y = out[l].data();
    for (std::size_t k = 0; k < kStep; ++k) {
      y[k] = b[l][kStep + k] + losses[l].powers[k] * losses[l].last_out;
    }
    for (std::size_t k = kStep; k < kBlock; ++k) y[k] = b[l][kStep + k] + p8 * y[k - kStep];
    losses[l].last_out = out[l][kBlock - 1];
  }
}

// Orthogonal mixing of all lines; element-wise over frames.
__attribute__((target_clones("avx2", "default"))) void hadamard(float* x) {
  for (std::size_t step = 1; step < kLines; step *= 2) {
    for (std::size_t l = 0; l < kLines; ++l) {
      if ((l & step) != 0) continue;
      float* a = x + l * kBlock;
      float* b = x + (l + step) * kBlock;
      for (std::size_t i = 0; i < kBlock; ++i) {
        const float sum = a[i] + b[i];
        b[i] = a[i] - b[i];
        a[i] = sum;
      }
    }
  }
  for (std::size_t i = 0; i < kLines * kBlock; ++i) x[i] *= 0.25F;  // 1/sqrt(16)
}

__attribute__((target_clones("avx2", "default"))) void add_input(float* __restrict out,
                                                                 const float* __restrict mixed,
                                                                 const float* __restrict in,
                                                                 float sign) {
  for (std::size_t i = 0; i < kBlock; ++i) out[i] = mixed[i] + sign * in[i];
}

bool is_silent(const Lines& x) {
  for (const Block& line : x) {
    for (const float v : line) {
      if (v > kSilence || v < -kSilence) return false;
    }
  }
  return true;
}

class Network {
 public:
  Network(double rate_hz, const ReverbOptions& options, std::uint64_t seed) {
    Rng rng(seed, "reverb");
    for (std::size_t l = 0; l < kLines; ++l) {
      // Spread evenly in the logarithm, 19 to 83 ms at size 1, then moved to primes.
      const double place = (static_cast<double>(l) + rng.uniform()) / kLines;
      const double seconds = 0.019 * det::pow(83.0 / 19.0, place) * options.size;
      const auto frames = static_cast<std::size_t>(seconds * rate_hz);
      lines_.emplace_back(next_prime(std::max(frames, kBlock + l * 3)));
    }
    double kept = 0.0;
    for (std::size_t l = 0; l < kLines; ++l) {
      const double passes_s = static_cast<double>(lines_[l].delay()) / rate_hz;
      const double low = det::db_to_gain(-60.0 * passes_s / options.rt60_s);
      const double high =
          det::db_to_gain(-60.0 * passes_s / (options.rt60_s * options.high_rt60_ratio));
      losses_[l] = Loss(low, high, options.damping_hz, rate_hz);
      kept += low * low / kLines;
    }
    // A pulse on each side puts energy 2 into the lines; a geometric series over the passes says
    // how much of it each ear's sum over all lines collects.
    level_ = static_cast<float>(4.0 * det::sqrt((1.0 - kept) / (2.0 * kept)));
    for (std::size_t side = 0; side < 2; ++side) {
      for (std::size_t k = 0; k < kDiffusers; ++k) {
        constexpr std::array<double, kDiffusers> kDelays_ms = {3.1, 4.9, 7.3, 11.9};
        const double ms = kDelays_ms[k] * (side == 0 ? 1.0 : 1.13) * std::min(options.size, 1.5);
        diffusers_[side].emplace_back(
            next_prime(std::max(static_cast<std::size_t>(ms * rate_hz / 1000.0), kBlock + 7 * k)));
      }
    }
  }

  /// In: kBlock frames of left and right; out: the tail's left and right.
  void process(float* left, float* right) {
    for (std::size_t side = 0; side < 2; ++side) {
      for (DelayLine& line : diffusers_[side]) {
        diffuse(line.past(), line.newest(), side == 0 ? left : right);
        line.advance();
      }
    }
    std::array<const float*, kLines> past{};
    for (std::size_t l = 0; l < kLines; ++l) past[l] = lines_[l].past();
    apply_losses(losses_, past, x_);
    if (is_silent(x_)) {
      x_ = {};
      for (Loss& loss : losses_) loss.last_in = loss.last_out = 0.0F;
    }
    hadamard(x_[0].data());
    feed(left, right);
    // Rows 1 and 2 of the mix are sums over all lines with orthogonal signs: uncorrelated ears.
    for (std::size_t i = 0; i < kBlock; ++i) {
      left[i] = level_ * x_[1][i];
      right[i] = level_ * x_[2][i];
    }
  }

 private:
  void feed(const float* left, const float* right) {
    for (std::size_t l = 0; l < kLines; ++l) {
      const float* __restrict in = (l & 4) != 0 ? right : left;
      const float* __restrict mixed = x_[l].data();
      float* __restrict out = lines_[l].newest();
      const float sign = (l & 8) != 0 ? -kInput : kInput;
      add_input(out, mixed, in, sign);
      lines_[l].advance();
    }
  }

  static constexpr float kInput = 0.353553391F;  // energy of each side shared by its eight lines
  std::vector<DelayLine> lines_;
  std::array<std::vector<DelayLine>, 2> diffusers_;
  std::array<Loss, kLines> losses_;
  Lines x_{};
  float level_ = 1.0F;
};

/// What enters the network: two sides, cut in frequency, delayed, padded to whole blocks.
AudioBuffer network_input(const AudioBuffer& audio, const ReverbOptions& options,
                          std::size_t num_frames) {
  const auto predelay =
      static_cast<std::size_t>(options.predelay_ms / 1000.0 * audio.rate_hz() + 0.5);
  AudioBuffer in(2, (num_frames + kBlock - 1) / kBlock * kBlock, audio.rate_hz());
  const float share = 1.0F / static_cast<float>((audio.num_channels() + 1) / 2);
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    for (std::size_t side = 0; side < 2; ++side) {
      if (audio.num_channels() > 1 ? c % 2 != side : side != 0) continue;
      const auto y = in.channel(side);
      for (std::size_t i = 0; i < x.size() && i + predelay < y.size(); ++i) {
        y[i + predelay] += share * x[i];
      }
    }
  }
  const std::initializer_list<Biquad> cuts = {
      Biquad::highpass(audio.rate_hz(), options.low_cut_hz),
      Biquad::lowpass(audio.rate_hz(), options.high_cut_hz)};
  if (audio.num_channels() > 1) {
    filter(in, cuts);
  } else {
    FilterCascade(cuts).process(in.channel(0));
    std::copy(in.channel(0).begin(), in.channel(0).end(), in.channel(1).begin());
  }
  return in;
}

void narrow(AudioBuffer& stereo, double width) {
  if (width >= 1.0) return;
  const auto left = stereo.channel(0), right = stereo.channel(1);
  const auto w = static_cast<float>(width);
  for (std::size_t i = 0; i < left.size(); ++i) {
    const float mid = 0.5F * (left[i] + right[i]), side = 0.5F * w * (left[i] - right[i]);
    left[i] = mid + side;
    right[i] = mid - side;
  }
}

}  // namespace

void ReverbOptions::validate() const {
  check_range("reverb rt60_s", rt60_s, 0.05, 20);
  check_range("reverb high_rt60_ratio", high_rt60_ratio, 0.05, 1);
  check_range("reverb damping_hz", damping_hz, 200, 20000);
  check_range("reverb predelay_ms", predelay_ms, 0, 500);
  check_range("reverb size", size, 0.2, 3);
  check_range("reverb low_cut_hz", low_cut_hz, 10, 2000);
  check_range("reverb high_cut_hz", high_cut_hz, 500, 20000);
  check_range("reverb width", width, 0, 1);
}

AudioBuffer synthetic_reverb(const AudioBuffer& audio, const ReverbOptions& options, double tail_s,
                             std::uint64_t seed) {
  options.validate();
  check_range("reverb tail_s", tail_s, 0, 60);
  const std::size_t num_frames =
      audio.num_frames() + static_cast<std::size_t>(tail_s * audio.rate_hz());
  AudioBuffer wet = network_input(audio, options, num_frames);
  Network network(audio.rate_hz(), options, seed);
  const auto left = wet.channel(0), right = wet.channel(1);
  for (std::size_t start = 0; start < wet.num_frames(); start += kBlock) {
    network.process(left.data() + start, right.data() + start);
  }
  narrow(wet, options.width);
  wet.resize_frames(num_frames);
  return wet;
}

std::vector<float> synthetic_room_response(int rate_hz, double rt60_s, double direct_to_reverb_db,
                                           Rng rng) {
  check_range("room rt60_s", rt60_s, 0.02, 20);
  const double rate = rate_hz;
  const auto length = std::max<std::size_t>(static_cast<std::size_t>(rt60_s * rate * 1.2), 8);
  const auto gap = static_cast<std::size_t>(0.002 * rate) + 1;
  std::vector<float> tail(length, 0.0F);
  // Noise that decays by 60 dB in rt60_s, its bandwidth falling as walls and air take the highs.
  double lowpassed = 0.0;
  const double decay = det::exp(-6.907755278982137 / (rt60_s * rate));
  double envelope = 1.0, brightness = 0.9;
  const double dimming = det::exp(-2.0 / (rt60_s * rate));
  for (std::size_t i = gap; i < length; ++i) {
    lowpassed += brightness * (rng.normal() - lowpassed);
    tail[i] = static_cast<float>(lowpassed * envelope);
    envelope *= decay;
    brightness = 0.25 + (brightness - 0.25) * dimming;
  }
  // Six early reflections stand out of it.
  for (int k = 0; k < 6; ++k) {
    const auto at = gap + rng.below(static_cast<std::uint32_t>(0.025 * rate) + 1);
    if (at < length) tail[at] += static_cast<float>(rng.uniform(-4.0, 4.0));
  }
  double energy = 0.0;
  for (const float v : tail) energy += static_cast<double>(v) * v;
  const double ratio = det::db_to_gain(direct_to_reverb_db);
  const double total = det::sqrt(1.0 + ratio * ratio);
  const auto scale = static_cast<float>(1.0 / (total * det::sqrt(std::max(energy, 1e-30))));
  for (float& v : tail) v *= scale;
  tail[0] = static_cast<float>(ratio / total);
  return tail;
}

}  // namespace brandiron
