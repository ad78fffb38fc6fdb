#include <fmt/format.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/core/log.h"
#include "brandiron/watermark/stream.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using watermark::Key;

struct EmbedArguments {
  std::string in, out, key, payload;
  watermark::EmbedOptions options;
};

// Pipes have no second pass for the peak: they are held in memory.
watermark::EmbedReport embed_in_memory(const EmbedArguments& arguments, const Key& key,
                                       std::uint64_t payload, const Globals& globals) {
  AudioBuffer audio = read_input(arguments.in);
  watermark::EmbedReport report;
  try {
    report = watermark::embed(audio, key, payload, arguments.options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    throw Error(ErrorCode::kFormat, arguments.in + ": " + error.what());
  }
  if (!globals.dry_run) write_output(arguments.out, audio, globals);
  return report;
}

watermark::EmbedReport embed_file_to_file(const EmbedArguments& arguments, const Key& key,
                                          std::uint64_t payload, const Globals& globals) {
  return watermark::embed_file(arguments.in, globals.dry_run ? "" : arguments.out, key, payload,
                               arguments.options, output_options(globals));
}

int embed(const EmbedArguments& arguments, const Globals& globals) {
  const Key key = read_key(arguments.key);
  const std::uint64_t payload = watermark::parse_payload(arguments.payload);
  const watermark::EmbedReport report = arguments.in == "-" || arguments.out == "-"
                                            ? embed_in_memory(arguments, key, payload, globals)
                                            : embed_file_to_file(arguments, key, payload, globals);
  if (!report.warning.empty()) log_warning(arguments.in + ": " + report.warning);
  if (arguments.out == "-" && !globals.dry_run) return 0;
  if (globals.json) {
    print_line(nlohmann::ordered_json{{"schema", "brandiron.embed/1"},
                                      {"file", arguments.out},
                                      {"scheme", watermark::kScheme},
                                      {"key_fingerprint", key.fingerprint()},
                                      {"payload_hex", watermark::payload_hex(payload)},
                                      {"strength", arguments.options.strength},
                                      {"snr_db", report.snr_db},
                                      {"p_value", report.p_value},
                                      {"payload_valid", report.payload_valid},
                                      {"margin_db", report.capacity_margin_db},
                                      {"warning", report.warning}}
                   .dump());
  } else {
    const std::string read_back =
        arguments.options.effort == watermark::Effort::kFast
            ? "not read back (effort fast)"
            : fmt::format("read back: p {:.1e}, payload {}, margin {:.1f} dB", report.p_value,
                          report.payload_valid ? "right" : "NOT readable",
                          report.capacity_margin_db);
    print_line(fmt::format(
        "{}: marked with payload {} (key {}), mark {:.1f} dB below the signal; {}", arguments.out,
        watermark::payload_hex(payload), key.fingerprint(), report.snr_db, read_back));
  }
  return 0;
}

struct VerifyArguments {
  std::vector<std::string> files, keys;
  watermark::VerifyOptions options;
  bool exit_code = false;
  std::string front_end = "learned";
  FrontEndLoader load_front_end;
};

std::string mark_text(const watermark::Verdict& v) {
  std::string text = fmt::format("(p {:.1e}, threshold {:.0e}, key {})", v.p_value, v.p_threshold,
                                 v.key_fingerprint);
  if (v.payload_valid) text += ", payload " + watermark::payload_hex(v.payload);
  if (v.present && !v.payload_valid) text += ", payload not readable";
  return text;
}

std::string verdict_text(const std::string& file, const std::vector<watermark::Verdict>& verdicts) {
  const watermark::Verdict& best = watermark::strongest(verdicts);
  std::string text = file + (best.present ? ": MARKED " : ": no mark ") + mark_text(best);
  if (!best.present) return text;
  for (const auto& s : best.segments) {
    text += fmt::format("\n  {:7.1f} - {:7.1f} s  p {:.1e}{}", s.start_s, s.end_s, s.p_value,
                        s.payload ? "  payload " + watermark::payload_hex(*s.payload) : "");
  }
  for (const auto& other : verdicts) {
    if (other.present && &other != &best) text += "\n  also marked " + mark_text(other);
  }
  return text;
}

int verify(VerifyArguments& arguments, const Globals& globals) {
  if (arguments.load_front_end && arguments.front_end == "learned") {
    arguments.options.front_end = arguments.load_front_end();
  }
  std::vector<Key> keys;
  for (const std::string& key : arguments.keys) keys.push_back(read_key(key));
  if (keys.empty()) keys.push_back(Key::demo());
  std::atomic<bool> some_unmarked{false};
  const int code = for_each_file(arguments.files, globals, "verify", [&](const std::string& file) {
    const auto verdicts = file == "-"
                              ? watermark::verify_all(read_input(file), keys, arguments.options)
                              : watermark::verify_file(file, keys, arguments.options);
    if (!watermark::strongest(verdicts).present) some_unmarked = true;
    return globals.json ? watermark::verdict_json(file, verdicts) : verdict_text(file, verdicts);
  });
  return code == 0 && arguments.exit_code && some_unmarked ? 1 : code;
}

void add_keygen(Cli& cli, CLI::App& group) {
  auto out = std::make_shared<std::string>();
  CLI::App* sub = cli.verb(
      group, "keygen", "make a 256-bit secret key, mode 0600",
      {"brandiron watermark keygen -o my.key", "brandiron watermark keygen -o my.key --overwrite"},
      [&cli, out] {
        const Key key = Key::generate();
        if (!cli.globals.dry_run) key.write(*out, cli.globals.overwrite);
        print_line(*out + ": new key, fingerprint " + key.fingerprint());
        return 0;
      });
  sub->add_option("-o,--out", *out, "key file")->required();
}

void add_embed(Cli& cli, CLI::App& group) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App* sub =
      cli.verb(group, "embed", "hide a payload in an audio file",
               {"brandiron watermark embed in.wav out.flac --key my.key --payload 0123456789abcdef",
                "brandiron watermark embed in.wav out.wav --key demo --payload 1 --dry-run"},
               [&cli, arguments] { return embed(*arguments, cli.globals); });
  sub->add_option("IN", arguments->in, "audio file, or -")->required();
  sub->add_option("OUT", arguments->out, "audio file, or -")->required();
  sub->add_option("--key,--watermark-key", arguments->key, "key file, or demo")
      ->required()
      ->envname("BRANDIRON_WATERMARK_KEY");
  sub->add_option("--payload", arguments->payload, "up to 16 hex digits")->required();
  sub->add_option("--strength", arguments->options.strength, "1 is the default")
      ->check(CLI::Range(0.1, 4.0));
  const std::map<std::string, watermark::Effort> efforts = {{"fast", watermark::Effort::kFast},
                                                            {"normal", watermark::Effort::kNormal},
                                                            {"best", watermark::Effort::kBest}};
  sub->add_option("--effort", arguments->options.effort,
                  "fast for corpora, normal, or best (informed and iterated)")
      ->transform(CLI::CheckedTransformer(efforts, CLI::ignore_case));
}

void add_verify(Cli& cli, CLI::App& group, const FrontEndLoader& load_front_end) {
  auto arguments = std::make_shared<VerifyArguments>();
  arguments->load_front_end = load_front_end;
  CLI::App* sub = cli.verb(group, "verify", "look for marks: a verdict per file and per segment",
                           {"brandiron watermark verify song.flac --key demo",
                            "brandiron watermark verify *.mp3 --key my.key --key other.key --json"},
                           [&cli, arguments] { return verify(*arguments, cli.globals); });
  sub->add_option("FILES", arguments->files, "audio files")->required();
  sub->add_option("--key,--watermark-key", arguments->keys, "key files, or demo (the default)")
      ->envname("BRANDIRON_WATERMARK_KEY")
      ->allow_extra_args(false);
  sub->add_option("--p-threshold", arguments->options.p_threshold, "present means p at most this")
      ->check(CLI::Range(1e-300, 1.0));
  sub->add_option("--segment-s", arguments->options.segment_s, "length of a segment")
      ->check(CLI::Range(1.0, 3600.0));
  sub->add_flag("--exit-code", arguments->exit_code, "exit 1 when some file has no mark");
  if (load_front_end) {
    sub->add_option(
           "--front-end", arguments->front_end,
           "learned (a small network; classical when its weights are missing) or classical")
        ->check(CLI::IsMember({"learned", "classical"}))
        ->capture_default_str();
  }
}

}  // namespace

void add_watermark(Cli& cli, const FrontEndLoader& load_front_end) {
  CLI::App* group = cli.group("watermark", "hide and verify a keyed disclosure mark");
  add_keygen(cli, *group);
  add_embed(cli, *group);
  add_verify(cli, *group, load_front_end);
}

}  // namespace brandiron::app
