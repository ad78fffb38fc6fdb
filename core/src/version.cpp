#include "brandiron/core/version.h"

#include "version_config.h"

namespace brandiron {

std::string version() { return BRANDIRON_VERSION; }

std::string git_commit() {
  const std::string commit = BRANDIRON_GIT_COMMIT;
  return commit.empty() ? "unknown" : commit;
}

std::string machine_name() {
#if defined(__x86_64__)
  std::string name = "x86_64";
  if (__builtin_cpu_supports("avx512f")) {
    name += " avx512";
  } else if (__builtin_cpu_supports("avx2")) {
    name += " avx2";
  }
#else
  std::string name = "other";
#endif
#if defined(__clang__)
  return name + " clang-" + std::to_string(__clang_major__);
#else
  return name + " gcc-" + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
}

}  // namespace brandiron
