#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "openssl_objects.h"

// RFC 3161 time stamps.

namespace brandiron::watermark::c2pa {

/// A TimeStampToken (DER) over the SHA-256 of `message` from whoever answers `transport`, with its
/// certificates; checked but for trust, which is the verifier's affair.
/// @throws Error(kFormat) when the answer is no time stamp for this request, and what the transport
/// throws.
std::string request_time_stamp(const std::function<std::string(const std::string&)>& transport,
                               std::string_view message);

/// What a token is worth.
struct StampFinding {
  enum class Kind {
    kMalformed,        ///< cannot be read
    kMismatch,         ///< for other bytes, or not signed by its certificate
    kOutsideValidity,  ///< the authority's certificate was not valid at its own time
    kUntrusted,        ///< intact, but no anchor vouches for the authority
    kTrusted
  };
  Kind kind = Kind::kMalformed;
  std::int64_t time_s = 0;  ///< Unix time; of all but malformed ones
  std::string authority;    ///< organisation and common name
  std::string why;
};

/// Judges a TimeStampToken, or a TimeStampResp that holds one, for `message`.
StampFinding judge_time_stamp(std::string_view der, std::string_view message,
                              const std::vector<CertificatePtr>& anchors);

}  // namespace brandiron::watermark::c2pa
