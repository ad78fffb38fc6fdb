#include <algorithm>
#include <cmath>

#include "playing.h"
#include "voicing.h"

namespace brandiron::gen::band {
namespace {

constexpr double kDampSeconds = 0.035;
constexpr double kLongestRing = 3.9;

/// Something done to a string: struck, or (velocity 0) silenced.
struct StringEvent {
  double time_s = 0;
  int string = 0;
  int pitch = 0;
  int velocity = 0;
  Articulation articulation = Articulation::kOpen;
  double longest_s = kLongestRing;
};

class Guitarist {
 public:
  Guitarist(const Chart& chart, const Rng& rng, const std::string& name)
      : chart_(chart), hands_(chart, rng, name, kOwnSwaySeconds) {}

  void play_bar(int bar, const std::string& pattern) {
    hands_.turn_to_bar(bar);
    bar_ = bar;
    for (int step = 0; step < static_cast<int>(pattern.size()); ++step) {
      follow_chord(step);
      const char letter = pattern[static_cast<std::size_t>(step)];
      if (letter == '.' || chord_ == nullptr) continue;
      walks_left_ = static_cast<int>(std::count_if(pattern.begin() + step, pattern.end(),
                                                   [](char c) { return c == 'w' || c == 'W'; }));
      play_letter(letter, step);
    }
  }

  std::vector<StringEvent> take_events() { return std::move(events_); }

 private:
  // Strings that are not part of a new chord stop when the fingers move.
  void follow_chord(int step) {
    const Chord* chord = chart_.chord_at_step(bar_, step);
    if (chord == chord_ || chord == nullptr) return;
    const Shape shape = guitar_shape(chord->root_pc, chord->quality);
    const double t = chart_.grid_s(bar_, step);
    for (int s = 0; s < kNumStrings; ++s) {
      const auto i = static_cast<std::size_t>(s);
      if (chord_ != nullptr && shape[i] != shape_[i]) damp(t, s);
    }
    chord_ = chord;
    shape_ = shape;
  }

  void play_letter(char letter, int step) {
    const double t = hands_.time_s(step);
    switch (letter) {
      case 'D':
        strum_down(t, step, 0, 108, 0.0055);
        break;
      case 'd':
        strum_down(t, step, 1, 88, 0.0060);
        break;
      case 'U':
        strum_up(t, step, 4, 98);
        break;
      case 'u':
        strum_up(t, step, 3, 78);
        break;
      case 'M':
        palm_mute(t, step, 106);
        break;
      case 'm':
        palm_mute(t, step, 84);
        break;
      case 'c':
        chick(t, step);
        break;
      case 'b':
        pluck(t, root_string(shape_, chord_->root_pc), hands_.velocity(step, 98));
        break;
      case 'f':
        pluck(t, alternate_string(shape_, chord_->root_pc), hands_.velocity(step, 90));
        break;
      case '1':
      case '2':
      case '3':
        pluck(t, kNumStrings - (letter - '0'), hands_.velocity(step, 82));
        break;
      case 'P':
        pluck(t, root_string(shape_, chord_->root_pc), hands_.velocity(step, 98));
        pluck(t + 0.001, 5, hands_.velocity(step, 88));
        break;
      case 'h':
        hammer_on(t, step);
        break;
      case 's':
        slide_in(t, step);
        break;
      case 'w':
      case 'W':
        walk(t, step, letter == 'W');
        break;
      case '-':
        for (int s = 0; s < kNumStrings; ++s) damp(t, s);
        break;
      default:
        break;
    }
  }

  void strike(double t, int string, int pitch, int velocity,
              Articulation articulation = Articulation::kOpen, double longest_s = kLongestRing) {
    events_.push_back({t, string, pitch, std::clamp(velocity, 1, 127), articulation, longest_s});
  }
  void damp(double t, int string) { events_.push_back({t, string, 0, 0}); }

  void pluck(double t, int string, int velocity) {
    const int pitch = shape_[static_cast<std::size_t>(string)];
    if (pitch != kMuted) strike(t, string, pitch, velocity);
  }

  void strum_down(double t, int step, int skip, int nominal, double gap_s) {
    const int velocity = hands_.velocity(step, nominal);
    const double gap = gap_s * hands_.chance().uniform(0.7, 1.3);
    double at = t;
    int played = 0;
    for (int s = 0; s < kNumStrings; ++s) {
      const int pitch = shape_[static_cast<std::size_t>(s)];
      if (pitch == kMuted || skip-- > 0) continue;
      strike(at, s, pitch, velocity - 2 * played++);
      at += gap;
    }
  }

  void strum_up(double t, int step, int strings, int nominal) {
    const int velocity = hands_.velocity(step, nominal);
    const double gap = 0.005 * hands_.chance().uniform(0.7, 1.3);
    double at = t;
    int played = 0;
    for (int s = kNumStrings - 1; s >= 0 && played < strings; --s) {
      const int pitch = shape_[static_cast<std::size_t>(s)];
      if (pitch == kMuted) continue;
      strike(at, s, pitch, velocity - 4 * played++);
      at += gap;
    }
  }

  void palm_mute(double t, int step, int nominal) {
    const int velocity = hands_.velocity(step, nominal);
    double at = t;
    int played = 0;
    for (int s = root_string(shape_, chord_->root_pc); s < kNumStrings && played < 3; ++s) {
      const int pitch = shape_[static_cast<std::size_t>(s)];
      if (pitch == kMuted) continue;
      strike(at, s, pitch, velocity - 6 * played++, Articulation::kPalmMute);
      at += 0.004;
    }
  }

  // The "chick" of boom-chick: the top strings, let go at once.
  void chick(double t, int step) {
    const int velocity = hands_.velocity(step, 90);
    double at = t;
    for (int s = 3; s < kNumStrings; ++s) {
      const int pitch = shape_[static_cast<std::size_t>(s)];
      if (pitch == kMuted) continue;
      strike(at, s, pitch, velocity - 3 * (s - 3), Articulation::kOpen, 0.16);
      at += 0.004;
    }
  }

  /// The lowest string above the root's that a finger of the left hand holds down.
  int fretted_string() const {
    for (int s = root_string(shape_, chord_->root_pc) + 1; s < kNumStrings; ++s) {
      const int pitch = shape_[static_cast<std::size_t>(s)];
      if (pitch != kMuted && pitch > open_string(s)) return s;
    }
    return kMuted;
  }

  // The chord's finger comes down on a string that was struck a tone lower: half a step later, or
  // a whole one where steps are sixteenths.
  void hammer_on(double t, int step) {
    const int string = fretted_string();
    const int velocity = hands_.velocity(step, 96);
    if (string == kMuted) return pluck(t, root_string(shape_, chord_->root_pc), velocity);
    const int pitch = shape_[static_cast<std::size_t>(string)];
    const int below = std::max(open_string(string),
                               scale_step(pitch, -1, chart_.score.tonic_pc, chart_.score.minor));
    const double later = chart_.groove->steps_per_beat > 3 ? 1.0 : 0.5;
    const double wait = chart_.grid_s(bar_, step + later) - chart_.grid_s(bar_, step);
    strike(t, string, below, velocity);
    strike(t + wait, string, pitch, velocity - 12, Articulation::kHammer);
  }

  // Two neighbouring strings, a third or a fourth, slid up into the chord.
  void slide_in(double t, int step) {
    const int velocity = hands_.velocity(step, 98);
    const int first = std::max(2, root_string(shape_, chord_->root_pc) + 1);
    double at = t;
    for (int s = first; s < std::min(first + 2, kNumStrings); ++s) {
      const int pitch = shape_[static_cast<std::size_t>(s)];
      if (pitch == kMuted) continue;
      strike(at, s, pitch, velocity, Articulation::kFretSlide);
      at += 0.003;
    }
  }

  // Single notes on the low strings that lead to the next bar's root: in the key, or by semitones.
  void walk(double t, int step, bool chromatic) {
    const Chord* next = chart_.next_bar_chord(bar_);
    const auto low_root = [](const Chord& chord) {
      const Shape shape = guitar_shape(chord.root_pc, chord.quality);
      return shape[static_cast<std::size_t>(root_string(shape, chord.root_pc))];
    };
    const int here = low_root(*chord_), target = low_root(*next);
    const bool from_below = target >= here;
    const int away = from_below ? -walks_left_ : walks_left_;
    int pitch = chromatic ? target + away
                          : scale_step(target, away, chart_.score.tonic_pc, chart_.score.minor);
    while (pitch < 40) pitch += 12;
    const int string = pitch < 45 ? 0 : (pitch < 50 ? 1 : 2);
    for (int s = 0; s < kNumStrings; ++s) {
      if (s != string) damp(t + 0.02, s);
    }
    strike(t, string, pitch, hands_.velocity(step, 98));
  }

  const Chart& chart_;
  Hands hands_;
  std::vector<StringEvent> events_;
  const Chord* chord_ = nullptr;
  Shape shape_{};
  int bar_ = 0;
  int walks_left_ = 0;
};

/// A string sounds until it is struck again, damped, or has died away.
void add_notes(const std::vector<StringEvent>& events, double end_s, PlayedPart& part) {
  struct Note {
    PlayedNote note;
    Sound sound;
  };
  std::vector<Note> notes;
  for (int s = 0; s < kNumStrings; ++s) {
    std::vector<StringEvent> own;
    std::copy_if(events.begin(), events.end(), std::back_inserter(own),
                 [&](const StringEvent& e) { return e.string == s; });
    std::stable_sort(own.begin(), own.end(),
                     [](const auto& a, const auto& b) { return a.time_s < b.time_s; });
    for (std::size_t i = 0; i < own.size(); ++i) {
      const StringEvent& e = own[i];
      if (e.velocity == 0) continue;
      const double next = i + 1 < own.size() ? own[i + 1].time_s : end_s;
      const double stop = std::min({next, e.time_s + e.longest_s, end_s});
      // A string that is silenced within 10 ms of its stroke was never heard.
      if (stop - e.time_s < 0.010) continue;
      notes.push_back({{e.time_s, stop, e.pitch, e.velocity}, {e.articulation, 0, kDampSeconds}});
    }
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Note& a, const Note& b) { return a.note.start_s < b.note.start_s; });
  for (const Note& n : notes) part.add(n.note, n.sound);
}

}  // namespace

PlayedPart play_guitar(const Chart& chart, const Rng& rng, const std::string& name,
                       PatternRow SectionGroove::*row) {
  PlayedPart part;
  part.notes.name = name;
  part.notes.program = kSteelGuitar;
  part.source = chart.guitar;
  Guitarist player(chart, rng, name);
  for (int bar = 0; bar < static_cast<int>(chart.bars.size()); ++bar) {
    player.play_bar(bar, chart.pattern(bar, row));
  }
  add_notes(player.take_events(), chart.end_s(), part);
  return part;
}

}  // namespace brandiron::gen::band
