#include "brandiron/core/audio/biquad.h"

#include <algorithm>
#include <complex>
#include <numbers>
#include <string>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

/// What every cookbook formula starts from.
struct Angle {
  double cos_w, alpha;
};

Angle angle(double rate_hz, double hz, double q) {
  const double clamped_hz = std::clamp(hz, 1e-3, 0.499 * rate_hz);
  const double w = 2.0 * std::numbers::pi * clamped_hz / rate_hz;
  return {det::cos(w), det::sin(w) / (2.0 * std::max(q, 1e-4))};
}

Biquad normalised(double b0, double b1, double b2, double a0, double a1, double a2) {
  return {b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0};
}

// Poles of a Butterworth filter come in pairs; each pair is one section with its own q.
double butterworth_q(int order, int section) {
  const double theta = std::numbers::pi * (2.0 * section + 1.0) / (2.0 * order);
  return 1.0 / (2.0 * det::sin(theta));
}

void check_order(int order) {
  if (order < 2 || order > 16 || order % 2 != 0) {
    throw Error(ErrorCode::kInvalidArgument, "Butterworth order: found " + std::to_string(order) +
                                                 ", expected an even number from 2 to 16");
  }
}

// Small enough to be inaudible (-400 dB), large enough that states never become denormal, which
// would make a silent tail a hundred times slower than sound.
constexpr double kFlush = 1e-20;

double flushed(double state) { return state < kFlush && state > -kFlush ? 0.0 : state; }

// Two sections a pass: the second works on sample n-1 while the first works on n, so that the
// processor overlaps their dependency chains.
void run_pair(const Biquad& f, const Biquad& g, double* f_state, double* g_state,
              std::span<float> block) {
  double f1 = f_state[0], f2 = f_state[1], g1 = g_state[0], g2 = g_state[1];
  for (float& sample : block) {
    const double x = sample;
    const double y = f.b0 * x + f1;
    f1 = f.b1 * x - f.a1 * y + f2;
    f2 = f.b2 * x - f.a2 * y;
    const double z = g.b0 * y + g1;
    g1 = g.b1 * y - g.a1 * z + g2;
    g2 = g.b2 * y - g.a2 * z;
    sample = static_cast<float>(z);
  }
  f_state[0] = flushed(f1), f_state[1] = flushed(f2);
  g_state[0] = flushed(g1), g_state[1] = flushed(g2);
}

void run_one(const Biquad& f, double* state, std::span<float> block) {
  double s1 = state[0], s2 = state[1];
  for (float& sample : block) {
    const double x = sample;
    const double y = f.b0 * x + s1;
    s1 = f.b1 * x - f.a1 * y + s2;
    s2 = f.b2 * x - f.a2 * y;
    sample = static_cast<float>(y);
  }
  state[0] = flushed(s1), state[1] = flushed(s2);
}

}  // namespace

Biquad Biquad::lowpass(double rate_hz, double hz, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  return normalised((1 - c) / 2, 1 - c, (1 - c) / 2, 1 + a, -2 * c, 1 - a);
}

Biquad Biquad::highpass(double rate_hz, double hz, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  return normalised((1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + a, -2 * c, 1 - a);
}

Biquad Biquad::bandpass(double rate_hz, double hz, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  return normalised(a, 0, -a, 1 + a, -2 * c, 1 - a);
}

Biquad Biquad::notch(double rate_hz, double hz, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  return normalised(1, -2 * c, 1, 1 + a, -2 * c, 1 - a);
}

Biquad Biquad::allpass(double rate_hz, double hz, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  return normalised(1 - a, -2 * c, 1 + a, 1 + a, -2 * c, 1 - a);
}

Biquad Biquad::peaking(double rate_hz, double hz, double gain_db, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  const double g = det::db_to_gain(gain_db / 2);
  return normalised(1 + a * g, -2 * c, 1 - a * g, 1 + a / g, -2 * c, 1 - a / g);
}

Biquad Biquad::low_shelf(double rate_hz, double hz, double gain_db, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  const double g = det::db_to_gain(gain_db / 2);
  const double s = 2 * det::sqrt(g) * a;
  return normalised(g * ((g + 1) - (g - 1) * c + s), 2 * g * ((g - 1) - (g + 1) * c),
                    g * ((g + 1) - (g - 1) * c - s), (g + 1) + (g - 1) * c + s,
                    -2 * ((g - 1) + (g + 1) * c), (g + 1) + (g - 1) * c - s);
}

Biquad Biquad::high_shelf(double rate_hz, double hz, double gain_db, double q) {
  const auto [c, a] = angle(rate_hz, hz, q);
  const double g = det::db_to_gain(gain_db / 2);
  const double s = 2 * det::sqrt(g) * a;
  return normalised(g * ((g + 1) + (g - 1) * c + s), -2 * g * ((g - 1) + (g + 1) * c),
                    g * ((g + 1) + (g - 1) * c - s), (g + 1) - (g - 1) * c + s,
                    2 * ((g - 1) - (g + 1) * c), (g + 1) - (g - 1) * c - s);
}

double Biquad::response_db(double rate_hz, double hz) const {
  const double w = 2.0 * std::numbers::pi * hz / rate_hz;
  const std::complex<double> z{det::cos(w), -det::sin(w)};
  const auto h = (b0 + z * (b1 + z * b2)) / (1.0 + z * (a1 + z * a2));
  return det::gain_to_db(std::max(det::sqrt(std::norm(h)), 1e-30));
}

std::vector<Biquad> butterworth_lowpass(double rate_hz, double hz, int order) {
  check_order(order);
  std::vector<Biquad> sections;
  for (int k = 0; k < order / 2; ++k) {
    sections.push_back(Biquad::lowpass(rate_hz, hz, butterworth_q(order, k)));
  }
  return sections;
}

std::vector<Biquad> butterworth_highpass(double rate_hz, double hz, int order) {
  check_order(order);
  std::vector<Biquad> sections;
  for (int k = 0; k < order / 2; ++k) {
    sections.push_back(Biquad::highpass(rate_hz, hz, butterworth_q(order, k)));
  }
  return sections;
}

void FilterCascade::process(std::span<float> block) {
  // Blocks that stay in the first-level cache; also where denormal states are flushed.
  constexpr std::size_t kBlock = 1024;
  for (std::size_t start = 0; start < block.size(); start += kBlock) {
    const auto part = block.subspan(start, std::min(kBlock, block.size() - start));
    std::size_t k = 0;
    for (; k + 1 < sections_.size(); k += 2) {
      run_pair(sections_[k], sections_[k + 1], &state_[2 * k], &state_[2 * k + 2], part);
    }
    if (k < sections_.size()) run_one(sections_[k], &state_[2 * k], part);
  }
}

double FilterCascade::response_db(double rate_hz, double hz) const {
  double sum = 0.0;
  for (const Biquad& section : sections_) sum += section.response_db(rate_hz, hz);
  return sum;
}

void filter(AudioBuffer& audio, std::span<const Biquad> sections) {
  FilterCascade cascade(std::vector<Biquad>(sections.begin(), sections.end()));
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    cascade.reset();
    cascade.process(audio.channel(c));
  }
}

}  // namespace brandiron
