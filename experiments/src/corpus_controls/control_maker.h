#pragma once

#include "brandiron/core/marker.h"
#include "brandiron/experiments/corpus_build.h"
#include "brandiron/gen/decoder_model.h"
#include "brandiron/gen/song.h"

namespace brandiron::experiments {

/// A recording of people as a song of ours leaves: excerpt, decoder (`re-decoded`), master, mark,
/// peak, file. `item.pool` holds it. @throws Error.
ItemFacts make_recording_item(const Item& item, const std::filesystem::path& file,
                              const Marker& marker, const gen::DecoderModel* decoder);

/// The song around the recorded voice of a human-voice item, in the voice's key where none is
/// given.
gen::Song make_voice_song(const Item& item, gen::GenerateOptions options,
                          const gen::SongModels& models);

}  // namespace brandiron::experiments
