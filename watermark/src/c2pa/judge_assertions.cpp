#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "data_hash.h"
#include "facts.h"
#include "judge_manifest.h"

// What the single assertions say, once their hashes are right.

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kMaxListed = 1000;

// "c2pa.ingredient.v3__2" is the second of its kind.
std::string base_label(const std::string& label) {
  const std::size_t at = label.rfind("__");
  return at == std::string::npos ? label : label.substr(0, at);
}

}  // namespace

void ManifestJudge::read_assertion(const Box& box) {
  const std::string label = base_label(box.label);
  const std::string path = "c2pa.assertions/" + box.label;
  if (label == "c2pa.hash.bmff.v2" || label == "c2pa.hash.bmff.v3" || label == "c2pa.hash.boxes" ||
      label == "c2pa.hash.collection.data") {
    ++hard_bindings_;
    if (active_) bad("algorithm.unsupported", path, "a binding that is not checked here");
    return;
  }
  const std::string_view bytes = box.content("cbor");
  if (bytes.empty()) return;  // JSON, pictures: covered by their hash, not read
  Cbor content;
  try {
    content = Cbor::decode(bytes, context_.item_budget);
  } catch (const Error& error) {
    bad("assertion.cbor.invalid", path, error.what());
    return;
  }
  if (label == "c2pa.hash.data") check_data_hash(box, content);
  if (label == "c2pa.actions" || label == "c2pa.actions.v2") read_actions(box, content);
  if (label == "c2pa.soft-binding") read_soft_binding(content);
  if (label.substr(0, 15) == "c2pa.ingredient") check_ingredient(box, content);
  if (label == kDisclosureLabel && !report_.facts) report_.facts = facts_from_cbor(content);
}

void ManifestJudge::check_data_hash(const Box& box, const Cbor& content) {
  const std::string path = "c2pa.assertions/" + box.label;
  // One pass over the file, whatever a manifest asks for.
  if (++hard_bindings_ > 1 || !active_) return;
  const Cbor* wanted = content.find("hash", Cbor::Kind::kBytes);
  std::vector<Exclusion> ranges;
  try {
    ranges = read_exclusions(content, context_.file.size());
  } catch (const Error& error) {
    bad("assertion.dataHash.malformed", path, error.what());
    return;
  }
  const std::string own = content.text_of("alg");
  const std::string found = digest_of(own.empty() ? algorithm_ : own, context_.file, ranges);
  if (found.empty()) {
    bad("algorithm.unsupported", path, "expected sha256, sha384 or sha512");
  } else if (wanted == nullptr || wanted->string() != found || !exclusions_fit(ranges)) {
    bad("assertion.dataHash.mismatch", path, "the file is not the one that was signed");
  } else {
    good("assertion.dataHash.match", path, "data hash valid");
  }
}

// A range that holds the manifest may hold nothing else, or other bytes could be put there when the
// manifest's padding is taken out.
bool ManifestJudge::exclusions_fit(const std::vector<Exclusion>& ranges) {
  const std::optional<Placed>& placed = context_.placed;
  std::size_t others = 0;
  for (const Exclusion& range : ranges) {
    const std::size_t end = range.start + range.length;
    const std::size_t outer_end = placed ? placed->outer_start + placed->outer_size : 0;
    const bool meets = placed && range.start < outer_end && end > placed->outer_start;
    if (!meets) {
      others += range.length > 0 ? 1 : 0;
    } else if (range.start < placed->outer_start || end > outer_end) {
      return false;
    }
  }
  if (others > 0) {
    note("assertion.dataHash.additionalExclusionsPresent", "c2pa.assertions/c2pa.hash.data",
         std::to_string(others) + " ranges beside the manifest are not covered");
  }
  return true;
}

void ManifestJudge::read_actions(const Box& box, const Cbor& content) {
  const std::string path = "c2pa.assertions/" + box.label;
  const Cbor* list = content.find("actions", Cbor::Kind::kArray);
  if (list == nullptr || list->items().empty()) {
    bad("assertion.action.malformed", path, "no list of actions");
    return;
  }
  const std::string first = list->items().front().text_of("action");
  if (!has_actions_ && first != "c2pa.created" && first != "c2pa.opened") {
    bad("assertion.action.malformed", path, "the first action neither creates nor opens");
  }
  has_actions_ = true;
  for (const Cbor& item : list->items()) {
    has_bound_mark_ = has_bound_mark_ || item.text_of("action") == "c2pa.watermarked.bound";
    if (report_.actions.size() >= kMaxListed) continue;
    Action action{item.text_of("action"), item.text_of("digitalSourceType"),
                  item.text_of("softwareAgent"), item.text_of("when")};
    if (const Cbor* agent = item.find("softwareAgent", Cbor::Kind::kMap)) {
      const std::string version = agent->text_of("version");
      action.software_agent = agent->text_of("name") + (version.empty() ? "" : " " + version);
    }
    if (const Cbor* when = item.find("when", Cbor::Kind::kTag)) {
      if (when->items().front().is(Cbor::Kind::kText)) action.when = when->items().front().string();
    }
    report_.actions.push_back(std::move(action));
  }
}

void ManifestJudge::read_soft_binding(const Cbor& content) {
  has_soft_binding_ = true;
  const Cbor* blocks = content.find("blocks", Cbor::Kind::kArray);
  if (blocks == nullptr) return;
  for (const Cbor& block : blocks->items()) {
    if (report_.soft_bindings.size() >= kMaxListed) break;
    SoftBinding binding{content.text_of("alg"), ""};
    if (const Cbor* bytes = block.find("value", Cbor::Kind::kBytes)) {
      binding.value = bytes->string();
    } else {
      try {
        binding.value = from_base64(block.text_of("value"));
      } catch (const Error&) {
        continue;  // another scheme's own notation
      }
    }
    report_.soft_bindings.push_back(std::move(binding));
  }
}

}  // namespace brandiron::watermark::c2pa
