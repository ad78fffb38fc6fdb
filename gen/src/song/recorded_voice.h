#pragma once

#include <optional>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/gen/song.h"

namespace brandiron::gen {

/// The voice with its hash. @throws Error(kInvalidArgument) as generate_song_around.
RecordedVoice checked_voice(const std::optional<RecordedVoice>& voice,
                            const AudioBuffer& recording);

/// Leaves form, chords and title of a written song.
void take_words_away(Score& score);

/// Sets `lead.audio` and `voice_starts_s`: the recording at the song's rate, in mono, at its sung
/// sections.
void place_voice(Song& song, const AudioBuffer& recording);

/// The score with a note wherever the recorded voice sounds: what the band has to hear of it.
Score score_with_phrases(const Song& song);

}  // namespace brandiron::gen
