#include "composition/melody.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace brandiron::gen {
namespace {

constexpr std::array<int, 7> kMajorScale = {0, 2, 4, 5, 7, 9, 11};
constexpr std::array<int, 7> kMinorScale = {0, 2, 3, 5, 7, 8, 10};

/// How much each degree is liked: the measured shares, leaning to the pentatonic.
constexpr std::array<double, 7> kMajorTaste = {1.25, 1.0, 1.15, 0.55, 1.15, 0.9, 0.3};
constexpr std::array<double, 7> kMinorTaste = {1.3, 0.7, 1.2, 1.0, 1.15, 0.25, 0.95};
/// The same for the last note of a line.
constexpr std::array<double, 7> kEndTaste = {1.7, 0.7, 0.9, 0.15, 1.1, 0.3, 0.05};

/// Weight of a move by scale steps inside a line; and from one line to the next.
constexpr std::array<double, 9> kMove = {0.47, 1.12, 0.62, 0.31, 0.14, 0.03, 0.006, 0.006, 0.001};
constexpr std::array<double, 9> kLeap = {1.0, 1.0, 0.8, 0.6, 0.45, 0.25, 0.12, 0.1, 0.02};

int degree_of(int pitch, const MelodyScale& scale) {
  const int pc = (pitch - scale.tonic_pc + 120) % 12;
  const auto& steps = scale.minor ? kMinorScale : kMajorScale;
  return static_cast<int>(std::find(steps.begin(), steps.end(), pc) - steps.begin());
}

double chord_factor(const MelodyPlace& place, int pitch) {
  if (place.chord[static_cast<std::size_t>(pitch % 12)]) return 1.0;
  if (place.line_end) return 0.02;
  if (place.weight >= 3) return 0.20;
  if (place.weight == 2) return 0.36;
  return 0.62;
}

double place_factor(const MelodyPlace& place, int pitch, const MelodyScale& scale) {
  if (place.must_be_pc >= 0 && pitch % 12 != place.must_be_pc) return 0.0;
  const auto degree = static_cast<std::size_t>(degree_of(pitch, scale));
  const double taste =
      place.line_end ? kEndTaste[degree] : (scale.minor ? kMinorTaste : kMajorTaste)[degree];
  const double off = (pitch - place.target) / 3.6;
  const double echo = place.echo == pitch ? place.echo_strength : 1.0;
  return chord_factor(place, pitch) * taste * echo / (1.0 + off * off * off * off);
}

}  // namespace

std::vector<int> MelodyScale::pitches() const {
  std::vector<int> all;
  for (int pitch = low; pitch <= high; ++pitch) {
    if (degree_of(pitch, *this) < 7) all.push_back(pitch);
  }
  return all;
}

std::vector<int> sample_melody(const std::vector<MelodyPlace>& places, const MelodyScale& scale,
                               Rng& rng) {
  const std::vector<int> pitches = scale.pitches();
  const std::size_t n = places.size(), m = pitches.size();
  std::vector<int> melody(n);
  if (n == 0) return melody;
  std::vector<std::vector<double>> alpha(n, std::vector<double>(m, 0.0));
  const auto move = [&](std::size_t to_place, std::size_t a, std::size_t b) {
    const auto steps = static_cast<std::size_t>(std::min<std::ptrdiff_t>(
        8, std::abs(static_cast<std::ptrdiff_t>(a) - static_cast<std::ptrdiff_t>(b))));
    // A tritone is no country interval.
    const double tritone = std::abs(pitches[a] - pitches[b]) == 6 ? 0.1 : 1.0;
    return (places[to_place].line_start ? kLeap : kMove)[steps] * tritone;
  };
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t b = 0; b < m; ++b) {
      double in = i == 0 ? 1.0 : 0.0;
      for (std::size_t a = 0; i > 0 && a < m; ++a) in += alpha[i - 1][a] * move(i, a, b);
      alpha[i][b] = in * place_factor(places[i], pitches[b], scale);
      sum += alpha[i][b];
    }
    if (sum <= 0) {  // a pitch class that the range lacks: the nearest chord tone will do
      MelodyPlace relaxed = places[i];
      relaxed.must_be_pc = -1;
      for (std::size_t b = 0; b < m; ++b) {
        alpha[i][b] = place_factor(relaxed, pitches[b], scale);
        sum += alpha[i][b];
      }
    }
    for (double& value : alpha[i]) value /= sum;
  }
  std::size_t state = rng.pick(alpha[n - 1]);
  melody[n - 1] = pitches[state];
  std::vector<double> weights(m);
  for (std::size_t i = n - 1; i-- > 0;) {
    double sum = 0;
    for (std::size_t a = 0; a < m; ++a) sum += weights[a] = alpha[i][a] * move(i + 1, a, state);
    if (sum > 0) state = rng.pick(weights);
    melody[i] = pitches[state];
  }
  return melody;
}

}  // namespace brandiron::gen
