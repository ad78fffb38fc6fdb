#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "audio_io.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/decoder_model.h"
#include "brandiron/watermark/watermark.h"
#include "cli.h"
#include "song_models.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kRateHz = 44100, kSomeFilesFailed = 4;
constexpr std::size_t kMostBytes = std::size_t{1} << 32;

struct Arguments {
  std::vector<std::string> files;
  std::vector<std::string> families = gen::decoder_family_names();
  std::string out, label = "human", key_file = "demo", format = "flac", payload;
  double kbps = 0;
  bool no_watermark = false;
};

using Decoders = std::map<std::string, std::shared_ptr<const gen::DecoderModel>>;

/// The recording as every twin of it is written: same rate, same container.
AudioBuffer canonical(const std::string& bytes, const std::string& file) {
  AudioBuffer audio = read_audio_bytes(bytes, file);
  return audio.rate_hz() == kRateHz ? std::move(audio) : resample(audio, kRateHz);
}

/// Twins of one recording: itself in the same container, then each family's.
std::vector<ordered_json> decode_file(const std::string& file, const std::string& stem,
                                      const Arguments& a, const Decoders& decoders,
                                      const Marker& marker, const Globals& globals) {
  const std::string bytes = read_file(file, kMostBytes), source = sha256_hex(bytes);
  const AudioBuffer original = canonical(bytes, file);
  const std::string id = source.substr(0, 16);
  std::vector<ordered_json> lines;
  const auto write = [&](const std::string& twin, const AudioBuffer& audio, const MarkRecord& mark,
                         const ordered_json& facts) {
    const bool is_original = twin == "original";
    const std::string name = fmt::format("{}-{}.{}", stem, twin, a.format);
    const std::string encoded =
        encode_audio(audio, audio_format_from_name(a.format), output_options(globals));
    write_file(fs::path(a.out) / name, encoded, globals.overwrite);
    ordered_json line = {
        {"id", id + "-" + twin},
        {"file", name},
        {"sha256", sha256_hex(encoded)},
        {"label", is_original ? a.label : "resynthesised"},
        {"twin", twin},
        {"parent_id", is_original ? ordered_json() : ordered_json(id + "-original")},
        {"source", fs::path(file).filename().string()},
        {"source_sha256", source},
        {"duration_s", audio.duration_s()},
        {"marked", mark.present},
        {"payload_hex", mark.payload_hex}};
    line.update(facts);
    lines.push_back(line);
  };
  write("original", original, {}, {{"decoder", "none"}});
  for (const std::string& family : a.families) {
    const gen::DecoderModel& decoder = *decoders.at(family);
    const gen::DecoderIdentity who = decoder.identity();
    AudioBuffer made = decoder.decode(original);
    const MarkRecord mark = marker.mark(made, a.payload.empty() ? id : a.payload);
    write("decoder-" + family, made, mark,
          {{"decoder", family},
           {"strides", who.strides},
           {"bitrate_kbps", who.bitrate_kbps},
           {"weights_sha256", who.sha256}});
  }
  return lines;
}

/// File names without folders and extensions, told apart by numbers where they are the same.
std::vector<std::string> stems_of(const std::vector<std::string>& files) {
  std::map<std::string, int> seen;
  std::vector<std::string> stems;
  for (const std::string& file : files) {
    const std::string stem = fs::path(file).stem().string();
    const int count = ++seen[stem];
    stems.push_back(count == 1 ? stem : fmt::format("{}-{}", stem, count));
  }
  return stems;
}

int decode(Arguments a, const DecoderLoader& load, const Globals& globals) {
  if (!a.payload.empty()) {
    a.payload = watermark::payload_hex(watermark::parse_payload(a.payload));
  }
  Decoders decoders;
  for (const std::string& family : a.families) decoders[family] = load(family, a.kbps);
  const auto marker = song_marker(a.no_watermark, a.key_file);
  if (globals.dry_run) {
    print_line(
        fmt::format("would write {} files to {}", a.files.size() * (a.families.size() + 1), a.out));
    return 0;
  }
  const fs::path manifest = fs::path(a.out) / "manifest.jsonl";
  std::error_code error;
  if (!globals.overwrite && fs::exists(manifest, error)) {
    throw Error(ErrorCode::kOutput,
                manifest.string() + ": exists; give --overwrite or another folder");
  }
  fs::create_directories(a.out, error);
  if (error) throw Error(ErrorCode::kOutput, a.out + ": " + error.message());
  std::string text = ordered_json{{"schema", "brandiron.manifest/1"},
                                  {"kind", "decoded"},
                                  {"generator", "brandiron/" + version()}}
                         .dump() +
                     "\n";
  const std::vector<std::string> stems = stems_of(a.files);
  Progress progress("decode", a.files.size(), "files");
  int failed = 0;
  for (std::size_t i = 0; i < a.files.size(); ++i) {
    try {
      for (const ordered_json& line :
           decode_file(a.files[i], stems[i], a, decoders, *marker, globals)) {
        text += line.dump() + "\n";
        if (globals.json) print_line(line.dump());
      }
    } catch (const Error& failure) {
      if (a.files.size() == 1) throw;
      log_error(a.files[i] + ": " + failure.what());
      ++failed;
    }
    progress.add(1, stems[i]);
  }
  progress.finish();
  write_file(manifest, text, true);
  if (!globals.json) {
    print_line(fmt::format("{}: {} recordings, each through {} decoders{}", manifest.string(),
                           a.files.size() - static_cast<std::size_t>(failed), a.families.size(),
                           failed > 0 ? fmt::format("; {} failed", failed) : ""));
  }
  return failed == 0 ? 0 : kSomeFilesFailed;
}

}  // namespace

void add_decode(Cli& cli, const DecoderLoader& load_decoder) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      cli.app, "decode", "recordings through neural decoders: same content, only the marks differ",
      {"brandiron decode song.flac --families istft -o out/decoded",
       "brandiron decode song.flac --families dac --kbps 7 --label ai --no-watermark -o out/dac"},
      [&cli, a, load_decoder] { return decode(*a, load_decoder, cli.globals); });
  sub->add_option("FILES", a->files, "audio files")->required();
  sub->add_option("-o,--out", a->out, "folder of the twins and manifest.jsonl")->required();
  sub->add_option("--families", a->families, "hifigan encodec dac nearest istft (default: all)")
      ->check(CLI::IsMember(gen::decoder_family_names()));
  sub->add_option("--kbps", a->kbps, "bit rate of a channel (families that quantise)")
      ->check(CLI::Range(0.1, 1000.0));
  sub->add_option("--label", a->label, "what the recordings are, in the manifest")
      ->check(CLI::IsMember({"human", "ai"}));
  sub->add_option("--format", a->format, "of the twins")->check(CLI::IsMember({"flac", "wav"}));
  sub->add_option("--watermark-key", a->key_file,
                  "key file that marks what is decoded (default: demo)")
      ->envname("BRANDIRON_WATERMARK_KEY");
  sub->add_option("--payload", a->payload, "up to 16 hex digits (default: of the recording)");
  sub->add_flag(
      "--no-watermark", a->no_watermark,
      "for corpora in which a mark must not tell the classes apart; the manifest says so");
}

}  // namespace brandiron::app
