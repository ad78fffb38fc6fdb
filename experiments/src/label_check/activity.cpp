#include "label_check/activity.h"

#include <algorithm>
#include <cmath>

namespace brandiron::experiments::labels {
namespace {

constexpr double kHopSeconds = 0.005;
constexpr double kUnderLoudDb = 45;
constexpr double kBridge = 0.060, kShortest = 0.030;

std::vector<double> energies(const AudioBuffer& stem) {
  const AudioBuffer mono = stem.to_mono();
  const auto hop = static_cast<std::size_t>(kHopSeconds * stem.rate_hz());
  const auto x = mono.channel(0);
  std::vector<double> out(x.size() / hop, 0.0);
  for (std::size_t n = 0; n < out.size(); ++n) {
    for (const float v : x.subspan(n * hop, hop)) {
      out[n] += static_cast<double>(v) * static_cast<double>(v);
    }
  }
  return out;
}

}  // namespace

std::vector<Stretch> find_activity(const AudioBuffer& stem) {
  const std::vector<double> energy = energies(stem);
  std::vector<double> sorted;
  for (const double e : energy) {
    if (e > 0) sorted.push_back(e);
  }
  if (sorted.empty()) return {};
  // What is loud: the level that one sounding frame in ten passes.
  const auto loud = static_cast<std::ptrdiff_t>(sorted.size() * 9 / 10);
  std::nth_element(sorted.begin(), sorted.begin() + loud, sorted.end());
  const double gate = sorted[static_cast<std::size_t>(loud)] * std::pow(10.0, -kUnderLoudDb / 10);
  // The true hop: a whole number of samples.
  const double hop = std::floor(kHopSeconds * stem.rate_hz()) / static_cast<double>(stem.rate_hz());
  std::vector<Stretch> found;
  for (std::size_t n = 0; n < energy.size(); ++n) {
    if (energy[n] <= gate) continue;
    const double start = static_cast<double>(n) * hop, end = start + hop;
    if (!found.empty() && start - found.back().end_s < kBridge) {
      found.back().end_s = end;
    } else {
      found.push_back({start, end});
    }
  }
  std::erase_if(found, [](const Stretch& s) { return s.end_s - s.start_s < kShortest; });
  return found;
}

double covered(const std::vector<Stretch>& stretches, double start_s, double end_s) {
  double sum = 0;
  for (const Stretch& s : stretches) {
    sum += std::max(0.0, std::min(end_s, s.end_s) - std::max(start_s, s.start_s));
  }
  return end_s > start_s ? sum / (end_s - start_s) : 0;
}

}  // namespace brandiron::experiments::labels
