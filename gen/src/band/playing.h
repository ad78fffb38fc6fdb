#pragma once

#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "drum_models.h"
#include "groove.h"
#include "timeline.h"
#include "tone_cache.h"

namespace brandiron::gen::band {

/// How a note sounds beyond what MIDI says.
struct Sound {
  Articulation articulation = Articulation::kOpen;
  int take = 0;             ///< drums: which of the takes
  double release_s = 0.03;  ///< fade after the note's end
};

/// A part as it is played: `sounds[i]` belongs to `notes.notes[i]`.
struct PlayedPart {
  PartNotes notes;
  std::vector<Sound> sounds;
  Drum drum = Drum::kStomp;  ///< when notes.percussion
  ToneSource source = ToneSource::kSoundFont;

  void add(const PlayedNote& note, const Sound& sound) {
    notes.notes.push_back(note);
    sounds.push_back(sound);
  }
};

/// What all players read from: bars, the grooves chosen for the sections, how the song ends.
struct Chart {
  Chart(const Score& score, const Persona& persona, const Rng& rng);

  const Score& score;
  double swing;
  std::string colour;
  ToneSource guitar;  ///< whose strings the guitar and the slide have
  std::shared_ptr<const Groove> groove;
  std::vector<BarInfo> bars;
  std::vector<const SectionGroove*> playing;  ///< one a bar
  bool cold_end = false;

  int steps_per_bar() const { return groove->steps_per_bar(); }
  double beat_of(int bar, double step) const;
  /// Where the grid (with swing) puts a step, before any human deviation.
  double grid_s(int bar, double step) const;
  double end_s() const;
  const Chord* chord_at_step(int bar, int step) const;
  /// First chord of the next bar; the present one at the end.
  const Chord* next_bar_chord(int bar) const;
  std::string pattern(int bar, PatternRow SectionGroove::*player) const;
};

constexpr double kOwnSwaySeconds = 0.0090;  ///< one player, sd; see chart.cpp

/// A player's hands. Deviations from the grid are the band's common sway plus his own, 11 ms (sd)
/// together; velocities vary by 7 units. Bars are independent streams: a bar plays alike
/// whatever is changed elsewhere.
class Hands {
 public:
  Hands(const Chart& chart, const Rng& rng, const std::string& player, double own_sd_s,
        double late_s = 0.0);

  void turn_to_bar(int bar);
  /// Time of a step as played.
  double time_s(int step);
  /// `strength` 0..1.27 times the section's intensity, accents and chance -> 1..127.
  int velocity(int step, int nominal);
  Rng& chance() { return own_; }

 private:
  const Chart& chart_;
  Rng part_, feel_, own_;
  std::vector<double> sway_s_;
  double own_sd_s_, late_s_;
  int bar_ = 0;
};

// The players.
PlayedPart play_guitar(const Chart& chart, const Rng& rng, const std::string& name,
                       PatternRow SectionGroove::*row);
PlayedPart play_bass(const Chart& chart, const Rng& rng);
PlayedPart play_drum(const Chart& chart, const Rng& rng, const std::string& name, Drum drum,
                     PatternRow SectionGroove::*row);
PlayedPart play_colour(const Chart& chart, const Rng& rng);
std::vector<double> play_gang(const Chart& chart, const Rng& rng);

/// Mixes the notes of a part, attack exactly at round(start_s * rate).
AudioBuffer render_part(const PlayedPart& part, std::size_t frames, int rate_hz);

}  // namespace brandiron::gen::band
