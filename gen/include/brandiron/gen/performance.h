#pragma once

#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::gen {

/// A played note in seconds of the mix (micro-timing included: exactly what is rendered).
struct PlayedNote {
  double start_s = 0, end_s = 0;
  int pitch = 60;  ///< MIDI; percussion uses General MIDI drum numbers
  int velocity = 90;
};

struct PartNotes {
  std::string name;  ///< guitar bass stomp clap tambourine harmonica gang ...
  bool percussion = false;
  int program = 0;  ///< General MIDI program for score.mid
  std::vector<PlayedNote> notes;
};

/// A rendered part before the mix. Shape (1 or 2, frames).
struct Stem {
  std::string name;
  AudioBuffer audio;
};

struct BandPerformance {
  std::vector<PartNotes> parts;
  std::vector<Stem> stems;  ///< one a part, same names
};

struct SungPhone {
  std::string phone;  ///< ARPAbet with stress digit, after the accent rules
  int word = 0;
  double start_s = 0, end_s = 0;
};

struct Technique {
  std::string kind;  ///< rasp fry scoop fall growl vibrato double harmony
  double start_s = 0, end_s = 0;
};

struct SungPart {
  AudioBuffer audio;              ///< mono, dry
  std::vector<SungPhone> phones;  ///< in order, exact: these times drive the synthesis
  std::vector<Technique> techniques;
  double f0_hop_s = 0.005;
  std::vector<float> f0_hz;  ///< one a hop, 0 = unvoiced
};

}  // namespace brandiron::gen
