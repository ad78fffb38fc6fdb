#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "label_check/chroma.h"
#include "label_check/compare.h"
#include "label_check/key.h"

namespace brandiron::experiments::labels {
namespace {

constexpr std::array<const char*, 2> kGuitars = {"guitar", "guitar_double"};
// The window reaches over a change of chords; what rings on dies soon.
constexpr double kAfterChange = 0.12, kBeforeChange = 0.06;
constexpr double kQuiet = 0.02;  // of the loudest chord: a stop, nothing to hear

AudioBuffer guitars_of(const SongSound& sound) {
  AudioBuffer sum;
  for (const char* name : kGuitars) {
    const AudioBuffer* stem = find_stem(sound, name);
    if (stem == nullptr) continue;
    if (sum.empty()) {
      sum = stem->to_mono();
    } else {
      sum.add(stem->to_mono());
    }
  }
  return sum;
}

void compare_key(const StatedLabels& stated, const Chromagram& chroma, const Chromagram& bass,
                 Findings& out) {
  Triad expected, found;
  if (!reduce_to_triad(stated.key, expected) || !estimate_key(chroma, bass, found)) return;
  Tally tally("key");
  tally.add(found == expected, stated.key, found.label());
  tally.finish(out);
}

struct Heard {
  const StatedSpan* chord;
  Triad expected;
  Chroma chroma;
  double loudness;
};

void compare_chords(const StatedLabels& stated, const Chromagram& chroma, const Chromagram& bass,
                    Findings& out) {
  std::vector<Heard> all;
  double loudest = 0;
  for (const StatedSpan& chord : stated.chords) {
    Heard heard{
        &chord, {}, chroma.mean(chord.start_s + kAfterChange, chord.end_s - kBeforeChange), 0};
    if (!reduce_to_triad(chord.label, heard.expected)) continue;
    for (const double x : heard.chroma) heard.loudness += x;
    heard.loudness /= std::max(chord.end_s - chord.start_s, 0.1);
    loudest = std::max(loudest, heard.loudness);
    all.push_back(heard);
  }
  Tally tally("chords");
  for (const Heard& heard : all) {
    if (heard.loudness <= kQuiet * loudest) continue;
    const Triad found = nearest_triad(heard.chroma, bass.mean(heard.chord->start_s + kAfterChange,
                                                              heard.chord->end_s - kBeforeChange));
    tally.add(found == heard.expected,
              fmt::format("{} at {:.2f} s", heard.chord->label, heard.chord->start_s),
              found.label());
  }
  tally.finish(out);
}

}  // namespace

void compare_harmony(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  const AudioBuffer guitars = guitars_of(sound);
  if (guitars.empty()) return;
  const Chromagram chroma = chromagram(guitars);
  const AudioBuffer* low = find_stem(sound, "bass");
  const Chromagram bass = low != nullptr ? chromagram(*low) : Chromagram{};
  compare_key(stated, chroma, bass, out);
  compare_chords(stated, chroma, bass, out);
}

}  // namespace brandiron::experiments::labels
