#include <fmt/format.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/core/mapped_file.h"
#include "brandiron/watermark/disclose.h"
#include "brandiron/watermark/registry.h"
#include "brandiron/watermark/stream.h"
#include "cli.h"
#include "disclose_options.h"

namespace brandiron::app {
namespace {

using watermark::Key;
using watermark::Registry;

std::string disclosed_json(const watermark::DiscloseReport& report) {
  return nlohmann::ordered_json{{"schema", "brandiron.disclosed/1"},
                                {"file", report.file.string()},
                                {"manifest_file", report.manifest_file.string()},
                                {"sha256", report.sha256},
                                {"content_id", report.content_id},
                                {"created", report.created},
                                {"scheme", report.mark.scheme},
                                {"key_fingerprint", report.mark.key_fingerprint},
                                {"payload_hex", report.mark.payload_hex},
                                {"snr_db", report.mark.snr_db},
                                {"margin_db", report.embed.capacity_margin_db},
                                {"kept_mark", report.kept_mark},
                                {"kept_manifest", report.kept_manifest},
                                {"reencoded", report.reencoded},
                                {"notice_s", report.notice_s},
                                {"registry_sequence", report.registry_sequence},
                                {"cpu_s", {{"mark", report.mark_s}, {"other", report.other_s}}},
                                {"warnings", report.warnings}}
      .dump();
}

std::string disclosed_text(const watermark::DiscloseReport& report) {
  std::string text = report.file.string() + ": disclosed, content " + report.content_id;
  if (report.mark.present) {
    text += fmt::format("\n  watermark  payload {} (key {}){}", report.mark.payload_hex,
                        report.mark.key_fingerprint, report.kept_mark ? ", kept as it was" : "");
  }
  if (report.notice_s > 0)
    text += fmt::format("\n  notice     {:.1f} s at the start", report.notice_s);
  if (!report.manifest_file.empty()) {
    text += "\n  manifest   in " + report.manifest_file.string();
    if (report.kept_manifest) text += "; the earlier one is its ingredient";
  }
  if (report.registry_sequence > 0) {
    text += fmt::format("\n  registry   entry {}", report.registry_sequence);
  }
  return text;
}

int disclose(DiscloseArguments& arguments, const Globals& globals) {
  if (arguments.in.empty() || arguments.out.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "disclose: expected IN OUT, or one of check, recover, log, make-test-ca (see --help)");
  }
  watermark::DiscloseOptions options = disclose_options(arguments, globals);
  std::optional<Key> key;
  if (options.layers.watermark && !arguments.key.empty()) key = read_key(arguments.key);
  std::optional<std::uint64_t> payload;
  if (!arguments.payload.empty()) payload = watermark::parse_payload(arguments.payload);
  if (globals.dry_run) {
    print_line("would write " + arguments.out);
    return 0;
  }
  std::unique_ptr<Registry> registry;
  if (!arguments.no_registry) registry = open_registry(arguments.registry, true);
  options.seal.registry = registry.get();
  const watermark::DiscloseReport report = watermark::disclose_file(
      arguments.in, arguments.out, key ? &*key : nullptr, payload, options);
  for (const std::string& warning : report.warnings) log_warning(arguments.in + ": " + warning);
  print_line(globals.json ? disclosed_json(report) : disclosed_text(report));
  return 0;
}

struct CheckArguments {
  std::vector<std::string> files, keys;
  std::string trust, tsa_trust, profile = "eu", registry;
  bool exit_code = false;
};

watermark::CheckOptions check_options(const CheckArguments& arguments) {
  watermark::CheckOptions options;
  for (const std::string& key : arguments.keys) options.keys.push_back(read_key(key));
  options.profiles = watermark::profiles_from_names(arguments.profile);
  if (!arguments.trust.empty()) options.trust.anchors_pem = read_file(arguments.trust, 1 << 20);
  if (!arguments.tsa_trust.empty()) {
    options.trust.time_stamp_anchors_pem = read_file(arguments.tsa_trust, 1 << 20);
  }
  return options;
}

int check(const CheckArguments& arguments, const Globals& globals) {
  watermark::CheckOptions options = check_options(arguments);
  std::unique_ptr<Registry> registry;
  if (!arguments.registry.empty()) registry = open_registry(arguments.registry, false);
  options.registry = registry.get();
  std::atomic<bool> some_failed{false};
  const int code = for_each_file(arguments.files, globals, "check", [&](const std::string& file) {
    const watermark::DisclosureCheck found = watermark::check_file(file, options);
    if (!found.passes()) some_failed = true;
    return globals.json ? watermark::check_json(found) : watermark::check_text(found);
  });
  return code == 0 && arguments.exit_code && some_failed ? 1 : code;
}

struct RecoverArguments {
  std::string file, registry, trust, out;
  std::vector<std::string> keys;
};

nlohmann::ordered_json hit_json(const watermark::AudioHit& hit) {
  const watermark::RegistryRecord& record = hit.entry.record;
  return {{"sequence", hit.entry.sequence},
          {"manifest_id", hit.entry.hash},
          {"time", record.time},
          {"content_id", record.content_id},
          {"title", record.title},
          {"content_sha256", record.content_sha256},
          {"manifest_bytes", record.manifest.size()},
          {"audio_matches", hit.match.matched},
          {"bit_error_rate", hit.match.bit_error_rate},
          {"offset_s", hit.match.offset_s},
          {"overlap_s", hit.match.overlap_s}};
}

std::string recovered_json(const std::string& file, const watermark::Recovery& recovery,
                           const std::string& manifest) {
  nlohmann::ordered_json payloads = nlohmann::ordered_json::array(), sounds = payloads;
  for (const auto& payload : recovery.payloads) {
    nlohmann::ordered_json entries = nlohmann::ordered_json::array();
    for (const auto& hit : payload.entries) entries.push_back(hit_json(hit));
    payloads.push_back({{"payload_hex", payload.payload_hex},
                        {"key_fingerprint", payload.key_fingerprint},
                        {"start_s", payload.start_s},
                        {"end_s", payload.end_s},
                        {"verdict", watermark::binding_name(payload.binding)},
                        {"entries", entries}});
  }
  for (const auto& hit : recovery.by_audio) sounds.push_back(hit_json(hit));
  nlohmann::ordered_json out = {{"schema", "brandiron.recovery/1"},
                                {"file", file},
                                {"verdict", watermark::binding_name(recovery.binding)},
                                {"payloads", payloads},
                                {"by_audio", sounds}};
  if (!manifest.empty()) out["manifest"] = manifest;
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string recovered_text(const std::string& file, const watermark::Recovery& recovery,
                           const std::string& manifest) {
  std::string text = file + ": " + watermark::binding_name(recovery.binding);
  for (const auto& payload : recovery.payloads) {
    text += fmt::format("\n  payload {} (key {}): {}", payload.payload_hex, payload.key_fingerprint,
                        watermark::binding_name(payload.binding));
    for (const auto& hit : payload.entries) {
      text += fmt::format("\n    entry {}, {}, content {}: {}", hit.entry.sequence,
                          hit.entry.record.time, hit.entry.record.content_id,
                          hit.match.matched
                              ? fmt::format("sounds like it ({:.0f} % of bits differ, {:.0f} s)",
                                            100 * hit.match.bit_error_rate, hit.match.overlap_s)
                              : "sounds different");
    }
  }
  for (const auto& hit : recovery.by_audio) {
    text += fmt::format("\n  sounds like entry {}, {}, content {}", hit.entry.sequence,
                        hit.entry.record.time, hit.entry.record.content_id);
  }
  if (!manifest.empty()) text += "\n  manifest: " + manifest;
  return text;
}

// A manifest from the registry was made for other bytes than those of a stripped or re-encoded
// file: only that may be wrong with it.
std::string manifest_verdict(const watermark::c2pa::Report& report) {
  for (const auto& failure : report.failure) {
    const bool about_bytes = failure.code.rfind("assertion.dataHash.", 0) == 0;
    if (!about_bytes) return "invalid: " + failure.code;
  }
  const bool trusted = report.has("signingCredential.trusted");
  return std::string("genuine, ") + (trusted ? "signer trusted" : "signer not among the trusted") +
         (report.failure.empty() ? ", and the file is the one that was signed"
                                 : "; the file was changed since it was signed");
}

int recover(const RecoverArguments& arguments, const Globals& globals) {
  const auto registry = open_registry(arguments.registry, false);
  std::vector<Key> keys;
  for (const std::string& key : arguments.keys) keys.push_back(read_key(key));
  if (keys.empty()) keys.push_back(Key::demo());
  const watermark::Recovery recovery = watermark::recover_file(arguments.file, keys, *registry);
  const watermark::RegistryEntry* best = recovery.best();
  std::string verdict;
  if (best != nullptr && !best->record.manifest.empty()) {
    watermark::c2pa::Trust trust;
    if (!arguments.trust.empty()) trust.anchors_pem = read_file(arguments.trust, 1 << 20);
    const MappedFile file(arguments.file);
    verdict = manifest_verdict(
        watermark::c2pa::verify_sidecar(file.bytes(), best->record.manifest, trust));
    if (!arguments.out.empty()) write_file(arguments.out, best->record.manifest, globals.overwrite);
  } else if (!arguments.out.empty()) {
    throw Error(ErrorCode::kIo, arguments.file + ": no manifest was recovered (" +
                                    watermark::binding_name(recovery.binding) +
                                    "); nothing to write to " + arguments.out);
  }
  print_line(globals.json ? recovered_json(arguments.file, recovery, verdict)
                          : recovered_text(arguments.file, recovery, verdict));
  return 0;
}

struct LogArguments {
  std::string registry, out, head;
};

// "12:9f3c…": sequence and hash of the last entry, as this command printed it.
std::optional<watermark::RegistryHead> parse_head(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t colon = text.find(':');
  const std::string digits = text.substr(0, colon);
  const bool number = !digits.empty() && digits.size() < 18 &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
  if (colon == std::string::npos || !number || text.size() - colon != 65) {
    throw Error(ErrorCode::kInvalidArgument,
                "head \"" + text + "\": expected NUMBER:HASH as `disclose log` prints it");
  }
  return watermark::RegistryHead{std::stoll(digits), text.substr(colon + 1)};
}

int show_log(const LogArguments& arguments, const Globals& globals) {
  const auto registry = open_registry(arguments.registry, false);
  const watermark::ChainReport chain = registry->verify_chain(parse_head(arguments.head));
  const watermark::RegistryHead head = registry->head();
  if (!arguments.out.empty()) {
    std::ostringstream text;
    registry->export_jsonl(text);
    write_file(arguments.out, text.str(), globals.overwrite);
  }
  const std::string end = std::to_string(head.sequence) + ":" + head.hash;
  print_line(globals.json ? nlohmann::ordered_json{{"schema", "brandiron.log/1"},
                                                   {"entries", chain.entries},
                                                   {"intact", chain.intact},
                                                   {"first_bad", chain.first_bad},
                                                   {"problem", chain.problem},
                                                   {"head", end}}
                                .dump()
                          : fmt::format("{} entries, chain {}{}\nhead {}", chain.entries,
                                        chain.intact ? "intact" : "BROKEN: ", chain.problem, end));
  return chain.intact ? 0 : exit_code(ErrorCode::kFormat);
}

struct TestCaArguments {
  std::string folder, organization = "Brandiron test";
  int days = 365;
};

int make_test_ca(const TestCaArguments& arguments, const Globals& globals) {
  if (!globals.dry_run) {
    std::error_code error;
    std::filesystem::create_directories(arguments.folder, error);
    watermark::c2pa::make_test_ca(arguments.folder, arguments.organization, arguments.days);
  }
  print_line(
      arguments.folder +
      ": root.pem (trust it with --trust), chain.pem and signing.key; for tests only, nobody "
      "else trusts this root");
  return 0;
}

void add_check(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<CheckArguments>();
  CLI::App* sub = cli.verb(
      group, "check", "a verdict for each layer, and pass or fail for each duty",
      {"brandiron disclose check song.flac --key demo --profile eu,ca",
       "brandiron disclose check song.flac --key my.key --trust root.pem --profile eu --json"},
      [&cli, a] { return check(*a, cli.globals); });
  sub->add_option("FILES", a->files, "audio files")->required();
  sub->add_option("--key,--watermark-key", a->keys,
                  "key files, or demo; none: the mark is not sought")
      ->envname("BRANDIRON_WATERMARK_KEY")
      ->allow_extra_args(false);
  sub->add_option("--trust", a->trust, "PEM file of the roots whose signatures count as trusted")
      ->envname("BRANDIRON_TRUST");
  sub->add_option("--tsa-trust", a->tsa_trust, "PEM file of roots of time-stamping authorities")
      ->envname("BRANDIRON_TSA_TRUST");
  sub->add_option("--profile", a->profile, "eu, ca, cn, ddex, joined by commas")
      ->capture_default_str();
  sub->add_option("--registry", a->registry,
                  "also ask this registry whether the mark fits the audio")
      ->envname("BRANDIRON_REGISTRY");
  sub->add_flag("--exit-code", a->exit_code, "exit 1 when some file does not pass");
}

void add_recover(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<RecoverArguments>();
  CLI::App* sub = cli.verb(
      group, "recover", "find the manifest of a stripped file through its mark",
      {"brandiron disclose recover stripped.mp3 --key my.key -o stripped.c2pa",
       "brandiron disclose recover stripped.mp3 --key my.key --registry log.sqlite --json"},
      [&cli, a] { return recover(*a, cli.globals); });
  sub->add_option("FILE", a->file, "audio file")->required();
  sub->add_option("--key,--watermark-key", a->keys, "key files, or demo (the default)")
      ->envname("BRANDIRON_WATERMARK_KEY")
      ->allow_extra_args(false);
  sub->add_option("--registry", a->registry, "default: registry.sqlite in the user's data folder")
      ->envname("BRANDIRON_REGISTRY");
  sub->add_option("--trust", a->trust, "PEM file of the roots whose signatures count as trusted")
      ->envname("BRANDIRON_TRUST");
  sub->add_option("-o,--out", a->out, "file for the manifest");
}

void add_log(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<LogArguments>();
  CLI::App* sub = cli.verb(
      group, "log", "verify the registry's hash chain, and export it",
      {"brandiron disclose log", "brandiron disclose log --registry log.sqlite -o log.jsonl"},
      [&cli, a] { return show_log(*a, cli.globals); });
  sub->add_option("--registry", a->registry, "default: registry.sqlite in the user's data folder")
      ->envname("BRANDIRON_REGISTRY");
  sub->add_option("--head", a->head,
                  "NUMBER:HASH kept from an earlier run: shows if the end was cut off");
  sub->add_option("-o,--out", a->out, "file for the entries, as JSON lines");
}

void add_make_test_ca(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<TestCaArguments>();
  CLI::App* sub =
      cli.verb(group, "make-test-ca", "a root and a signing certificate for tests",
               {"brandiron disclose make-test-ca -o ca",
                "brandiron disclose make-test-ca -o ca --organization \"Example Music\""},
               [&cli, a] { return make_test_ca(*a, cli.globals); });
  sub->add_option("-o,--out", a->folder, "folder for root.pem, chain.pem and signing.key")
      ->required();
  sub->add_option("--organization", a->organization, "whom the certificate names")
      ->capture_default_str();
  sub->add_option("--days", a->days, "how long it is valid")->check(CLI::Range(1, 3650));
}

void add_fact_options(CLI::App& sub, DiscloseArguments& a) {
  sub.add_option("--title", a.title, "title of the piece");
  sub.add_option("--artist", a.artist, "the act's name");
  sub.add_option("--provider", a.provider, "company or project that offers the system")
      ->envname("BRANDIRON_PROVIDER");
  sub.add_option("--system", a.system, "program that made the audio")->envname("BRANDIRON_SYSTEM");
  sub.add_option("--system-version", a.system_version, "its version");
  sub.add_option("--created", a.created, "RFC 3339 time in UTC (default: now)");
  sub.add_option("--content-id", a.content_id, "identifier of the piece (default: a fresh UUIDv7)");
  sub.add_option("--persona", a.persona, "fictional singer, if any");
  sub.add_option("--source", a.source,
                 "trained (default), composite or rules: the IPTC source type");
  sub.add_option("--credit", a.credits,
                 "ROLE=none|partial|full; vocals, instrumentation, composition, post-production, "
                 "lyrics (repeatable)")
      ->allow_extra_args(false);
}

}  // namespace

void add_disclose(Cli& cli) {
  auto a = std::make_shared<DiscloseArguments>();
  CLI::App* sub = cli.verb(
      cli.app, "disclose", "mark, tag and sign a file in one step; check and recover",
      {"brandiron disclose in.wav out.flac --key my.key --certificates ca/chain.pem --signing-key "
       "ca/signing.key --provider \"Example Music\" --system example-singer",
       "brandiron disclose in.wav out.mp3 --key my.key --layers watermark,tags --system "
       "example-singer --credit vocals=full"},
      [&cli, a] { return disclose(*a, cli.globals); });
  sub->require_subcommand(0, 1);
  sub->add_option("IN", a->in, "audio file");
  sub->add_option("OUT", a->out,
                  "audio file: .wav .flac .mp3 hold the manifest, .ogg .opus get a sidecar");
  sub->add_option("--key,--watermark-key", a->key, "key file, or demo")
      ->envname("BRANDIRON_WATERMARK_KEY");
  sub->add_option("--payload", a->payload,
                  "up to 16 hex digits (default: random, in the registry)");
  sub->add_option("--profile", a->profile,
                  "eu (default), ca, cn, ddex, joined by commas: chooses layers");
  sub->add_option("--layers", a->layers, "watermark,tags,c2pa,audible: instead of the profile's");
  sub->add_option("--notice", a->notice,
                  "audible notice: morse (default), spoken, or an audio file");
  sub->add_flag("--notice-at-end", a->notice_at_end, "the notice also after the music");
  add_signing_options(*sub, a->signing);
  add_fact_options(*sub, *a);
  sub->add_option("--registry", a->registry,
                  "log of what was marked (default: registry.sqlite in the "
                  "user's data folder)")
      ->envname("BRANDIRON_REGISTRY");
  sub->add_flag("--no-registry", a->no_registry, "log nothing: a stripped copy cannot be led back");
  sub->add_option("--strength", a->strength, "of the mark; 1 is the default")
      ->check(CLI::Range(0.1, 4.0));
  sub->add_option("--effort", a->effort, "of the mark: fast, normal or best")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, watermark::Effort>{{"fast", watermark::Effort::kFast},
                                                   {"normal", watermark::Effort::kNormal},
                                                   {"best", watermark::Effort::kBest}},
          CLI::ignore_case));
  sub->add_option("--bitrate", a->bitrate_kbps, "kbit/s of a lossy output")
      ->check(CLI::Range(8, 512));
  add_check(cli, *sub);
  add_recover(cli, *sub);
  add_log(cli, *sub);
  add_make_test_ca(cli, *sub);
}

}  // namespace brandiron::app
