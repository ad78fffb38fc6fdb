#include "brandiron/gen/melody_language.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr int kNoPitch = kMelodyPitches;
constexpr int kNoLength = static_cast<int>(kMelodyLengths.size());
constexpr int kPlaceTicks = 6, kPlaces = 64;  // an eighth of a quarter note; bars up to 2 x 4/4
constexpr int kLongestLagRun = 8, kLongestRun = 12;
constexpr int kNoInterval = 99;
constexpr int kChords = 1 + 12 * kMelodyQualities;

int place_of(const MelodyCondition& c) {
  const int inside = ((c.in_bar % c.bar_ticks) + c.bar_ticks) % c.bar_ticks;
  return std::min(inside / kPlaceTicks, kPlaces - 1);
}

bool in_range(int pitch) { return pitch >= 0 && pitch < kMelodyPitches; }

}  // namespace

int melody_length(int ticks) {
  // The class whose ratio to `ticks` is nearest to 1: between a and b the border is sqrt(a b).
  for (std::size_t i = 0; i + 1 < kMelodyLengths.size(); ++i) {
    if (ticks * ticks <= kMelodyLengths[i] * kMelodyLengths[i + 1]) return static_cast<int>(i);
  }
  return kNoLength - 1;
}

int melody_pitch(int semitones) {
  return std::clamp(semitones, kMelodyLowest, kMelodyHighest) - kMelodyLowest;
}

int melody_mode(std::string_view name) {
  if (name == "major" || name == "lydian") return 0;
  if (name == "minor" || name == "phrygian") return 1;
  if (name == "mixolydian") return 2;
  if (name == "dorian") return 3;
  throw Error(ErrorCode::kFormat, fmt::format("mode \"{}\" is not known; expected major, minor, "
                                              "mixolydian, dorian, lydian or phrygian",
                                              name));
}

int melody_meter(int beats, int unit) {
  static const std::map<std::pair<int, int>, int> kMeters = {
      {{4, 4}, 0},  {{8, 4}, 0}, {{2, 4}, 1}, {{3, 4}, 2}, {{3, 8}, 2}, {{6, 8}, 3},
      {{12, 8}, 3}, {{2, 2}, 4}, {{3, 2}, 5}, {{6, 4}, 5}, {{9, 8}, 6}};
  const auto found = kMeters.find({beats, unit});
  if (found != kMeters.end()) return found->second;
  throw Error(ErrorCode::kFormat, fmt::format("metre {}/{} is not known", beats, unit));
}

int melody_chord(int root, std::string_view quality) {
  static const std::map<std::string_view, int> kQualities = {{"maj", 1}, {"maj7", 1}, {"min", 2},
                                                             {"7", 3},   {"min7", 4}, {"dim", 5},
                                                             {"aug", 6}, {"sus4", 7}};
  const auto found = kQualities.find(quality);
  return 1 + (((root % 12) + 12) % 12) * kMelodyQualities +
         (found == kQualities.end() ? 0 : found->second);
}

const std::array<MelodyInputShape, kMelodyInputs>& melody_input_shapes() {
  static const std::array<MelodyInputShape, kMelodyInputs> kShapes = {{
      {"mode", 4, 4},
      {"meter", 7, 4},
      {"place", kPlaces, 16},
      {"chord", kChords, 12},
      {"next_chord", kChords, 10},
      {"chord_left", 5, 3},
      {"stress", 5, 4},
      {"next_stress", 6, 4},
      {"word_end", 3, 2},
      {"left", 17, 8},
      {"bar", 9, 5},
      {"bars_left", 16, 6},
      {"part", 8, 4},
      {"pitch", kNoPitch + 1, 24},
      {"length", kNoLength + 1, 12},
      {"rest", 9, 4},
      {"pitch_2", kNoPitch + 1, 16},
      {"length_2", kNoLength + 1, 8},
      {"run_2", 9, 4},
      {"pitch_4", kNoPitch + 1, 16},
      {"length_4", kNoLength + 1, 8},
      {"run_4", 9, 4},
      {"pitch_8", kNoPitch + 1, 16},
      {"length_8", kNoLength + 1, 8},
      {"run_8", 9, 4},
      {"same", kNoPitch + 1, 16},
      {"same_length", kNoLength + 1, 10},
      {"same_run", 13, 6},
      {"shape", kNoPitch + 1, 12},
      {"shape_run", 13, 6},
      {"rhythm", kNoLength + 1, 10},
      {"rhythm_run", 13, 6},
  }};
  return kShapes;
}

MelodyMemory::Continuation MelodyMemory::longest(const std::vector<int>& runs) {
  Continuation best;
  for (std::size_t j = 1; j < runs.size(); ++j) {  // of equal ones the latest
    if (runs[j] > 0 && runs[j] >= best.run) best = {j, runs[j]};
  }
  return best;
}

std::ptrdiff_t MelodyMemory::sounding_at(int onset) const {
  const auto after = std::upper_bound(notes_.begin(), notes_.end(), onset,
                                      [](int at, const Note& note) { return at < note.onset; });
  return after - notes_.begin() - 1;
}

std::array<int, kMelodyInputs> MelodyMemory::inputs(const MelodyCondition& next) const {
  std::array<int, kMelodyInputs> in{};
  const auto set = [&](MelodyInput which, int value) {
    const auto at = static_cast<std::size_t>(which);
    in[at] = std::clamp(value, 0, melody_input_shapes()[at].size - 1);
  };
  set(MelodyInput::kMode, next.mode);
  set(MelodyInput::kMeter, next.meter);
  set(MelodyInput::kPlace, place_of(next));
  set(MelodyInput::kChord, next.chord);
  set(MelodyInput::kNextChord, next.next_chord);
  set(MelodyInput::kChordLeft, next.chord_left);
  set(MelodyInput::kStress, next.stress);
  set(MelodyInput::kNextStress, next.next_stress);
  set(MelodyInput::kWordEnd, next.word_end);
  set(MelodyInput::kLeft, next.left);
  set(MelodyInput::kBar, next.bar < 0 ? 8 : next.bar % 8);
  set(MelodyInput::kBarsLeft, next.bars - 1 - next.bar);
  set(MelodyInput::kPart, next.bar < 0 ? 0 : 8 * next.bar / std::max(1, next.bars));
  const bool first = notes_.empty();
  set(MelodyInput::kPitch, first ? kNoPitch : notes_.back().pitch);
  set(MelodyInput::kLength, first ? kNoLength : notes_.back().length);
  set(MelodyInput::kRest,
      first ? 0 : (next.onset - notes_.back().onset - notes_.back().ticks) / 12);
  for (std::size_t l = 0; l < kLags.size(); ++l) {
    const int then = next.onset - kLags[l] * next.bar_ticks;
    const std::ptrdiff_t at = sounding_at(then);
    const auto pitch =
        static_cast<MelodyInput>(static_cast<std::size_t>(MelodyInput::kPitch2) + 3 * l);
    const auto length = static_cast<MelodyInput>(static_cast<std::size_t>(pitch) + 1);
    const auto run = static_cast<MelodyInput>(static_cast<std::size_t>(pitch) + 2);
    const Note* note = at < 0 ? nullptr : &notes_[static_cast<std::size_t>(at)];
    set(pitch, note == nullptr ? kNoPitch : note->pitch);
    set(length, note == nullptr || note->onset != then ? kNoLength : note->length);
    set(run, std::min(kLongestLagRun, lag_runs_[l]));
  }
  const Continuation same = longest(same_), shape = longest(shape_), rhythm = longest(rhythm_);
  set(MelodyInput::kSame, same.run == 0 ? kNoPitch : notes_[same.note].pitch);
  set(MelodyInput::kSameLength, same.run == 0 ? kNoLength : notes_[same.note].length);
  set(MelodyInput::kSameRun, std::min(kLongestRun, same.run));
  int expected = kNoPitch;
  if (shape.run > 0) expected = notes_.back().pitch + notes_[shape.note].interval;
  set(MelodyInput::kShape, in_range(expected) ? expected : kNoPitch);
  set(MelodyInput::kShapeRun, std::min(kLongestRun, shape.run));
  set(MelodyInput::kRhythm, rhythm.run == 0 ? kNoLength : notes_[rhythm.note].length);
  set(MelodyInput::kRhythmRun, std::min(kLongestRun, rhythm.run));
  return in;
}

void MelodyMemory::add(const MelodyCondition& known, int pitch, int length, int ticks) {
  const Note note{pitch,           length,
                  known.onset,     ticks,
                  place_of(known), notes_.empty() ? kNoInterval : pitch - notes_.back().pitch};
  for (std::size_t l = 0; l < kLags.size(); ++l) {
    const int then = known.onset - kLags[l] * known.bar_ticks;
    const std::ptrdiff_t at = sounding_at(then);
    const Note* before = at < 0 ? nullptr : &notes_[static_cast<std::size_t>(at)];
    const bool repeats = before != nullptr && before->onset == then && before->pitch == pitch &&
                         before->length == length;
    lag_runs_[l] = repeats ? lag_runs_[l] + 1 : 0;
  }
  // runs[j]: how many notes up to the new one equal those up to note j - 1. From the back, since
  // each takes over its neighbour's.
  const auto extend = [&](std::vector<int>& runs, const auto& equal) {
    runs.push_back(0);
    for (std::size_t j = runs.size() - 1; j > 0; --j) {
      runs[j] = equal(notes_[j - 1]) ? runs[j - 1] + 1 : 0;
    }
  };
  if (notes_.empty()) {
    same_ = shape_ = rhythm_ = {0};
  } else {
    extend(same_, [&](const Note& n) { return n.pitch == pitch && n.length == length; });
    extend(shape_,
           [&](const Note& n) { return n.interval == note.interval && n.length == length; });
    extend(rhythm_, [&](const Note& n) { return n.length == length && n.place == note.place; });
  }
  notes_.push_back(note);
}

}  // namespace brandiron::gen
