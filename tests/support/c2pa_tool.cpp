// What tests/integration/test_c2pa_interop.py drives:
//   c2pa_tool make-ca FOLDER [es256|es384|es512|ps256|ps384|ps512|ed25519]
//   c2pa_tool sign IN OUT CHAIN KEY [--tsa-url URL] [--sign-command COMMAND] [--timeout SECONDS]
//   c2pa_tool verify FILE [ROOT [UNIX_TIME]]
// `verify` prints one JSON object. A CA has an intermediate certificate and a time-stamping
// authority.

#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/watermark/c2pa.h"
#include "sign_command.h"
#include "time_stamp.h"

namespace {

using namespace brandiron;
using namespace brandiron::watermark::c2pa;

nlohmann::json codes(const std::vector<Status>& found) {
  auto list = nlohmann::json::array();
  for (const Status& status : found) list.push_back(status.code);
  return list;
}

void print(const Report& report) {
  nlohmann::json out{{"state", state_name(report.state)},
                     {"manifest", report.manifest},
                     {"signer", report.signer},
                     {"success", codes(report.success)},
                     {"informational", codes(report.informational)},
                     {"failure", codes(report.failure)},
                     {"ingredients", report.ingredients}};
  for (const Ingredient& parent : report.parents) {
    out["parents"].push_back({state_name(parent.state), codes(parent.failure)});
  }
  if (report.time_stamp) {
    out["time_stamp"] = {report.time_stamp->when, report.time_stamp->authority,
                         report.time_stamp->trusted};
  }
  if (report.facts) {
    out["facts"] = {{"provider", report.facts->provider},
                    {"system", report.facts->system + " " + report.facts->system_version},
                    {"created", report.facts->created},
                    {"content_id", report.facts->content_id},
                    {"vocals", ai_share_name(report.facts->credits.vocals)},
                    {"mark", report.facts->mark.scheme}};
  }
  for (const Status& status : report.failure) out["why"].push_back(status.explanation);
  for (const Action& action : report.actions) {
    out["actions"].push_back({action.name, action.digital_source_type});
  }
  for (const SoftBinding& binding : report.soft_bindings) {
    out["soft_bindings"].push_back({binding.algorithm, to_hex(binding.value)});
  }
  std::cout << out.dump() << '\n';
}

Algorithm algorithm_named(const std::string& name) {
  const std::vector<std::pair<std::string, Algorithm>> names = {
      {"es256", Algorithm::kEs256},    {"es384", Algorithm::kEs384}, {"es512", Algorithm::kEs512},
      {"ps256", Algorithm::kPs256},    {"ps384", Algorithm::kPs384}, {"ps512", Algorithm::kPs512},
      {"ed25519", Algorithm::kEd25519}};
  for (const auto& [known, algorithm] : names) {
    if (known == name) return algorithm;
  }
  throw Error(ErrorCode::kInvalidArgument, name + ": no such algorithm");
}

Disclosure test_disclosure() {
  DisclosureFacts facts;
  facts.title = "a test";
  facts.provider = "Brandiron Tests";
  facts.system = "brandiron";
  facts.system_version = "0.1.0";
  facts.content_id = "019aaaaa-0000-7000-8000-000000000000";
  facts.persona = "mara/1";
  facts.credits.vocals = AiShare::kFull;
  facts.credits.lyrics = AiShare::kNone;
  facts.mark = {true, "brandiron-lf/1", "0011aabb", "0123456789abcdef", 1.0, 30.0};
  Disclosure disclosure = disclosure_of(facts);
  disclosure.training_allowed = false;
  return disclosure;
}

void sign(const std::vector<std::string>& words) {
  Credentials credentials = Credentials::read(words[3], words[4]);
  std::chrono::seconds timeout(20);
  for (std::size_t i = 5; i + 1 < words.size(); i += 2) {
    if (words[i] == "--timeout") timeout = std::chrono::seconds(std::stol(words[i + 1]));
    if (words[i] == "--tsa-url") {
      credentials.time_stamp = app::time_stamp_client(words[i + 1], timeout);
    }
    if (words[i] == "--sign-command") {
      credentials.key_pem.clear();
      credentials.signer = app::command_signer(app::command_words(words[i + 1]), timeout);
    }
  }
  std::cout << sign_file(words[1], words[2], test_disclosure(), credentials, true).string() << '\n';
}

int run(const std::vector<std::string>& words) {
  if (words.size() >= 2 && words[0] == "make-ca") {
    const Algorithm algorithm = words.size() > 2 ? algorithm_named(words[2]) : Algorithm::kEs256;
    make_test_ca(words[1], "Brandiron Tests", 365, {algorithm, true, true});
  } else if (words.size() >= 5 && words[0] == "sign") {
    sign(words);
  } else if (words.size() >= 2 && words[0] == "verify") {
    Trust trust;
    if (words.size() > 2) trust.anchors_pem = read_file(words[2]);
    if (words.size() > 3) trust.time_s = std::stoll(words[3]);
    print(verify_file(words[1], trust));
  } else {
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return exit_code(error.code());
  }
}
