#include <algorithm>
#include <cmath>

#include "playing.h"
#include "voicing.h"

namespace brandiron::gen::band {
namespace {

// The singer comes in late and lets his last note fall: room for both, and for our own release.
constexpr double kAfterPhrase = 0.15;
constexpr double kBeforePhrase = 0.15;
constexpr double kReleaseSeconds = 0.06;

struct ColourInstrument {
  int program;
  int lowest;  ///< chord roots are placed in the octave from here up
  Articulation articulation;
  bool decays;
};

ColourInstrument instrument(const std::string& name) {
  if (name == "slide") return {25, 55, Articulation::kBottleneck, true};
  if (name == "fiddle") return {110, 60, Articulation::kVibrato, false};
  if (name == "banjo") return {105, 55, Articulation::kOpen, true};
  return {22, 62, Articulation::kOpen, false};  // harmonica
}

/// A grid position: (bar, step) as one count of steps from the beginning.
class ColourPlayer {
 public:
  ColourPlayer(const Chart& chart, const Rng& rng, PlayedPart& part)
      : chart_(chart),
        licks_(load_licks(chart.groove->steps_per_beat == 3)),
        hands_(chart, rng, "colour", kOwnSwaySeconds, 0.003),
        tune_(instrument(chart.colour)),
        choice_(rng.child("licks")),
        part_(part) {}

  void play_gap(const Interval& gap, std::uint64_t index) {
    choice_ = choice_.child("gap", index);
    long unit = first_unit_after(gap.start_s);
    if (mode_at(unit) == ColourMode::kOff) unit = skip_off(unit, gap.end_s);
    while (room(unit, gap.end_s) > 0) {
      const ColourMode mode = mode_at(unit);
      if (mode == ColourMode::kOff) {
        unit = skip_off(unit, gap.end_s);
        continue;
      }
      if (mode == ColourMode::kLead) {
        unit = play_lead(unit, gap.end_s);
        continue;
      }
      fill(unit, gap.end_s);
      unit = next_section(unit);  // one answer to a phrase is enough
    }
  }

 private:
  // Licks count in halves or thirds of a beat, whatever the groove's own grid.
  int units_per_beat() const { return chart_.groove->steps_per_beat == 3 ? 3 : 2; }
  int units_per_bar() const { return units_per_beat() * chart_.score.beats_per_bar; }
  int bar_of(long unit) const { return static_cast<int>(unit / units_per_bar()); }
  int step_of(long unit) const {
    return static_cast<int>(unit % units_per_bar()) * chart_.groove->steps_per_beat /
           units_per_beat();
  }
  double unit_s(long unit) const { return chart_.grid_s(bar_of(unit), step_of(unit)); }

  long first_unit_after(double t) const {
    long unit = static_cast<long>(std::floor(t * chart_.score.tempo_bpm / 60.0 * units_per_beat()));
    while (unit_s(unit) < t + 0.02) ++unit;
    return unit;
  }
  bool inside(long unit) const { return bar_of(unit) + 1 < static_cast<int>(chart_.bars.size()); }
  ColourMode mode_at(long unit) const {
    return inside(unit) ? chart_.playing[static_cast<std::size_t>(bar_of(unit))]->colour
                        : ColourMode::kOff;
  }
  long skip_off(long unit, double end_s) const {
    while (unit_s(unit) < end_s && inside(unit) && mode_at(unit) == ColourMode::kOff) {
      unit = (bar_of(unit) + 1L) * units_per_bar();
    }
    return unit;
  }
  long next_section(long unit) const {
    int bar = bar_of(unit);
    while (bar < static_cast<int>(chart_.bars.size()) &&
           !chart_.bars[static_cast<std::size_t>(bar)].last_in_section) {
      ++bar;
    }
    return (bar + 1L) * units_per_bar();
  }
  /// Units between `unit` and the end of the gap (or of the playable song).
  int room(long unit, double end_s) const {
    int n = 0;
    while (inside(unit + n) && unit_s(unit + n + 1) + kReleaseSeconds < end_s) ++n;
    return n;
  }

  static int length(const Lick& lick) {
    int steps = 0;
    for (const LickNote& note : lick) steps += note.steps;
    return steps;
  }

  const Lick* choose(const std::vector<Lick>& licks, int longest) {
    std::vector<const Lick*> fitting;
    for (const Lick& lick : licks) {
      if (length(lick) <= longest) fitting.push_back(&lick);
    }
    if (fitting.empty()) return nullptr;
    return fitting[choice_.below(static_cast<std::uint32_t>(fitting.size()))];
  }

  void fill(long unit, double end_s) {
    const int space = room(unit, end_s);
    if (choice_.chance(0.22)) return;  // silence is an answer too
    const Lick* lick = choice_.chance(0.65) ? choose(licks_->long_licks, space) : nullptr;
    if (lick == nullptr) lick = choose(licks_->short_licks, space);
    if (lick != nullptr) play(*lick, unit, end_s);
  }

  /// Solos in two-bar phrases with a breath between them. Returns where to go on.
  long play_lead(long unit, double end_s) {
    const int space = room(unit, end_s);
    const Lick* lick = choose(licks_->lead_licks, space);
    if (lick == nullptr) lick = choose(licks_->short_licks, space);
    if (lick == nullptr) return unit + space;
    play(*lick, unit, end_s);
    const long after = unit + length(*lick);
    const long bar = units_per_bar();
    return std::max((after + bar - 1) / bar * bar, after);
  }

  void play(const Lick& lick, long unit, double end_s) {
    for (const LickNote& note : lick) {
      if (!note.rest && inside(unit)) play_note(note, unit, end_s);
      unit += note.steps;
    }
  }

  void play_note(const LickNote& note, long unit, double end_s) {
    const int bar = bar_of(unit), step = step_of(unit);
    const Chord* chord = chart_.chord_at_step(bar, step);
    if (chord == nullptr) return;
    if (bar != hands_bar_) hands_.turn_to_bar(hands_bar_ = bar);
    const double t = std::max(hands_.time_s(step), last_end_s_);
    const double stop = std::min(unit_s(unit + note.steps) - 0.01, end_s - kReleaseSeconds);
    if (stop - t < 0.06) return;
    part_.add({t, stop, pitch(note, *chord), hands_.velocity(step, step == 0 ? 100 : 92)},
              {tune_.articulation, 0, kReleaseSeconds});
    last_end_s_ = stop;
  }

  int pitch(const LickNote& note, const Chord& chord) const {
    int semitones = note.semitones;
    const int degree = ((semitones % 12) + 12) % 12;
    const bool minor = is_minor_quality(chord.quality);
    if (minor && (degree == 4 || degree == 9 || degree == 11)) --semitones;
    const int root = tune_.lowest + ((chord.root_pc - tune_.lowest) % 12 + 12) % 12;
    return root + semitones;
  }

  const Chart& chart_;
  std::shared_ptr<const LickBook> licks_;
  Hands hands_;
  ColourInstrument tune_;
  Rng choice_;
  PlayedPart& part_;
  int hands_bar_ = -1;
  double last_end_s_ = 0.0;
};

}  // namespace

PlayedPart play_colour(const Chart& chart, const Rng& rng) {
  PlayedPart part;
  part.notes.name = chart.colour;
  part.notes.program = instrument(chart.colour).program;
  if (chart.colour == "slide") part.source = chart.guitar;
  ColourPlayer player(chart, rng, part);
  std::uint64_t index = 0;
  for (const Interval& gap : silent_gaps(chart.score, kAfterPhrase, kBeforePhrase)) {
    if (gap.length_s() > 0.5) player.play_gap(gap, index);
    ++index;
  }
  return part;
}

}  // namespace brandiron::gen::band
