#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certificates.h"

namespace brandiron::watermark::c2pa {

/// Signs claims: ES256, with the chain in the protected header.
class CoseSigner {
 public:
  /// @throws Error(kFormat) when the PEM texts cannot be read, Error(kInvalidArgument) when the key
  /// is not on P-256, does not belong to the first certificate, or that may not sign claims.
  CoseSigner(std::string_view chain_pem, std::string_view key_pem);

  /// COSE_Sign1 (tag 18) with a detached payload. The size depends on the chain alone.
  std::string sign(std::string_view payload) const;
  /// As many bytes as `sign` will return.
  std::string placeholder() const;

 private:
  std::string message(std::string signature) const;

  KeyPtr key_;
  std::string protected_;
};

/// A COSE_Sign1 that was read.
struct CoseMessage {
  std::int64_t algorithm = 0;
  std::string protected_header;
  std::vector<CertificatePtr> chain;  ///< end entity first, never empty
  std::string signature;
  bool has_time_stamp = false;
};

/// @throws Error(kFormat) when it is not a COSE_Sign1 with a detached payload, an algorithm and
/// certificates.
CoseMessage parse_cose(std::string_view bytes);

/// Whether ES256, ES384 or ES512: those that `verify_cose` knows.
bool known_algorithm(std::int64_t algorithm);
/// Whether the first certificate's key made the signature over `payload`.
bool verify_cose(const CoseMessage& message, std::string_view payload);

}  // namespace brandiron::watermark::c2pa
