#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "cli.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;

struct ModelFile {
  std::string name, card;
  std::uintmax_t bytes = 0;
  std::string sha256;
};

std::vector<ModelFile> model_files() {
  std::vector<ModelFile> found;
  const fs::path models = home_folder() / "models";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(models / "weights", error)) {
    const std::string extension = entry.path().extension();
    if (extension != ".safetensors" && extension != ".bank") continue;
    const fs::path card = models / "cards" / (entry.path().stem().string() + ".md");
    found.push_back({entry.path().filename(), fs::exists(card) ? card.filename().string() : "",
                     entry.file_size(), sha256_hex(read_file(entry.path()))});
  }
  std::sort(found.begin(), found.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.name < b.name; });
  return found;
}

int list(const Globals& globals) {
  for (const ModelFile& m : model_files()) {
    if (globals.json) {
      print_line(nlohmann::ordered_json{
          {"file", m.name}, {"bytes", m.bytes}, {"sha256", m.sha256}, {"card", m.card}}
                     .dump());
    } else {
      print_line(fmt::format("{:32} {:9} bytes  sha256 {}  card {}", m.name, m.bytes,
                             m.sha256.substr(0, 12), m.card.empty() ? "MISSING" : m.card));
    }
  }
  return 0;
}

/// Each shipped file against models/weights/SHA256SUMS.
int check() {
  const fs::path sums_path = home_folder() / "models" / "weights" / "SHA256SUMS";
  const std::string sums = read_file(sums_path);
  for (const ModelFile& m : model_files()) {
    if (sums.find(m.sha256 + "  " + m.name) == std::string::npos) {
      throw Error(ErrorCode::kModel, m.name + ": its SHA-256 is " + m.sha256 +
                                         ", which models/weights/SHA256SUMS does not list");
    }
    if (m.card.empty()) throw Error(ErrorCode::kModel, m.name + ": has no card in models/cards");
    print_line(m.name + ": ok");
  }
  return 0;
}

}  // namespace

void add_models(Cli& cli) {
  CLI::App* group = cli.group("models", "the shipped weights");
  cli.verb(*group, "list", "what is installed",
           {"brandiron models list", "brandiron models list --json"},
           [&cli] { return list(cli.globals); });
  cli.verb(*group, "check", "compare with the shipped checksums",
           {"brandiron models check", "brandiron models check -q"}, [] { return check(); });
}

}  // namespace brandiron::app
