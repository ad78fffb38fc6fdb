#include <algorithm>

#include "label_check/compare.h"

namespace brandiron::experiments {
namespace labels {

const AudioBuffer* find_stem(const SongSound& sound, const std::string& name) {
  for (const auto& [stem, audio] : sound.stems) {
    if (stem == name && !audio.empty()) return &audio;
  }
  return nullptr;
}

int beats_per_bar(const std::string& meter) {
  if (meter == "4/4" || meter == "12/8") return 4;
  return meter == "3/4" ? 3 : 0;
}

void Tally::add(bool agrees, const std::string& expected, const std::string& found) {
  ++finding_.events;
  if (agrees) {
    ++finding_.agreed;
  } else {
    note(expected, found);
  }
}

void Tally::note(const std::string& expected, const std::string& found) {
  if (!finding_.expected.empty()) return;
  finding_.expected = expected;
  finding_.found = found;
}

void Tally::add(std::size_t events, std::size_t agreed) {
  finding_.events += events;
  finding_.agreed += agreed;
}

void Tally::finish(Findings& out, bool and_also) {
  if (finding_.events == 0) return;
  const double share = static_cast<double>(finding_.agreed) / static_cast<double>(finding_.events);
  finding_.agrees = and_also && share >= rule_of(finding_.label).least_share;
  finding_.distance = 1 - share;
  out.push_back(finding_);
}

}  // namespace labels

SongFindings check_song_labels(const StatedLabels& stated, const SongSound& sound) {
  using namespace labels;
  SongFindings findings;
  findings.id = stated.id;
  Findings& out = findings.labels;
  compare_file(stated, sound, out);
  compare_mark(stated, sound, out);
  compare_counts(stated, out);
  compare_rhythm(stated, sound, out);
  if (!sound.stems.empty()) {
    compare_strokes(stated, sound, out);
    compare_harmony(stated, sound, out);
    compare_voice(stated, sound, out);
    compare_bass(stated, sound, out);
  }
  const auto place = [](const LabelFinding& f) { return &rule_of(f.label); };
  std::stable_sort(out.begin(), out.end(), [&](const LabelFinding& a, const LabelFinding& b) {
    return place(a) < place(b);
  });
  return findings;
}

}  // namespace brandiron::experiments
