#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/gen/score.h"
#include "timeline.h"

namespace brandiron::gen::band {

/// What one player does in a section: bar patterns played in turn, and one for the last bar.
struct PatternRow {
  std::vector<std::string> bars;
  std::vector<std::string> last;
};

enum class ColourMode { kOff, kFills, kLead };

/// One way to play a section. Every pattern has Groove::steps_per_bar() characters.
struct SectionGroove {
  double intensity = 1.0;  ///< scales velocities
  ColourMode colour = ColourMode::kOff;
  PatternRow guitar, guitar_double, bass, stomp, kick, clap, tambourine, brush, gang;
};

/// A groove file of configs/groove/.
struct Groove {
  std::string name;
  int beats_per_bar = 4, steps_per_beat = 2;
  double cold_end = 0.5;  ///< chance that the song stops dead
  /// By section name ("verse1", "verse"), each with its alternatives.
  std::vector<std::pair<std::string, std::vector<SectionGroove>>> sections;

  int steps_per_bar() const { return beats_per_bar * steps_per_beat; }
  /// Alternatives for a section: "verse1" before "verse"; an unknown label plays as a verse.
  const std::vector<SectionGroove>& alternatives(const std::string& label, int occurrence) const;
};

/// Phrases of the colour instrument; lengths in steps (halves or thirds of a beat).
struct LickNote {
  bool rest = false;
  int semitones = 0;  ///< above the chord's root, before minor correction
  int steps = 1;
};
using Lick = std::vector<LickNote>;
struct LickBook {
  std::vector<Lick> short_licks, long_licks, lead_licks;
};

/// The file for this score: metre first (12/8, 3/4), then its groove's name.
std::string groove_file_stem(const Score& score);
/// Parsed once per process. @throws Error(kConfig) naming file and line of what cannot be played.
std::shared_ptr<const Groove> load_groove(const std::string& file_stem);
std::shared_ptr<const LickBook> load_licks(bool compound);
/// From text, for tests.
Groove parse_groove(const std::string& toml, const std::string& name);

/// The pattern of a bar, "" when the player rests.
const std::string& bar_pattern(const PatternRow& row, const BarInfo& bar);

}  // namespace brandiron::gen::band
