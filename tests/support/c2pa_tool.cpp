// What tests/integration/test_c2pa_interop.py drives:
//   c2pa_tool make-ca FOLDER | sign IN OUT CHAIN KEY | verify FILE [ROOT]
// `verify` prints one JSON object.

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/watermark/c2pa.h"

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
  for (const Status& status : report.failure) out["why"].push_back(status.explanation);
  for (const Action& action : report.actions) {
    out["actions"].push_back({action.name, action.digital_source_type});
  }
  for (const SoftBinding& binding : report.soft_bindings) {
    out["soft_bindings"].push_back({binding.algorithm, to_hex(binding.value)});
  }
  std::cout << out.dump() << '\n';
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "make-ca") {
    make_test_ca(words[1], "Brandiron Tests");
  } else if (words.size() == 5 && words[0] == "sign") {
    Disclosure disclosure;
    disclosure.title = "a test";
    disclosure.generator_name = "brandiron";
    disclosure.generator_version = "0.1.0";
    disclosure.watermark_payload = from_hex("0123456789abcdef");
    disclosure.training_allowed = false;
    std::cout << sign_file(words[1], words[2], disclosure, Credentials::read(words[3], words[4]),
                           true)
                     .string()
              << '\n';
  } else if (words.size() >= 2 && words[0] == "verify") {
    Trust trust;
    if (words.size() > 2) trust.anchors_pem = read_file(words[2]);
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
