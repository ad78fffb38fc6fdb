#include "composition/melody.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "brandiron/core/det_math.h"

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

/// How far from its contour a line strays, in semitones.
constexpr double kReach = 3.6, kModelReach = 4.5;
constexpr double kModelTemperature = 1.15;
/// Chord and contour like the same pitches from note to note: what that adds to repeats.
constexpr double kModelRepeat = 0.42;

/// Notes on one pitch after which another is wanted.
constexpr std::size_t kMostHammered = 4;

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

/// The same where the model, which knows the chords, has its say.
double model_chord_factor(const MelodyPlace& place, int pitch) {
  if (place.chord[static_cast<std::size_t>(pitch % 12)]) return 1.0;
  if (place.line_end) return 0.08;
  return place.weight >= 3 ? 0.45 : 0.9;
}

/// Inside a line more than a fifth is rare and more than a sixth hardly sung.
double leap_factor(int interval) {
  const int size = std::abs(interval);
  return size > 9 ? 0.02 : (size > 7 ? 0.35 : 1.0);
}

double contour_factor(const MelodyPlace& place, int pitch, double reach) {
  const double off = (pitch - place.target) * place.pull / reach;
  return 1.0 / (1.0 + off * off * off * off);
}

bool allowed(const MelodyPlace& place, int pitch) {
  return place.must_be_pc < 0 || pitch % 12 == place.must_be_pc;
}

/// What the grammar likes at a place, whatever came before.
double place_factor(const MelodyPlace& place, int pitch, const MelodyScale& scale) {
  const auto degree = static_cast<std::size_t>(degree_of(pitch, scale));
  const double taste =
      place.line_end ? kEndTaste[degree] : (scale.minor ? kMinorTaste : kMajorTaste)[degree];
  return chord_factor(place, pitch) * taste * contour_factor(place, pitch, kReach);
}

double echo_factor(const MelodyPlace& place, int pitch) {
  return place.echo == pitch ? place.echo_strength : 1.0;
}

/// How likely the grammar finds a move, by indices into `pitches`.
double move_factor(const MelodyPlace& to, const std::vector<int>& pitches, std::size_t a,
                   std::size_t b) {
  const auto steps = static_cast<std::size_t>(std::min<std::ptrdiff_t>(
      8, std::abs(static_cast<std::ptrdiff_t>(a) - static_cast<std::ptrdiff_t>(b))));
  // A tritone is no country interval.
  const double tritone = std::abs(pitches[a] - pitches[b]) == 6 ? 0.1 : 1.0;
  return (to.line_start ? kLeap : kMove)[steps] * tritone;
}

using Messages = std::vector<std::vector<double>>;

/// What the grammar expects of all later places, from each pitch of each place.
Messages backward_messages(const std::vector<MelodyPlace>& places, const MelodyScale& scale,
                           const std::vector<int>& pitches) {
  const std::size_t n = places.size(), m = pitches.size();
  Messages ahead(n, std::vector<double>(m, 1.0));
  for (std::size_t i = n - 1; i-- > 0;) {
    const MelodyPlace& next = places[i + 1];
    double sum = 0;
    for (std::size_t a = 0; a < m; ++a) {
      ahead[i][a] = 0;
      for (std::size_t b = 0; b < m; ++b) {
        if (!allowed(next, pitches[b])) continue;
        ahead[i][a] += move_factor(next, pitches, a, b) * place_factor(next, pitches[b], scale) *
                       echo_factor(next, pitches[b]) * ahead[i + 1][b];
      }
      sum += ahead[i][a];
    }
    for (double& value : ahead[i]) value = sum > 0 ? value / sum : 1.0;
  }
  return ahead;
}

}  // namespace

int MelodyScale::tonic() const {
  // Tunes lie from a fourth below their tonic to an octave above it, or up from it.
  const int above_low = ((tonic_pc - low) % 12 + 12) % 12;
  return low + above_low - (above_low > 7 ? 12 : 0);
}

std::vector<int> MelodyScale::pitches() const {
  std::vector<int> all;
  for (int pitch = low; pitch <= high; ++pitch) {
    if (degree_of(pitch, *this) < 7) all.push_back(pitch);
  }
  return all;
}

DrawnMelody sample_melody(const std::vector<MelodyPlace>& places, const MelodyScale& scale,
                          const MelodyModel* model, Sampler& sampler) {
  DrawnMelody drawn;
  std::vector<int>& melody = drawn.pitches;
  if (places.empty()) return drawn;
  const std::vector<int> pitches = scale.pitches();
  const Messages ahead = backward_messages(places, scale, pitches);
  std::optional<MelodyModel::Reader> reader;
  if (model != nullptr) reader.emplace(*model);
  std::size_t before = 0, hammered = 0;  // the pitch before, and how often it has come
  std::vector<double> weights(pitches.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    MelodyPlace place = places[i];
    if (place.echo_place >= 0) place.echo = melody[static_cast<std::size_t>(place.echo_place)];
    std::vector<float> log_p;
    const int length = melody_length(std::max(1, place.ticks));
    if (reader) {
      reader->expect(place.known);
      drawn.log_p += static_cast<double>(reader->lengths()[static_cast<std::size_t>(length)]);
      log_p = reader->pitches(length);
    }
    const auto weigh = [&](bool must) {
      double sum = 0;
      for (std::size_t b = 0; b < pitches.size(); ++b) {
        weights[b] = 0;
        if (must && !allowed(place, pitches[b])) continue;
        double w = echo_factor(place, pitches[b]);
        if (reader) {
          const auto c = static_cast<std::size_t>(melody_pitch(pitches[b] - scale.tonic()));
          // Half of the grammar's say on what comes: the model has its own.
          w *= det::sqrt(ahead[i][b]) * model_chord_factor(place, pitches[b]) *
               det::exp(static_cast<double>(log_p[c]) / kModelTemperature) *
               contour_factor(place, pitches[b], kModelReach);
          if (i > 0 && b == before) w *= kModelRepeat;
          if (i > 0 && !place.line_start) w *= leap_factor(pitches[b] - pitches[before]);
        } else {
          w *= ahead[i][b] * place_factor(place, pitches[b], scale);
          if (i > 0) w *= move_factor(place, pitches, before, b);
        }
        if (b == before && hammered >= kMostHammered) w *= 0.1;
        sum += weights[b] = w;
      }
      return sum;
    };
    // A pitch class that the range lacks: the nearest chord tone will do.
    if (weigh(true) <= 0) weigh(false);
    const std::size_t drawn_pitch = sampler.pick(Draw::kNote, weights);
    hammered = drawn_pitch == before ? hammered + 1 : 1;
    before = drawn_pitch;
    melody.push_back(pitches[before]);
    if (!reader) continue;
    const int pitch = melody_pitch(melody.back() - scale.tonic());
    drawn.log_p += static_cast<double>(log_p[static_cast<std::size_t>(pitch)]);
    reader->add(pitch, length, place.ticks);
  }
  return drawn;
}

}  // namespace brandiron::gen
