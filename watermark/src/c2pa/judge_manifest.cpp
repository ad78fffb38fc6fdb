#include "judge_manifest.h"

#include <algorithm>
#include <ctime>

#include "brandiron/core/error.h"
#include "cose.h"

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

ManifestJudge::ManifestJudge(std::string_view file, std::optional<Placed> placed,
                             const Trust& trust)
    : file_(file),
      placed_(placed),
      time_s_(trust.time_s ? *trust.time_s : static_cast<std::int64_t>(std::time(nullptr))) {
  if (!trust.anchors_pem.empty()) {
    anchors_ = certificates_from_pem(trust.anchors_pem, "trust anchors");
  }
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

Report ManifestJudge::judge(std::string_view store_bytes) {
  store_ = parse_jumbf(store_bytes);
  if (store_.label != "c2pa" || store_.content_type != content_uuid("c2pa")) {
    refuse("the JUMBF superbox is no manifest store");
  }
  for (const Box& box : store_.children) {
    if (box.is_super()) manifest_ = &box;
  }
  if (manifest_ == nullptr) refuse("a manifest store without a manifest");
  report_.manifest = manifest_->label;
  if (manifest_->content_type != content_uuid("c2ma")) {
    refuse("the active manifest is of a type that is not read here (an update manifest?)");
  }
  const Box* claim = nullptr;
  for (const char* label : {"c2pa.claim", "c2pa.claim.v2"}) {
    const Box* found = manifest_->child(label, "c2cl");
    if (found != nullptr && claim != nullptr) bad("claim.multiple", label, "two claims");
    if (found != nullptr) claim = found;
  }
  assertions_ = manifest_->child("c2pa.assertions", "c2as");
  if (claim == nullptr || assertions_ == nullptr) {
    bad("claim.missing", "", "no claim or no assertion store");
  } else {
    claim_bytes_ = claim->content("cbor");
    try {
      claim_ = Cbor::decode(claim_bytes_);
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

void ManifestJudge::check_signature() {
  const std::string path = "c2pa.signature";
  const Box* box = manifest_->child(path, "c2cs");
  const std::string named = claim_.text_of("signature");
  if (box == nullptr || (named != url(path) && named != std::string(kSelf) + path)) {
    bad("claimSignature.missing", path, "the claim names no signature of this manifest");
    return;
  }
  try {
    const CoseMessage message = parse_cose(box->content("cbor"));
    report_.signer = subject_of(message.chain.front().get());
    if (message.has_time_stamp) {
      note("general.info", path, "the time stamp was not checked; validity is judged as of now");
    }
    if (!known_algorithm(message.algorithm)) {
      bad("algorithm.unsupported", path, "expected ES256, ES384 or ES512");
      return;
    }
    check_credential(message.chain);
    if (verify_cose(message, claim_bytes_)) {
      good("claimSignature.validated", path, "claim signature valid");
    } else {
      bad("claimSignature.mismatch", path, "the signature is not the certificate's for this claim");
    }
  } catch (const Error& error) {
    bad("claimSignature.mismatch", path, error.what());
  }
}

void ManifestJudge::check_credential(const std::vector<CertificatePtr>& chain) {
  const std::string path = "c2pa.signature";
  const std::string breach = profile_breach(chain.front().get());
  if (!breach.empty()) {
    bad("signingCredential.invalid", path, breach);
    return;
  }
  if (!valid_at(chain.front().get(), time_s_)) {
    bad("signingCredential.expired", path, "outside the certificate's validity");
    bad("claimSignature.outsideValidity", path, "outside the certificate's validity");
    return;
  }
  good("claimSignature.insideValidity", path, "within the certificate's validity");
  const std::string doubt = trust_breach(chain, anchors_, time_s_);
  if (doubt.empty()) {
    good("signingCredential.trusted", path, "issued under a trust anchor");
  } else {
    bad(std::string(kUntrusted), path, doubt);
  }
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
    if (box.is_super() && std::find(declared_.begin(), declared_.end(), &box) == declared_.end()) {
      bad("assertion.undeclared", "c2pa.assertions/" + box.label, "the claim does not name it");
    }
  }
  if (hard_bindings_ == 0) bad("claim.hardBindings.missing", "", "no hash binds it to the file");
  if (hard_bindings_ > 1) bad("assertion.multipleHardBindings", "", "more than one hash");
  if (!has_actions_) bad("assertion.action.malformed", "", "no actions");
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
  if (std::find(declared_.begin(), declared_.end(), box) != declared_.end()) {
    bad("claim.malformed", path, "named twice");
    return;
  }
  declared_.push_back(box);
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
  const auto [found, fresh] = digests_.try_emplace({box.payload.data(), algorithm});
  if (fresh) found->second = digest_of(algorithm, box.payload);
  return found->second == wanted->string();
}

void ManifestJudge::settle() {
  const bool trusted = report_.has("signingCredential.trusted");
  const bool broken = std::any_of(report_.failure.begin(), report_.failure.end(),
                                  [](const Status& status) { return status.code != kUntrusted; });
  report_.state = broken ? State::kInvalid : trusted ? State::kTrusted : State::kValid;
}

}  // namespace brandiron::watermark::c2pa
