#include "judge_manifest.h"

#include <algorithm>
#include <ctime>

#include "brandiron/core/error.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::string_view kSelf = "self#jumbf=";
constexpr std::string_view kUntrusted = "signingCredential.untrusted";

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kFormat, "C2PA: " + why);
}

// A map of two texts in one line, as claim generators and software agents are written.
std::string name_and_version(const Cbor& item) {
  const std::string name = item.text_of("name"), version = item.text_of("version");
  return version.empty() ? name : name + " " + version;
}

}  // namespace

StoreContext::StoreContext(std::string_view the_file, std::optional<Placed> where,
                           const Trust& trust)
    : file(the_file),
      placed(where),
      time_s(trust.time_s ? *trust.time_s : static_cast<std::int64_t>(std::time(nullptr))) {
  if (!trust.anchors_pem.empty()) {
    anchors = certificates_from_pem(trust.anchors_pem, "trust anchors");
    stamp_anchors = certificates_from_pem(trust.anchors_pem, "trust anchors");
  }
  if (!trust.time_stamp_anchors_pem.empty()) {
    for (auto& more :
         certificates_from_pem(trust.time_stamp_anchors_pem, "time-stamping anchors")) {
      stamp_anchors.push_back(std::move(more));
    }
  }
}

Report judge_store(StoreContext& context, std::string_view store_bytes, bool bound) {
  context.store = parse_jumbf(store_bytes);
  if (context.store.label != "c2pa" || context.store.content_type != content_uuid("c2pa")) {
    refuse("the JUMBF superbox is no manifest store");
  }
  const Box* active = nullptr;
  for (const Box& box : context.store.children) {
    if (box.is_super()) active = &box;
  }
  if (active == nullptr) refuse("a manifest store without a manifest");
  context.judged.emplace(active, Report{});
  return ManifestJudge(context, *active, bound).judge();
}

ManifestJudge::ManifestJudge(StoreContext& context, const Box& manifest, bool active)
    : context_(context), manifest_(manifest), active_(active), time_s_(context.time_s) {
  report_.manifest = manifest.label;
}

std::string ManifestJudge::url(const std::string& path) const {
  return std::string(kSelf) + "/c2pa/" + report_.manifest + (path.empty() ? "" : "/" + path);
}

void ManifestJudge::good(const std::string& code, const std::string& path,
                         const std::string& text) {
  report_.success.push_back({code, url(path), text});
}

void ManifestJudge::note(const std::string& code, const std::string& path,
                         const std::string& text) {
  report_.informational.push_back({code, url(path), text});
}

void ManifestJudge::bad(const std::string& code, const std::string& path, const std::string& text) {
  report_.failure.push_back({code, url(path), text});
}

Report ManifestJudge::judge() {
  if (manifest_.content_type != content_uuid("c2ma")) {
    refuse("a manifest of a type that is not read here (an update manifest?)");
  }
  const Box* claim = nullptr;
  for (const char* label : {"c2pa.claim", "c2pa.claim.v2"}) {
    const Box* found = manifest_.child(label, "c2cl");
    if (found != nullptr && claim != nullptr) bad("claim.multiple", label, "two claims");
    if (found != nullptr) claim = found;
  }
  assertions_ = manifest_.child("c2pa.assertions", "c2as");
  if (claim == nullptr || assertions_ == nullptr) {
    bad("claim.missing", "", "no claim or no assertion store");
  } else {
    claim_bytes_ = claim->content("cbor");
    try {
      claim_ = Cbor::decode(claim_bytes_, context_.item_budget);
    } catch (const Error& error) {
      bad("claim.cbor.invalid", claim->label, error.what());
      settle();
      return std::move(report_);
    }
    algorithm_ = claim_.find("alg") != nullptr ? claim_.text_of("alg") : "sha256";
    report_.title = claim_.text_of("dc:title");
    if (const Cbor* info = claim_.find("claim_generator_info")) {
      const bool list = info->is(Cbor::Kind::kArray) && !info->items().empty();
      report_.claim_generator = name_and_version(list ? info->items().front() : *info);
    }
    check_signature();
    check_assertions();
  }
  settle();
  return std::move(report_);
}

void ManifestJudge::check_assertions() {
  bool any = false;
  for (const char* key : {"assertions", "created_assertions", "gathered_assertions"}) {
    const Cbor* list = claim_.find(key, Cbor::Kind::kArray);
    if (list == nullptr) continue;
    any = true;
    if (list->items().size() > kMaxBoxes) refuse("a claim that names more than 4096 assertions");
    for (const Cbor& reference : list->items()) check_assertion(reference);
  }
  if (!any) bad("claim.malformed", "", "a claim without a list of assertions");
  for (const Box& box : assertions_->children) {
    if (box.is_super() && declared_.count(&box) == 0) {
      bad("assertion.undeclared", "c2pa.assertions/" + box.label, "the claim does not name it");
    }
  }
  if (hard_bindings_ == 0) bad("claim.hardBindings.missing", "", "no hash binds it to the file");
  if (hard_bindings_ > 1) bad("assertion.multipleHardBindings", "", "more than one hash");
  if (!has_actions_) bad("assertion.action.malformed", "", "no actions");
  if (has_bound_mark_ && !has_soft_binding_) {
    bad("assertion.action.softBindingMissing", "", "a watermark, and nothing says which");
  }
}

void ManifestJudge::check_assertion(const Cbor& reference) {
  std::string name = reference.text_of("url");
  for (const std::string& prefix :
       {std::string(kSelf) + "c2pa.assertions/", url("c2pa.assertions") + "/"}) {
    if (name.substr(0, prefix.size()) == prefix) name.erase(0, prefix.size());
  }
  const std::string path = "c2pa.assertions/" + name;
  const Box* box = assertions_->child(name);
  if (box == nullptr) {
    bad("assertion.missing", path, "named by the claim, not there");
    return;
  }
  if (!declared_.insert(box).second) {
    bad("claim.malformed", path, "named twice");
    return;
  }
  if (!hash_matches(reference, *box)) {
    bad("assertion.hashedURI.mismatch", path, "not the assertion that was signed");
    return;
  }
  good("assertion.hashedURI.match", path, "hashed uri matched");
  read_assertion(*box);
}

bool ManifestJudge::hash_matches(const Cbor& reference, const Box& box) {
  const Cbor* wanted = reference.find("hash", Cbor::Kind::kBytes);
  const std::string own = reference.text_of("alg");
  const std::string& algorithm = own.empty() ? algorithm_ : own;
  if (wanted == nullptr || wanted->string().empty()) return false;
  const auto [found, fresh] = context_.digests.try_emplace({box.payload.data(), algorithm});
  if (fresh) found->second = digest_of(algorithm, box.payload);
  return found->second == wanted->string();
}

void ManifestJudge::settle() {
  const bool trusted = report_.has("signingCredential.trusted") && report_.failure.empty();
  const bool broken = std::any_of(report_.failure.begin(), report_.failure.end(),
                                  [](const Status& status) { return status.code != kUntrusted; });
  report_.state = broken ? State::kInvalid : trusted ? State::kTrusted : State::kValid;
}

}  // namespace brandiron::watermark::c2pa
