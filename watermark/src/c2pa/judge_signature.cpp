#include <ctime>

#include "brandiron/core/error.h"
#include "judge_manifest.h"
#include "time_stamp.h"

// Who signed the claim, and when.

namespace brandiron::watermark::c2pa {
namespace {

constexpr const char* kPath = "c2pa.signature";

std::string rfc3339(std::int64_t time_s) {
  const std::time_t time = static_cast<std::time_t>(time_s);
  std::tm utc{};
  char text[40] = {};
  if (::gmtime_r(&time, &utc) == nullptr) return "";
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

void ManifestJudge::check_signature() {
  const Box* box = manifest_.child(kPath, "c2cs");
  const std::string named = claim_.text_of("signature");
  if (box == nullptr || (named != url(kPath) && named != std::string("self#jumbf=") + kPath)) {
    bad("claimSignature.missing", kPath, "the claim names no signature of this manifest");
    return;
  }
  CoseMessage message;
  try {
    message = parse_cose(box->content("cbor"));
  } catch (const Error& error) {
    bad("claimSignature.malformed", kPath, error.what());
    return;
  }
  report_.signer = subject_of(message.chain.front().get());
  if (algorithm_of(message.algorithm) == nullptr) {
    bad("algorithm.unsupported", kPath,
        "expected ES256, ES384, ES512, PS256, PS384, PS512 or EdDSA");
    return;
  }
  if (message.has_time_stamp) check_time_stamp(message);
  check_credential(message.chain);
  if (verify_cose(message, claim_bytes_)) {
    good("claimSignature.validated", kPath, "claim signature valid");
  } else {
    bad("claimSignature.mismatch", kPath, "the signature is not the certificate's for this claim");
  }
}

// A bad stamp is worth nothing, but does no harm either (C2PA 2.2, 15.8).
void ManifestJudge::check_time_stamp(const CoseMessage& message) {
  using Kind = StampFinding::Kind;
  const StampFinding found = judge_time_stamp(
      message.time_stamp, stamped_bytes(message, claim_bytes_), context_.stamp_anchors);
  if (found.kind == Kind::kMalformed) return note("timeStamp.malformed", kPath, found.why);
  if (found.kind == Kind::kMismatch) return note("timeStamp.mismatch", kPath, found.why);
  report_.time_stamp =
      TimeStamp{rfc3339(found.time_s), found.authority, found.kind == Kind::kTrusted};
  good("timeStamp.validated", kPath, "time stamp of " + report_.time_stamp->when);
  if (found.kind == Kind::kOutsideValidity) {
    return note("timeStamp.outsideValidity", kPath, found.why);
  }
  if (found.kind == Kind::kUntrusted) return note("timeStamp.untrusted", kPath, found.why);
  good("timeStamp.trusted", kPath, "time stamp of a trusted authority");
  time_s_ = found.time_s;
  // What this manifest builds on was there by then.
  if (active_) context_.time_s = time_s_;
}

void ManifestJudge::check_credential(const std::vector<CertificatePtr>& chain) {
  const std::string breach = profile_breach(chain.front().get());
  if (!breach.empty()) {
    bad("signingCredential.invalid", kPath, breach);
    return;
  }
  if (!valid_at(chain.front().get(), time_s_)) {
    bad("signingCredential.expired", kPath, "outside the certificate's validity");
    bad("claimSignature.outsideValidity", kPath, "outside the certificate's validity");
    return;
  }
  good("claimSignature.insideValidity", kPath, "within the certificate's validity");
  const std::string doubt = trust_breach(chain, context_.anchors, time_s_);
  if (doubt.empty()) {
    good("signingCredential.trusted", kPath, "issued under a trust anchor");
  } else {
    bad("signingCredential.untrusted", kPath, doubt);
  }
}

}  // namespace brandiron::watermark::c2pa
