#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/singer.h"
#include "brandiron/gen/song.h"
#include "decoding.h"
#include "recorded_voice.h"
#include "thread_clock.h"

namespace brandiron::gen {
namespace {

void check_preset(const std::string& preset) {
  if (preset != "lean" && preset != "vocal" && preset != "full" && preset != "debug") {
    throw Error(ErrorCode::kInvalidArgument,
                "--preset " + preset + ": expected lean, vocal, full or debug");
  }
}

void check_singer(const GenerateOptions& options, const SingerModel* singer) {
  const std::string& name = options.singer;
  if (!name.empty() && name != "bank" && name != "learned") {
    throw Error(ErrorCode::kInvalidArgument,
                "singer \"" + name + "\" is not known; expected bank or learned");
  }
  if (wants_learned_singer(options) && singer == nullptr) {
    throw Error(ErrorCode::kModel,
                "the learned singer's weights (models/weights/singer.safetensors) are not there; "
                "use --singer bank, or train them with `brandiron train singer`");
  }
}

void check_rate(int rate_hz) {
  if (rate_hz != 44100 && rate_hz != 48000) {
    throw Error(ErrorCode::kInvalidArgument,
                "sample rate: found " + std::to_string(rate_hz) + " Hz, expected 44100 or 48000");
  }
}

/// Everybody who sings beside the lead.
void add_company(Song& song, const Rng& root, std::vector<Stem>& stems) {
  const GenerateOptions& options = song.options;
  song.backing = sing_backing(song.score, options.persona, options.rate_hz, root.child("backing"));
  if (!song.backing.audio.empty()) {
    stems.push_back({"backing_vocals", std::move(song.backing.audio)});
  }
  song.gang_times_s = gang_times(song.score, options.persona, root.child("gang"));
  if (!song.gang_times_s.empty()) {
    song.gang_word = draw_gang_word(root.child("gang"));
    stems.push_back(
        {"gang", shout_gang(song.gang_times_s, song.gang_word,
                            song.score.time_s(song.score.num_beats()), song.score.tonic_pc,
                            options.persona, options.rate_hz, root.child("gang/voices"))});
  }
}

/// The score, for whoever it is written for and in the range of who sings it.
Score write_for(const GenerateOptions& options, const Rng& rng) {
  SongSpec spec = options.spec;
  // Words and tunes that are given are never cut.
  const bool given = !spec.lyrics.empty() || !spec.melody.empty();
  if (options.preset == "debug" && spec.duration_s == 0 && !given) spec.duration_s = 20;
  if (!options.composer) return write_song(spec, options.persona, rng);
  Score score = write_song(spec, *options.composer, rng);
  transpose(score, shift_into_range(score, options.persona));
  return score;
}

/// The desk, with what passes through a neural decoder before it and before the master. The stems
/// sum to what they summed to: the decoded premaster is kept beside it.
void mix_and_decode(Song& song, std::vector<Stem> stems, const DecoderModel* decoder) {
  const MixOptions& options = song.options.mix;
  const Decoding decoding = decoding_of(song.options);
  if (decoding.voice || decoding.mix) song.decoder = decoder->identity();
  if (decoding.voice) {
    const StageTimer timer(song.times.decoder_s);
    stems.front().audio = decoder->decode(stems.front().audio);
  }
  {
    const StageTimer timer(song.times.mix_s);
    song.mix = mix_stems(std::move(stems), options);
  }
  if (decoding.mix) {
    const StageTimer timer(song.times.decoder_s);
    song.decoded_premaster = decoder->decode(song.mix.premaster);
    std::swap(song.mix.premaster, song.decoded_premaster);
  }
  const StageTimer timer(song.times.mix_s);
  master_mix(song.mix, options);
  if (decoding.mix) std::swap(song.mix.premaster, song.decoded_premaster);
}

/// The band as it plays `score`: what it hears of the singer, it leaves room for.
void add_band(Song& song, const Score& score, const Rng& root, std::vector<Stem>& stems) {
  const StageTimer timer(song.times.band_s);
  const GenerateOptions& options = song.options;
  song.band = play_band(score, options.persona, options.rate_hz, root.child("band"));
  // The raw stems live on in the mix only: a song in memory is large enough without them.
  for (Stem& stem : song.band.stems) stems.push_back(std::move(stem));
  song.band.stems.clear();
}

void finish_mix(Song& song, std::vector<Stem> stems, const DecoderModel* decoder) {
  mix_and_decode(song, std::move(stems), decoder);
  if (song.mix.master.has_non_finite()) {
    throw Error(ErrorCode::kInternal, "the mix of seed " + std::to_string(song.options.spec.seed) +
                                          " holds non-finite samples; please report this seed");
  }
}

}  // namespace

bool wants_learned_singer(const GenerateOptions& options) {
  return options.singer == "learned" ||
         (options.singer.empty() && (options.preset == "vocal" || options.preset == "full"));
}

Song generate_song(const GenerateOptions& options, const SongModels& models) {
  if (options.voice) {
    throw Error(ErrorCode::kInvalidArgument,
                "this song was made around a recording (" + options.voice->source +
                    "), which is not at hand here; build it from its corpus recipe");
  }
  check_preset(options.preset);
  check_singer(options, models.singer);
  check_decoder(options, models.decoder);
  const SingerModel* singer = models.singer;
  if (!wants_learned_singer(options) || !singer->knows_voice(options.persona.voice.bank)) {
    singer = nullptr;
  }
  check_rate(options.rate_hz);
  Song song;
  song.options = options;
  // Named streams: a change to one stage leaves the draws of the others alone.
  const Rng root(options.spec.seed, "song");
  {
    const StageTimer timer(song.times.songwriter_s);
    song.score = write_for(options, root.child("score"));
    validate_score(song.score);
  }
  std::vector<Stem> stems;
  {
    const StageTimer timer(song.times.voice_s);
    song.lead = sing(song.score, options.persona, options.rate_hz, root.child("voice"), singer);
    if (singer != nullptr) song.singer = singer->identity();
    stems.push_back({"lead_vocal", song.lead.audio});
    add_company(song, root, stems);
  }
  add_band(song, song.score, root, stems);
  finish_mix(song, std::move(stems), models.decoder);
  return song;
}

Song generate_song_around(const GenerateOptions& options, const AudioBuffer& recording,
                          const SongModels& models) {
  check_preset(options.preset);
  check_decoder(options, models.decoder);
  check_rate(options.rate_hz);
  Song song;
  song.options = options;
  song.options.voice = checked_voice(options.voice, recording);
  const Rng root(options.spec.seed, "song");
  {
    const StageTimer timer(song.times.songwriter_s);
    song.score = write_for(options, root.child("score"));
    take_words_away(song.score);
    validate_score(song.score);
  }
  std::vector<Stem> stems;
  {
    const StageTimer timer(song.times.voice_s);
    place_voice(song, recording);
    stems.push_back({"lead_vocal", song.lead.audio});
  }
  add_band(song, score_with_phrases(song), root, stems);
  finish_mix(song, std::move(stems), models.decoder);
  return song;
}

}  // namespace brandiron::gen
