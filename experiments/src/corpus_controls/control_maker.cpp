#include "corpus_controls/control_maker.h"

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/control_pool.h"
#include "corpus/making.h"
#include "corpus/song_options.h"

namespace brandiron::experiments {
ItemFacts make_recording_item(const Item& item, const std::filesystem::path& file,
                              const Marker& marker, const gen::DecoderModel* decoder) {
  const gen::GenerateOptions options = mix_of(item);
  AudioBuffer audio = read_recording(item.pool->recording(item.material).file);
  if (decoder != nullptr) audio = decoder->decode(audio);
  if (audio.rate_hz() != item.rate_hz) audio = resample(audio, item.rate_hz);
  audio = master_recording(audio, options.mix, item.material_start_s, item.duration_s);
  const MarkRecord mark = marker.mark(audio, item_payload(item));
  gen::hold_published_peak(audio, options.mix);
  ItemFacts facts;
  facts.title = item.title;
  facts.payload_hex = mark.payload_hex;
  facts.key_fingerprint = mark.key_fingerprint;
  take_audio_facts(audio, facts);
  if (decoder != nullptr) {
    facts.decoder_strides = decoder->identity().strides;
    facts.decoder_kbps = decoder->identity().bitrate_kbps;
    facts.decoder_scope = item.decoder_scope;
  }
  AtomicFile out(file, true);
  WriteOptions write;
  write.overwrite = true;
  write_audio(out.path(), audio, write);
  out.commit();
  return facts;
}

gen::Song make_voice_song(const Item& item, gen::GenerateOptions options,
                          const gen::SongModels& models) {
  const Recording& recording = item.pool->voice(item.material);
  const AudioBuffer voice = read_recording(recording.file);
  options.voice = gen::RecordedVoice{item.source, recording.licence, ""};
  if (options.spec.key.empty()) options.spec.key = estimate_key(voice).label();
  return gen::generate_song_around(options, voice, models);
}

}  // namespace brandiron::experiments
