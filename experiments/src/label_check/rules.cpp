#include <algorithm>

#include "brandiron/core/error.h"
#include "label_check/compare.h"

namespace brandiron::experiments {

const std::vector<LabelRule>& label_rules() {
  static const std::vector<LabelRule> rules = {
      {"duration", "frames of the decoded file", "1 ms", "songs", false, true, 1},
      {"counts", "beats, bars, sections, chords, words and pitch frames against one another",
       "every one of them", "counts", false, true, 1},
      {"mark", "watermark verified: there or not, payload", "the same 64 bits", "songs", false,
       true, 1},
      {"loudness", "BS.1770-4 meter of its own", "0.2 LU", "songs", false, false, 1},
      {"true-peak", "eightfold interpolation", "0.3 dB", "songs", false, false, 1},
      {"tempo", "autocorrelation of the onset strength of the mix",
       "4 % of the tempo, its double, half, triple or third", "songs", false, false, 1},
      {"beats", "even pulse through the onset strength of the mix, octave as stated",
       "70 ms; 95 % of a song's beats", "beats", false, false, 0.95},
      {"sections", "lengths in bars of the pulse heard", "0.1 bar; every section", "sections",
       false, false, 1},
      {"percussion", "spectral flux of the stems, both ways",
       "10 ms; 95 % of what is stated heard, 90 % of what is heard stated", "strokes", true, false,
       0.95},
      {"strums", "the same on the guitars, first string of a strum",
       "10 ms; 95 % of what is stated heard, 90 % of what is heard stated", "strums", true, false,
       0.95},
      {"key", "triads heard in pieces of half a second, explained by 24 keys", "tonic and mode",
       "songs", true, false, 1},
      {"chords", "fundamentals of the guitars, the bass below, against chords",
       "root and third; 70 % of the chords that sound", "chords", true, false, 0.70},
      {"f0", "YIN and subharmonics on the dry lead, medians over 70 ms",
       "50 cents, an octave under where rasp or growl is stated, fry left out; 70 % of the voiced "
       "frames",
       "voiced frames", true, false, 0.70},
      {"f0-octave", "the same",
       "50 cents everywhere; not asked, since a rough throat doubles its period", "voiced frames",
       true, false, 0.90, false},
      {"voicing", "the same, periodic or not", "85 % of the frames, 15 ms round changes left out",
       "frames", true, false, 0.85},
      {"lead-notes", "median pitch of the held part", "as f0; 80 % of the notes from 0.25 s on",
       "notes", true, false, 0.80},
      {"bass-notes", "the same on the bass", "50 cents; 90 % of the notes from 0.2 s on", "notes",
       true, false, 0.90},
      {"words", "level of the dry lead",
       "sounding half of each word, silent 80 % of each gap; 95 %", "words and gaps", true, false,
       0.95},
      {"lines", "where the dry lead begins after silence",
       "60 ms, or within the stop that a line begins with; 90 % of the lines after a gap", "lines",
       true, false, 0.90},
  };
  return rules;
}

namespace labels {

const LabelRule& rule_of(const std::string& label) {
  const auto& rules = label_rules();
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const LabelRule& r) { return r.id == label; });
  if (found == rules.end()) throw Error(ErrorCode::kInternal, "label check: no rule for " + label);
  return *found;
}

}  // namespace labels
}  // namespace brandiron::experiments
