#include "disclose_options.h"

#include "audio_io.h"
#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "sign_command.h"
#include "time_stamp.h"

namespace brandiron::app {
namespace {

AiShare* role_of(AiCredits& credits, const std::string& name) {
  if (name == "vocals") return &credits.vocals;
  if (name == "instrumentation") return &credits.instrumentation;
  if (name == "composition") return &credits.composition;
  if (name == "post-production" || name == "post_production") return &credits.post_production;
  if (name == "lyrics") return &credits.lyrics;
  return nullptr;
}

void apply_credit(AiCredits& credits, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  AiShare* role = role_of(credits, assignment.substr(0, equals));
  if (equals == std::string::npos || role == nullptr) {
    throw Error(ErrorCode::kInvalidArgument,
                "credit \"" + assignment +
                    "\": expected vocals, instrumentation, composition, post-production or lyrics, "
                    "then =none, =partial or =full");
  }
  *role = ai_share_from_name(assignment.substr(equals + 1));
}

// Flags win over the file.
void merge(DiscloseArguments& a, const Config& config) {
  const auto text = [&](const char* key, std::string& field) {
    const std::string stated = config.get_string(key, "");  // asked for even where a flag wins
    if (field.empty()) field = stated;
  };
  text("key", a.key);
  text("payload", a.payload);
  text("layers", a.layers);
  text("profile", a.profile);
  text("notice", a.notice);
  text("registry", a.registry);
  text("certificates", a.signing.certificates);
  text("signing_key", a.signing.signing_key);
  text("sign_command", a.signing.sign_command);
  text("tsa_url", a.signing.tsa_url);
  text("title", a.title);
  text("artist", a.artist);
  text("provider", a.provider);
  text("system", a.system);
  text("system_version", a.system_version);
  text("content_id", a.content_id);
  text("created", a.created);
  text("persona", a.persona);
  text("source", a.source);
  std::vector<std::string> credits;
  for (const std::string& role : config.children("credits")) {
    credits.push_back(role + "=" + config.get_string("credits." + role));
  }
  a.credits.insert(a.credits.begin(), credits.begin(), credits.end());
  config.check_all_used();
}

DisclosureFacts facts_of(const DiscloseArguments& a) {
  DisclosureFacts facts;
  facts.title = a.title;
  facts.artist = a.artist;
  facts.provider = a.provider;
  facts.system = a.system;
  facts.system_version = a.system_version;
  facts.created = a.created;
  facts.content_id = a.content_id;
  facts.persona = a.persona;
  if (!a.source.empty()) facts.source_type = source_type_from_name(a.source);
  for (const std::string& credit : a.credits) apply_credit(facts.credits, credit);
  return facts;
}

}  // namespace

void add_signing_options(CLI::App& sub, SigningArguments& arguments) {
  sub.add_option("--certificates", arguments.certificates,
                 "PEM chain, end entity first (make-test-ca makes one for tests)")
      ->envname("BRANDIRON_CERTIFICATES");
  sub.add_option("--signing-key", arguments.signing_key, "PEM private key of the first certificate")
      ->envname("BRANDIRON_SIGNING_KEY");
  sub.add_option("--sign-command", arguments.sign_command,
                 "instead of a key file: a program that signs its standard input (an HSM, a KMS)")
      ->envname("BRANDIRON_SIGN_COMMAND");
  sub.add_option("--tsa-url", arguments.tsa_url, "RFC 3161 time stamp authority to ask")
      ->envname("BRANDIRON_TSA_URL");
}

watermark::c2pa::Credentials credentials_of(const SigningArguments& arguments) {
  const bool by_command = !arguments.sign_command.empty();
  if (arguments.certificates.empty() || by_command == !arguments.signing_key.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "a manifest is signed with --certificates CHAIN.pem and either --signing-key FILE "
                "or --sign-command PROGRAM; `disclose make-test-ca` makes some for tests, "
                "--layers watermark,tags leaves the manifest out");
  }
  watermark::c2pa::Credentials credentials;
  credentials.chain_pem = read_file(arguments.certificates, std::size_t{1} << 20U);
  if (by_command) {
    credentials.signer = command_signer(command_words(arguments.sign_command));
  } else {
    credentials.key_pem = read_file(arguments.signing_key, std::size_t{1} << 20U);
  }
  if (!arguments.tsa_url.empty()) credentials.time_stamp = time_stamp_client(arguments.tsa_url);
  try {
    credentials.check();
  } catch (const Error& error) {
    const std::string files =
        arguments.certificates + (by_command ? "" : " and " + arguments.signing_key);
    throw Error(error.code(), files + ": " + error.what());
  }
  return credentials;
}

watermark::DiscloseOptions disclose_options(DiscloseArguments& arguments, const Globals& globals) {
  Config config;
  if (!globals.config.empty()) config = Config::from_file(globals.config);
  for (const std::string& assignment : globals.set) config.set(assignment);
  merge(arguments, config);
  watermark::DiscloseOptions options;
  const auto profiles =
      watermark::profiles_from_names(arguments.profile.empty() ? "eu" : arguments.profile);
  options.layers = arguments.layers.empty() ? watermark::layers_for(profiles)
                                            : watermark::layers_from_names(arguments.layers);
  options.facts = facts_of(arguments);
  options.embed.strength = arguments.strength;
  options.embed.effort = arguments.effort;
  options.write = output_options(globals);
  if (arguments.bitrate_kbps > 0) options.write.bitrate_kbps = arguments.bitrate_kbps;
  if (options.layers.manifest) options.seal.credentials = credentials_of(arguments.signing);
  if (!arguments.notice.empty()) options.notice = watermark::notice_named(arguments.notice);
  options.notice_at_end = arguments.notice_at_end;
  return options;
}

std::unique_ptr<watermark::Registry> open_registry(const std::string& path, bool create) {
  const std::filesystem::path file =
      path.empty() ? watermark::default_registry_path() : std::filesystem::path(path);
  return std::make_unique<watermark::Registry>(
      file, create ? watermark::Registry::Open::kCreate : watermark::Registry::Open::kRead);
}

}  // namespace brandiron::app
