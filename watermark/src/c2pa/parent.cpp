#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/mapped_file.h"
#include "container.h"
#include "judge_manifest.h"
#include "jumbf.h"
#include "parent.h"

namespace brandiron::watermark::c2pa {

ParentManifest::ParentManifest(std::string_view store_bytes) : store(store_bytes) {
  if (store.empty()) return;
  try {
    StoreContext context({}, std::nullopt, Trust{});
    report = judge_store(context, store, false);
  } catch (const Error& error) {
    report.state = State::kInvalid;
    report.failure.push_back({"general.error", "", error.what()});
  }
}

ParentManifest ParentManifest::of_file(const std::filesystem::path& file) {
  ParentManifest parent;
  parent.store = read_store(file);
  if (!parent.store.empty()) parent.report = verify_file(file, Trust{});
  return parent;
}

std::filesystem::path sidecar_path(const std::filesystem::path& file) {
  std::filesystem::path path = file;
  return path.replace_extension(".c2pa");
}

std::string sidecar_store(const std::filesystem::path& file) {
  const std::filesystem::path sidecar = sidecar_path(file);
  std::error_code ignored;
  if (sidecar == file || !std::filesystem::is_regular_file(sidecar, ignored)) return {};
  return read_file(sidecar, kMaxStoreBytes);
}

std::string read_store(const std::filesystem::path& file) {
  const MappedFile bytes(file);
  const auto placed = find_store(bytes.bytes(), container_of(bytes.bytes()));
  if (!placed) return sidecar_store(file);
  if (placed->size > kMaxStoreBytes) {
    throw Error(ErrorCode::kFormat, file.string() + ": a manifest store over " +
                                        std::to_string(kMaxStoreBytes >> 20U) + " MiB");
  }
  return std::string(bytes.bytes().substr(placed->start, placed->size));
}

}  // namespace brandiron::watermark::c2pa
