#include "folder.h"

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kOutput, folder.string() + ": cannot be made: " + error.message());
  }
}

/// Writes what every worker would write the same; whoever comes second finds it there.
void write_once(const fs::path& file, const std::string& text) {
  try {
    write_file(file, text);
  } catch (const Error&) {
    std::error_code error;
    if (!fs::exists(file, error)) throw;
  }
}

}  // namespace

fs::path manifest_of(const fs::path& folder) { return folder / "manifest.jsonl"; }

void claim_folder(const CorpusRecipe& recipe, const fs::path& folder) {
  const fs::path file = folder / "recipe.toml";
  const std::string text = corpus_recipe_toml(recipe);
  make_folder(folder);
  std::error_code error;
  if (!fs::exists(file, error)) {
    // Other shards may begin at the same moment.
    const bool holds_more =
        fs::exists(manifest_of(folder), error) || fs::exists(folder / "journal", error);
    if (holds_more && !fs::exists(file, error)) {
      throw Error(ErrorCode::kOutput,
                  folder.string() + ": holds something else already; give another folder");
    }
    write_once(file, text);
  }
  if (read_file(file, std::size_t{16} << 20) != text) {
    throw Error(ErrorCode::kOutput, file.string() +
                                        ": the folder holds a corpus of another recipe; give "
                                        "another folder, or build with this recipe.toml");
  }
}

void claim_build(const fs::path& folder, const BuildIdentity& identity) {
  const fs::path file = folder / "journal" / "build.json";
  const std::string text = ordered_json{{"schema", "brandiron.corpus-build/1"},
                                        {"generator", identity.generator},
                                        {"key_fingerprint", identity.key_fingerprint},
                                        {"audio", identity.audio}}
                               .dump() +
                           "\n";
  make_folder(file.parent_path());
  std::error_code error;
  if (!fs::exists(file, error)) write_once(file, text);
  const BuildIdentity found = read_build_identity(folder);
  const auto check = [&](const char* what, const std::string& is, const std::string& wanted) {
    if (is == wanted) return;
    throw Error(ErrorCode::kOutput, file.string() + ": the corpus was begun with " + what + " " +
                                        is + ", this is " + wanted + "; give another folder");
  };
  check("generator", found.generator, identity.generator);
  check("watermark key", found.key_fingerprint, identity.key_fingerprint);
  check("audio", found.audio, identity.audio);
}

BuildIdentity read_build_identity(const fs::path& folder) {
  const fs::path file = folder / "journal" / "build.json";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const json found = json::parse(read_file(file), nullptr, false);
  if (!found.is_object()) {
    throw Error(ErrorCode::kFormat, file.string() + ": not what a corpus was begun with");
  }
  return {found.value("generator", ""), found.value("key_fingerprint", ""),
          found.value("audio", "files")};
}

CorpusRecipe corpus_folder_recipe(const fs::path& folder) {
  const fs::path file = folder / "recipe.toml";
  std::error_code error;
  if (!fs::exists(file, error)) {
    throw Error(ErrorCode::kIo, folder.string() +
                                    ": not a corpus: it has no recipe.toml (`brandiron corpus "
                                    "build` makes one)");
  }
  return load_corpus_recipe(file.string());
}

}  // namespace brandiron::experiments
