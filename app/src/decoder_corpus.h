// What neural decoders learn from: songs of our own and freely licensed recordings, one channel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/config.h"
#include "brandiron/core/rng.h"

namespace brandiron::app {

/// What `brandiron train decoder` reads of its configuration about data.
struct DecoderCorpusPlan {
  std::size_t songs = 40;          ///< personas in turn
  std::size_t held_out_songs = 6;  ///< beside them, of other seeds
  std::uint64_t first_seed = 1000;
  double song_s = 30;
  std::filesystem::path clips = "../shared/data/audio";  ///< with its manifest.tsv; "" for none
  std::vector<std::string> sources;                      ///< of the manifest's column `source`
  std::vector<std::string> narrow;  ///< beginnings of files that are taken whatever their rate
  double clip_share = 0.3;          ///< of the segments
  double dark_share = 0;            ///< of the segments, see draw_segment
  static DecoderCorpusPlan from_config(const Config& config);
};

/// One channel at 44.1 kHz.
struct DecoderTrack {
  std::string name;
  bool clip = false;
  std::vector<std::int16_t> samples;
};

struct DecoderCorpus {
  std::vector<DecoderTrack> learnt, held_out;  ///< songs, then clips
  std::vector<std::string> notes;              ///< what was left out, and why
};

/// Songs as they leave the mixer and the lead before it. Of the clips only those whose manifest
/// says CC0, public domain, CC BY or MIT, and that have 44.1 kHz or more or are asked for by name;
/// every fifth is held out.
/// Same bits for the same plan and version. Without the folder of clips: songs alone, and a note.
DecoderCorpus make_decoder_corpus(const DecoderCorpusPlan& plan, int jobs);

/// Keeps the material as FLAC with an index, so that it is made on one machine and learnt from on
/// another. @throws Error(kOutput)
void write_decoder_material(const std::filesystem::path& folder, const DecoderCorpusPlan& plan,
                            const DecoderCorpus& corpus);
/// The same samples again. @throws Error(kFormat) for another plan's material; Error(kIo)
DecoderCorpus read_decoder_material(const std::filesystem::path& folder,
                                    const DecoderCorpusPlan& plan);
bool has_decoder_material(const std::filesystem::path& folder);

/// `count` samples at a place drawn from `rng` that are not silent. `tracks`: as in DecoderCorpus.
/// `plan.dark_share` of the segments lose what is above a corner of 1.5 to 12 kHz, 6 to 96 dB an
/// octave: songs are bright, and who heard only them puts a floor where speech and old records have
/// none.
std::vector<float> draw_segment(const std::vector<DecoderTrack>& tracks,
                                const DecoderCorpusPlan& plan, std::size_t count, Rng& rng);

}  // namespace brandiron::app
