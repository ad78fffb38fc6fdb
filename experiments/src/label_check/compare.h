#pragma once

#include <string>
#include <vector>

#include "brandiron/experiments/label_check.h"

namespace brandiron::experiments::labels {

using Findings = std::vector<LabelFinding>;

// Each compares some labels of one song and appends what it found; what the song doesn't have, or
// cannot be heard, leaves nothing.
void compare_file(const StatedLabels& stated, const SongSound& sound, Findings& out);
void compare_mark(const StatedLabels& stated, const SongSound& sound, Findings& out);
void compare_counts(const StatedLabels& stated, Findings& out);
void compare_rhythm(const StatedLabels& stated, const SongSound& sound, Findings& out);
void compare_strokes(const StatedLabels& stated, const SongSound& sound, Findings& out);
void compare_harmony(const StatedLabels& stated, const SongSound& sound, Findings& out);
void compare_voice(const StatedLabels& stated, const SongSound& sound, Findings& out);
void compare_bass(const StatedLabels& stated, const SongSound& sound, Findings& out);

/// Beats of a bar in the songs' sense: 4/4 and 12/8 have 4, 3/4 has 3; 0 for another metre.
int beats_per_bar(const std::string& meter);

/// Null where there is none.
const AudioBuffer* find_stem(const SongSound& sound, const std::string& name);

/// Events of a song, counted one by one; remembers the first that disagrees.
class Tally {
 public:
  explicit Tally(std::string label) { finding_.label = std::move(label); }
  void add(bool agrees, const std::string& expected = "", const std::string& found = "");
  void add(std::size_t events, std::size_t agreed);
  /// What to show when the song doesn't agree, if nothing was noted before.
  void note(const std::string& expected, const std::string& found);
  /// Appends the finding; nothing without events. The song agrees when the share reaches its
  /// rule's.
  void finish(Findings& out, bool and_also = true);

  const LabelFinding& finding() const { return finding_; }

 private:
  LabelFinding finding_;
};

/// The rule of a label. @throws Error(kInternal) for one that doesn't exist.
const LabelRule& rule_of(const std::string& label);

}  // namespace brandiron::experiments::labels
