#include "brandiron/experiments/manifest_lines.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"

namespace brandiron::experiments {

namespace fs = std::filesystem;
using nlohmann::json;

struct ManifestLines::Impl {
  std::string name, header;
  std::ifstream file;
  std::size_t number = 1;
};

ManifestLines::ManifestLines(const fs::path& path) : impl_(std::make_unique<Impl>()) {
  impl_->name = path.string();
  std::error_code error;
  if (!fs::is_directory(path, error)) impl_->file.open(path, std::ios::binary);
  if (!impl_->file.is_open()) {
    throw Error(ErrorCode::kIo, impl_->name +
                                    ": cannot be read; expected a manifest.jsonl: build, "
                                    "merge or import a corpus first");
  }
  std::getline(impl_->file, impl_->header);
  const json header = json::parse(impl_->header, nullptr, false);
  if (!header.is_object() || !header.contains("schema") || header["schema"] != kManifestSchema) {
    throw Error(ErrorCode::kFormat,
                place() + ": not a manifest: no header with schema " + kManifestSchema);
  }
}

ManifestLines::~ManifestLines() = default;
ManifestLines::ManifestLines(ManifestLines&&) noexcept = default;

const std::string& ManifestLines::header() const { return impl_->header; }
std::size_t ManifestLines::number() const { return impl_->number; }
std::string ManifestLines::place() const {
  return impl_->name + ":" + std::to_string(impl_->number);
}

std::optional<std::string> ManifestLines::next() {
  std::string line;
  while (std::getline(impl_->file, line)) {
    ++impl_->number;
    if (!line.empty()) return line;
  }
  if (impl_->file.bad()) throw Error(ErrorCode::kIo, impl_->name + ": cannot be read");
  return {};
}

}  // namespace brandiron::experiments
