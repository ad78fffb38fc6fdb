#pragma once

#include <string>

#include "brandiron/core/audio/audio_buffer.h"

/// Audible disclosure: a short notice that anybody hears, before or after the music.
namespace brandiron::watermark {

/// A notice, mono, at any rate and level; it is resampled and levelled to the programme.
struct Notice {
  std::string name;  ///< "morse", "spoken" or a file's name: what the tags declare
  AudioBuffer audio;
};

/// "AI" in Morse code, short long, short short: the rhythm of GB 45438. 700 Hz, a dot of 120 ms,
/// 1.3 s in all.
Notice morse_notice(int rate_hz = 44100);
/// "This audio was made with AI.", in English, by a synthetic voice (configs/notices). @throws
/// Error(kConfig) when it is not installed.
Notice spoken_notice();
/// `name` is "morse", "spoken", or an audio file of at most 30 s. @throws Error.
Notice notice_named(const std::string& name);

/// The notice as it is put beside a programme of that shape: at its rate and channels, as loud as
/// the programme (`rms`, 0 for silence) but never above -6 dBFS, with a pause of 0.4 s on the side
/// of the music.
AudioBuffer fitted_notice(const Notice& notice, int rate_hz, std::size_t num_channels, double rms,
                          bool before_music);

/// Where a notice was heard.
struct NoticeFound {
  bool morse = false, spoken = false;
  double start_s = 0, end_s = 0;  ///< from the start of the stretch that was searched
  bool any() const { return morse || spoken; }
};

/// Looks for Morse "AI" (any tone of 300-2000 Hz, a dot of 40-300 ms) and for our spoken notice in
/// the first or the last seconds of a recording, which is what `stretch` holds.
NoticeFound find_notice(const AudioBuffer& stretch);

}  // namespace brandiron::watermark
