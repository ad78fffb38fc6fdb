#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/watermark/disclose.h"
#include "brandiron/watermark/registry.h"
#include "cli.h"

namespace brandiron::app {

/// Who signs, and who confirms the time.
struct SigningArguments {
  std::string certificates, signing_key, sign_command, tsa_url;
  bool given() const { return !certificates.empty(); }
};
void add_signing_options(CLI::App& sub, SigningArguments& arguments);
/// @throws Error(kInvalidArgument) when certificates come without a key or the other way round.
watermark::c2pa::Credentials credentials_of(const SigningArguments& arguments);

/// The command line of `disclose IN OUT`.
struct DiscloseArguments {
  std::string in, out, key, payload, layers, profile, notice, registry;
  std::string title, artist, provider, system, system_version, created, content_id, persona, source;
  std::vector<std::string> credits;
  bool notice_at_end = false, no_registry = false;
  double strength = 1.0;
  int bitrate_kbps = 0;
  watermark::Effort effort = watermark::Effort::kNormal;
  SigningArguments signing;
};

/// What flags, `--config FILE` and `--set` say together; flags win. Fills in what only the file
/// says (key, payload, registry).
watermark::DiscloseOptions disclose_options(DiscloseArguments& arguments, const Globals& globals);

/// The registry at `path`, or the default one in the user's data folder when that is empty. Made
/// when it is missing and `create` is set.
std::unique_ptr<watermark::Registry> open_registry(const std::string& path, bool create);

}  // namespace brandiron::app
