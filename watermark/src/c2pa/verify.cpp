#include <algorithm>
#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/core/mapped_file.h"
#include "container.h"
#include "judge_manifest.h"
#include "jumbf.h"

namespace brandiron::watermark::c2pa {
namespace {

Report unreadable(const std::string& why) {
  Report report;
  report.state = State::kInvalid;
  report.failure.push_back({"general.error", "", why});
  return report;
}

// The trust anchors are the caller's: mistakes in them are errors, not findings.
Report judge(StoreContext&& context, std::string_view store) {
  try {
    return judge_store(context, store);
  } catch (const Error& error) {
    return unreadable(error.what());
  }
}

}  // namespace

const char* state_name(State state) noexcept {
  switch (state) {
    case State::kNone:
      return "none";
    case State::kInvalid:
      return "invalid";
    case State::kValid:
      return "valid";
    case State::kTrusted:
      break;
  }
  return "trusted";
}

bool Report::has(std::string_view code) const {
  for (const auto* list : {&success, &informational, &failure}) {
    if (std::any_of(list->begin(), list->end(),
                    [code](const Status& status) { return status.code == code; })) {
      return true;
    }
  }
  return false;
}

Report verify(std::string_view file, const Trust& trust) {
  std::optional<Placed> placed;
  try {
    placed = find_store(file, container_of(file));
  } catch (const Error& error) {
    return unreadable(error.what());
  }
  if (!placed) return Report{};
  return judge(StoreContext(file, placed, trust), file.substr(placed->start, placed->size));
}

Report verify_sidecar(std::string_view file, std::string_view store, const Trust& trust) {
  return judge(StoreContext(file, std::nullopt, trust), store);
}

Report verify_file(const std::filesystem::path& file, const Trust& trust) {
  const MappedFile mapped(file);
  Report report = verify(mapped.bytes(), trust);
  const std::filesystem::path sidecar = sidecar_path(file);
  if (report.state != State::kNone || sidecar == file || !std::filesystem::exists(sidecar)) {
    return report;
  }
  return verify_sidecar(mapped.bytes(), MappedFile(sidecar).bytes(), trust);
}

}  // namespace brandiron::watermark::c2pa
