#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::gen::testing {

/// A plain onset detector that shares nothing with the band: energy of the signal's second
/// difference (which favours clicks over ringing) in 3 ms after against 12 ms before each
/// millisecond; a rise of 5 dB that is the largest within 35 ms is an onset.
inline std::vector<double> find_onsets(const AudioBuffer& audio) {
  const auto x = audio.channel(0);
  const double rate = audio.rate_hz();
  const auto ms = [&](double t) { return static_cast<std::size_t>(t * 0.001 * rate); };
  std::vector<double> sum(x.size() + 1, 0.0);
  double loudest = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = i < 2 ? 0.0 : x[i] - 2.0 * x[i - 1] + x[i - 2];
    sum[i + 1] = sum[i] + d * d;
    loudest = std::max(loudest, d * d);
  }
  const double floor = 1e-7 * loudest;
  std::vector<double> rise;
  for (std::size_t m = 0; ms(static_cast<double>(m)) + ms(3) < x.size(); ++m) {
    const std::size_t at = ms(static_cast<double>(m)), from = at > ms(12) ? at - ms(12) : 0;
    const double after = (sum[at + ms(3)] - sum[at]) / static_cast<double>(ms(3)) + floor;
    const double before =
        at > from ? (sum[at] - sum[from]) / static_cast<double>(at - from) + floor : floor;
    rise.push_back(10.0 * std::log10(after / before));
  }
  std::vector<double> onsets;
  for (std::size_t m = 0; m < rise.size(); ++m) {
    if (rise[m] < 5.0) continue;
    const std::size_t low = m > 35 ? m - 35 : 0, high = std::min(rise.size(), m + 36);
    const auto peak = std::max_element(rise.begin() + static_cast<std::ptrdiff_t>(low),
                                       rise.begin() + static_cast<std::ptrdiff_t>(high));
    if (peak - rise.begin() != static_cast<std::ptrdiff_t>(m)) continue;
    // The rise is steepest one window before the attack has passed: the attack is inside it.
    onsets.push_back(static_cast<double>(m) * 0.001 + 0.0005);
  }
  return onsets;
}

/// Share of `times` that have one of `others` within `tolerance_s`.
inline double share_matched(const std::vector<double>& times, const std::vector<double>& others,
                            double tolerance_s) {
  if (times.empty()) return 1.0;
  std::size_t matched = 0;
  for (const double t : times) {
    matched += std::any_of(others.begin(), others.end(),
                           [&](double o) { return std::fabs(o - t) <= tolerance_s; });
  }
  return static_cast<double>(matched) / static_cast<double>(times.size());
}

}  // namespace brandiron::gen::testing
