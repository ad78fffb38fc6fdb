#pragma once

#include <cstddef>
#include <vector>

#include "envelope.h"
#include "timeline.h"
#include "voice_bank.h"

namespace brandiron::gen::singing {

/// A phone as its two halves were recorded, one after the other.
struct PhoneFrames {
  std::vector<BankFrame> frames;
  std::size_t joint = 0;  ///< first frame of the second half; of a stop: of its release
};

/// -90 dB, all noise.
BankFrame silent_frame();

/// The phone between its neighbours, at the speed of speech, its joint smoothed. Where the bank
/// lacks a pair, the same phone beside silence, then beside anything.
PhoneFrames phone_frames(const VoiceBank& bank, int previous, int phone, int next);

/// `source` in `count` frames, as a steady hand would stretch or shorten it: evenly, but a stop
/// keeps the time of its release.
PhoneFrames in_frames(const PhoneFrames& source, int phone, int count);

/// A vowel that opens a word, sung on from another word: it begins as after a pause.
bool hard_attack(const Chunk& chunk, std::size_t i);
/// What phone `i` of the chunk is recorded after and before: kPausePhone at the ends, and before a
/// hard attack. `i` may be one past the last: the pause after the chunk.
struct Neighbours {
  int previous, phone, next;
};
Neighbours neighbours(const Chunk& chunk, std::size_t i);
/// The bank's frames of the chunk's phones, and of the pause after the last.
std::vector<PhoneFrames> recorded_frames(const Chunk& chunk, const VoiceBank& bank);

/// A point of a time map: seconds into the phone, position in the source's frames.
struct Anchor {
  double time_s, position;
};

double interpolate(const std::vector<Anchor>& map, double time_s);
/// A stop's closure stretches, its release keeps the time it was spoken in. `n`, `joint`: frames.
std::vector<Anchor> stop_map(double n, double joint, double length_s);
/// The source at a position between its frames, whose centres lie at i + 0.5.
BankFrame frame_between(const std::vector<BankFrame>& frames, double position);

}  // namespace brandiron::gen::singing
