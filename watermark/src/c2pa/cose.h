#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "algorithms.h"
#include "brandiron/watermark/c2pa.h"
#include "certificates.h"

namespace brandiron::watermark::c2pa {

/// Signs claims, with the chain in the protected header and, if asked for, a time stamp over the
/// signature.
class CoseSigner {
 public:
  /// @throws Error(kFormat) when the PEM texts cannot be read, Error(kInvalidArgument) when the key
  /// is of no allowed kind, does not belong to the first certificate, or that may not sign claims.
  explicit CoseSigner(const Credentials& credentials);

  /// COSE_Sign1 (tag 18) with a detached payload, as long as `placeholder`, unless a time stamp
  /// came out larger than expected: then later placeholders have room for one like it.
  /// @throws Error(kInvalidArgument) when a signing callback gives something else than the
  /// certificate's signature, and what the callbacks throw.
  std::string sign(std::string_view payload);
  std::string placeholder() const;

 private:
  std::string message(const std::string& signature, const std::string& token) const;
  std::string raw_from_callback(const std::string& to_be_signed) const;

  KeyPtr key_;  ///< private; null with a callback
  CertificatePtr certificate_;
  const SignatureAlgorithm* algorithm_;
  std::function<std::string(std::string_view)> signer_;
  std::function<std::string(const std::string&)> time_stamp_;
  std::string protected_;
  std::size_t token_room_ = 0;
};

/// A COSE_Sign1 that was read.
struct CoseMessage {
  std::int64_t algorithm = 0;
  std::string protected_header;
  std::vector<CertificatePtr> chain;  ///< end entity first, never empty
  std::string signature;
  bool has_time_stamp = false;
  std::string time_stamp;     ///< DER; empty when there is not exactly one
  bool stamps_claim = false;  ///< `sigTst`: the stamp covers the claim, not the signature
};

/// @throws Error(kFormat) when it is not a COSE_Sign1 with a detached payload, an algorithm and
/// certificates.
CoseMessage parse_cose(std::string_view bytes);

/// Whether the first certificate's key made the signature over `payload`; false for an algorithm
/// that is not known.
bool verify_cose(const CoseMessage& message, std::string_view payload);

/// What the time stamp of a message is taken over (C2PA 2.2, 10.3.2.5).
std::string stamped_bytes(const CoseMessage& message, std::string_view payload);

}  // namespace brandiron::watermark::c2pa
