#include <unistd.h>

#include <algorithm>
#include <optional>

#include "band/loudness_meter.h"
#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/disclosure_tags.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/song.h"
#include "decoding.h"
#include "song_json.h"
#include "thread_clock.h"

// The one exit. A song leaves through here or not at all, so that nothing unmarked, untagged or
// half-written can leave by accident (docs/architecture.md; tests/lint/one_exit).

namespace brandiron::gen {
namespace {

namespace fs = std::filesystem;

// Half the time of level 5, and 7 % more room.
constexpr int kFlacLevel = 2;

/// A folder that appears whole: files are made in a sibling and moved in at the end.
class OutputFolder {
 public:
  OutputFolder(const fs::path& target, bool overwrite)
      : target_(target.has_filename() ? target : target.parent_path()),
        making_(sibling(target_)),
        overwrite_(overwrite) {
    std::error_code error;
    if (fs::exists(target_, error) && !fs::is_directory(target_, error)) {
      fail("it is a file, expected a folder");
    }
    if (!overwrite && fs::exists(target_ / "song.json", error)) {
      fail("it holds a song already; give --overwrite to replace it");
    }
    fs::remove_all(making_.path(), error);
    fs::create_directories(making_.path() / "stems", error);
    if (error) fail(error.message());
  }

  fs::path operator/(const std::string& name) const { return making_.path() / name; }

  void commit() {
    std::error_code error;
    const fs::path stems = making_.path() / "stems";
    if (fs::is_empty(stems, error)) fs::remove(stems, error);
    if (!fs::exists(target_, error)) {
      fs::rename(making_.path(), target_, error);
      if (error) fail(error.message());
      making_.release();
    } else {
      move_into_existing();
    }
  }

 private:
  static fs::path sibling(const fs::path& target) {
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    return parent / (".tmp." + target.filename().string() + "." + std::to_string(::getpid()));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kOutput, target_.string() + ": cannot be written: " + what);
  }

  // The user made the folder before us. song.json goes last: where it stands, the rest stands too.
  void move_into_existing() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(making_.path())) {
      if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), making_.path()));
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
      return std::pair(a == "song.json", a) < std::pair(b == "song.json", b);
    });
    std::error_code error;
    for (const fs::path& file : files) {
      if (!overwrite_ && fs::exists(target_ / file, error)) {
        fail((target_ / file).string() + " exists already; give --overwrite to replace it");
      }
    }
    if (overwrite_) fs::remove(target_ / "song.json", error);
    for (const fs::path& file : files) {
      fs::create_directories((target_ / file).parent_path(), error);
      fs::rename(making_.path() / file, target_ / file, error);
      if (error) fail(error.message());
    }
  }

  fs::path target_;
  TemporaryPath making_;
  bool overwrite_;
};

/// The singer's banks are measured envelopes and the band is rules: without a learned singer or a
/// decoder no trained model made a sample. With the voice alone from one, parts of the mix did.
SourceType source_type_of(const Song& song) {
  if (song.decoder && decoding_of(song.options).mix) return SourceType::kTrained;
  return song.singer || song.decoder ? SourceType::kComposite : SourceType::kRules;
}

// The time stays out unless somebody gives it: a song is reproducible.
DisclosureFacts disclosure_facts(const Song& song, const PublishedFacts& facts) {
  const Persona& persona = song.options.persona;
  DisclosureFacts out;
  out.title = song.score.title;
  out.artist = persona.name;
  out.provider = "Brandiron";
  out.system = "brandiron";
  out.system_version = version();
  out.created = facts.publish.created;
  out.content_id = content_id_from_hash(song_id(song.options));
  out.persona = persona.id + "/" + std::to_string(persona.version);
  out.source_type = source_type_of(song);
  const auto unless = [](bool ours) { return ours ? AiShare::kFull : AiShare::kNone; };
  const bool sung = !song.options.voice.has_value();
  out.credits = {unless(sung), AiShare::kFull, unless(!facts.publish.own_tune), AiShare::kFull,
                 unless(sung && !facts.publish.own_lyrics)};
  // With a recorded voice the tune is a person's, what the band plays to it is ours.
  if (!sung) out.credits.composition = AiShare::kPartial;
  out.mark = facts.mark;
  out.more_tags = {{"SEED", std::to_string(song.options.spec.seed)}};
  return out;
}

// Stems and premaster share one gain, so that what sums in the mixer sums in the files.
double common_stem_gain_db(const Song& song) {
  const MixResult& mix = song.mix;
  float peak = std::max(mix.premaster.peak(), song.decoded_premaster.peak());
  for (const Stem& stem : mix.stems) peak = std::max(peak, stem.audio.peak());
  return peak > 0.98F ? det::gain_to_db(0.98 / static_cast<double>(peak)) : 0.0;
}

void write_stem(const fs::path& path, AudioBuffer audio, double gain_db) {
  if (gain_db != 0.0) audio.apply_gain(static_cast<float>(det::db_to_gain(gain_db)));
  WriteOptions options;
  options.sample_format = SampleFormat::kPcm24;
  write_audio(path, audio, options);
}

void write_stems(const Song& song, const OutputFolder& folder, PublishedFacts& facts) {
  facts.stem_gain_db = common_stem_gain_db(song);
  for (const Stem& stem : song.mix.stems) {
    const std::string file = "stems/" + stem.name + ".flac";
    write_stem(folder / file, stem.audio, facts.stem_gain_db);
    facts.stem_files.push_back(file);
  }
  write_stem(folder / "stems/premaster.flac", song.mix.premaster, facts.stem_gain_db);
  if (!song.decoded_premaster.empty()) {
    write_stem(folder / "stems/premaster_decoded.flac", song.decoded_premaster, facts.stem_gain_db);
  }
  // The lead as it was sung, before the channel strip: what a voice judge wants to hear.
  write_stem(folder / "stems/lead_vocal_dry.flac", song.lead.audio,
             song.lead.audio.peak() > 0.98F
                 ? det::gain_to_db(0.98 / static_cast<double>(song.lead.audio.peak()))
                 : 0.0);
}

/// All that is no audio.
void write_texts(const Song& song, const OutputFolder& folder, const std::string& document) {
  write_file(folder / "song.json", document);
  write_file(folder / "score.mid", score_to_midi(song.score, song.band.parts));
  write_file(folder / "lead-sheet.abc", score_to_abc(song.score));
  write_file(folder / "lead-sheet.musicxml", score_to_musicxml(song.score));
  if (song.options.voice) return;  // nobody wrote down what it sings
  write_file(folder / "lyrics.lrc", score_to_lrc(song.score, sung_word_times_s(song)));
  write_file(folder / "lyrics.txt", score_to_lyrics(song.score));
}

/// Tagged before it is written: a file that is written once. Nobody sees what is overwritten yet.
void write_mix(const fs::path& path, const AudioBuffer& audio, const PublishOptions& options,
               const DisclosureFacts& disclosure) {
  WriteOptions write;
  write.bitrate_kbps = options.format == "opus" ? 128 : 192;
  write.flac_level = kFlacLevel;
  const std::string bytes = encode_audio(audio, audio_format_from_name(options.format), write);
  write_file(path, with_disclosure_tags(bytes, disclosure, path.string()), /*overwrite=*/true);
}

}  // namespace

// A gain over the whole file would make a song of one high peak too quiet.
double hold_published_peak(AudioBuffer& marked, const MixOptions& mix) {
  // Other meters oversample otherwise and read up to two tenths of a dB more.
  constexpr double kMeterDb = 0.25;
  LimiterOptions limiter;
  limiter.ceiling_dbtp =
      std::min(0.0, mix.true_peak_dbtp + MixOptions::kMarkRaisesPeakDb) - kMeterDb;
  double left_dbtp = 0.0;
  limit_true_peak(marked, limiter, &left_dbtp);
  return left_dbtp;
}

Published publish(Song& song, const Marker& marker, const fs::path& target,
                  const PublishOptions& options) {
  audio_format_from_name(options.format);  // refuse before any work
  const bool whole = options.files == PublishedFiles::kAll;
  std::optional<OutputFolder> folder;
  std::optional<AtomicFile> only;
  if (whole) {
    folder.emplace(target, options.overwrite);
  } else {
    only.emplace(target, options.overwrite);
  }

  PublishedFacts facts;
  facts.publish = options;
  facts.audio_file = whole ? "song." + options.format : target.filename().string();
  facts.payload_hex =
      options.payload_hex.empty() ? song_id(song.options).substr(0, 16) : options.payload_hex;
  facts.unmarked_pcm_sha256 = pcm16_sha256(song.mix.master);
  AudioBuffer marked = song.mix.master;
  {
    const StageTimer timer(song.times.mark_s);
    facts.mark = marker.mark(marked, facts.payload_hex);
  }
  const StageTimer timer(song.times.files_s);
  facts.true_peak_dbtp = hold_published_peak(marked, song.options.mix);
  facts.integrated_lufs = band::integrated_lufs(band::k_weighted_blocks(marked));
  facts.pcm_sha256 = pcm16_sha256(marked);

  const fs::path mix = whole ? *folder / facts.audio_file : only->path();
  facts.disclosure = disclosure_facts(song, facts);
  write_mix(mix, marked, options, facts.disclosure);
  if (whole && options.stems) write_stems(song, *folder, facts);
  const std::string document = song_document(song, facts).dump(1) + "\n";
  if (whole) write_texts(song, *folder, document);
  marker.seal(mix, marked, facts.disclosure);
  whole ? folder->commit() : only->commit();

  return {whole ? target / facts.audio_file : target,
          document,
          facts.pcm_sha256,
          facts.unmarked_pcm_sha256,
          facts.mark,
          facts.integrated_lufs,
          facts.true_peak_dbtp};
}

}  // namespace brandiron::gen
