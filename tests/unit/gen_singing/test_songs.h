#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "brandiron/gen/score.h"

namespace brandiron::gen::testing {

// Songs for the singer's tests: "word:phones.phones" with phones joined by '-' and syllables by
// '.'. The first two are the prototypes' songs (voice.md), the others were written for these tests.
inline const std::vector<std::vector<std::string>>& test_songs() {
  static const std::vector<std::vector<std::string>> songs = {
      {
          "i:AY0 rode:R-OW1-D the:DH-AH0 rusted:R-AH1.S-T-IH0-D rail:R-EY1-L till:T-IH1-L "
          "the:DH-AH0 morning:M-AO1-R.N-IH0-NG came:K-EY1-M",
          "and:AH1-N-D the:DH-AH0 whiskey:W-IH1.S-K-IY0 burned:B-ER1-N-D like:L-AY1-K the:DH-AH0 "
          "devil:D-EH1.V-AH0-L knows:N-OW1-Z my:M-AY0 name:N-EY1-M",
      },
      {
          "the:DH-AH0 river:R-IH1.V-ER0 took:T-UH1-K my:M-AY0 mother's:M-AH1.DH-ER0-Z "
          "house:HH-AW1-S and:AH1-N-D the:DH-AH0 highway:HH-AY1.W-EY0 took:T-UH1-K my:M-AY0 "
          "pride:P-R-AY1-D",
          "now:N-AW0 i:AY0 sing:S-IH1-NG my:M-AY0 sorrow:S-AA1.R-OW0 to:T-UW0 the:DH-AH0 "
          "moon:M-UW1-N where:W-EH0-R the:DH-AH0 lonesome:L-OW1-N.S-AH0-M "
          "coyotes:K-AY0.OW1.T-IY0-S ride:R-AY1-D",
      },
      {
          "mama:M-AA1.M-AH0 kept:K-EH1-P-T a:AH0 candle:K-AE1-N.D-AH0-L in:IH0-N the:DH-AH0 "
          "kitchen:K-IH1.CH-AH0-N window:W-IH1-N.D-OW0 frame:F-R-EY1-M",
          "she:SH-IY0 said:S-EH0-D the:DH-AH0 road:R-OW1-D would:W-UH0-D bring:B-R-IH1-NG me:M-IY0 "
          "back:B-AE1-K the:DH-AH0 same:S-EY1-M",
          "but:B-AH1-T i:AY0 sold:S-OW1-L-D my:M-AY0 saddle:S-AE1.D-AH0-L and:AH1-N-D i:AY0 "
          "drank:D-R-AE1-NG-K my:M-AY0 pay:P-EY1",
          "and:AH1-N-D the:DH-AH0 dust:D-AH1-S-T keeps:K-IY0-P-S calling:K-AO1.L-IH0-NG me:M-IY0 "
          "far:F-AA1-R away:AH0.W-EY1",
      },
      {
          "boots:B-UW1-T-S on:AA0-N the:DH-AH0 floor:F-L-AO1-R and:AH1-N-D fire:F-AY1.ER0 in:IH0-N "
          "the:DH-AH0 hand:HH-AE1-N-D",
          "we:W-IY0 were:W-ER0 born:B-AO1-R-N on:AA0-N the:DH-AH0 dirt:D-ER1-T of:AH0-V a:AH0 "
          "hungry:HH-AH1-NG.G-R-IY0 land:L-AE1-N-D",
          "lift:L-IH1-F-T up:AH1-P your:Y-AO0-R head:HH-EH1-D when:W-EH0-N the:DH-AH0 "
          "cold:K-OW1-L-D wind:W-IH1-N-D blows:B-L-OW1-Z",
          "stand:S-T-AE1-N-D on:AA0-N your:Y-AO0-R own:OW1-N where:W-EH0-R the:DH-AH0 "
          "black:B-L-AE1-K crow:K-R-OW1 goes:G-OW1-Z",
      },
  };
  return songs;
}

inline std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out;
  std::string part;
  std::istringstream in(text);
  while (std::getline(in, part, by)) out.push_back(part);
  return out;
}

// Unstressed syllables last half a beat, stressed one, the last of a line two and a beat of rest.
// The melody walks up and down a minor pentatonic scale over `low` (MIDI).
inline Score make_song(const std::vector<std::string>& lines, int low = 45, double tempo = 84) {
  static const int kScale[] = {0, 3, 5, 7, 10, 12};
  static const int kWalk[] = {2, 3, 3, 4, 3, 2, 1, 2, 0, 1, 2, 4, 5, 4, 3, 1};
  Score score;
  score.tempo_bpm = tempo;
  double beat = 1;
  std::size_t step = 0;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    Line line;
    line.first_word = static_cast<int>(score.words.size());
    bool first = true;
    for (const std::string& entry : split(lines[l], ' ')) {
      const auto parts = split(entry, ':');
      Word word;
      word.text = parts.at(0);
      word.line = static_cast<int>(l);
      word.first_syllable = static_cast<int>(score.syllables.size());
      for (const std::string& s : split(parts.at(1), '.')) {
        Syllable syllable;
        syllable.text = parts[0];
        syllable.phones = split(s, '-');
        syllable.word = static_cast<int>(score.words.size());
        for (const std::string& p : syllable.phones) {
          if (p.back() == '1') syllable.stress = 1;
        }
        VocalNote note;
        note.syllable = static_cast<int>(score.syllables.size());
        note.start_beat = beat;
        note.duration_beats = syllable.stress > 0 ? 1.0 : 0.5;
        note.pitch = low + kScale[kWalk[step++ % 16]];
        note.phrase_start = first;
        first = false;
        beat += note.duration_beats;
        score.vocal.push_back(note);
        score.syllables.push_back(syllable);
        ++word.num_syllables;
      }
      score.words.push_back(word);
      ++line.num_words;
    }
    score.vocal.back().duration_beats = 2;
    score.vocal.back().phrase_end = true;
    beat = score.vocal.back().start_beat + 3;
    score.lines.push_back(line);
  }
  Section section;
  section.label = "verse";
  section.bars = static_cast<int>(beat / 4) + 2;
  score.sections.push_back(section);
  return score;
}

}  // namespace brandiron::gen::testing
