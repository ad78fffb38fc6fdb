#include "brandiron/core/temporary.h"

#include <mutex>
#include <set>

namespace brandiron {
namespace {

struct Registry {
  std::mutex mutex;
  std::multiset<std::filesystem::path> paths;
};

// Never destroyed: a handler thread may ask for it while the process ends.
Registry& registry() {
  static auto* const instance = new Registry;
  return *instance;
}

void remove_quietly(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

void forget(const std::filesystem::path& path) {
  const std::lock_guard lock(registry().mutex);
  const auto found = registry().paths.find(path);
  if (found != registry().paths.end()) registry().paths.erase(found);
}

}  // namespace

TemporaryPath::TemporaryPath(std::filesystem::path path) : path_(std::move(path)) {
  const std::lock_guard lock(registry().mutex);
  registry().paths.insert(path_);
}

TemporaryPath::~TemporaryPath() {
  if (!owned_) return;
  remove_quietly(path_);
  forget(path_);
}

void TemporaryPath::release() {
  owned_ = false;
  forget(path_);
}

void remove_all_temporaries() {
  const std::lock_guard lock(registry().mutex);
  for (const auto& path : registry().paths) remove_quietly(path);
  registry().paths.clear();
}

}  // namespace brandiron
