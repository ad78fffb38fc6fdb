#pragma once

namespace brandiron::gen {

/// The metre of a song, as the composer sees it. Beats are quarter notes; in 12/8 a beat is a
/// dotted quarter, divided in three.
struct Meter {
  int beats_per_bar = 4;
  bool compound = false;
  double beat_s = 0.7;  ///< seconds a beat

  /// Smallest division that is still singable, in parts of a beat.
  int slots_per_beat() const;
  /// Metric weight of a position in beats from a bar line: 4 downbeat, 3 mid-bar, 2 beat, 1 half of
  /// a beat (or third), 0 finer.
  int weight(double beat) const;
};

/// Shortest sung note.
inline constexpr double kShortestNote_s = 0.16;

}  // namespace brandiron::gen
