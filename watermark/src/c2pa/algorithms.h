#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "brandiron/watermark/c2pa.h"
#include "openssl_objects.h"

namespace brandiron::watermark::c2pa {

/// One of the signature algorithms that C2PA allows (2.2, 13.2.1).
struct SignatureAlgorithm {
  Algorithm algorithm;
  std::int64_t cose_id;
  const char* name;
  const EVP_MD* (*digest)();  ///< null for EdDSA, which hashes by itself
  const char* group;          ///< the curve; null for RSA and EdDSA
  std::size_t number_bytes;   ///< of r and s; 0 for RSA and EdDSA
};

/// Null when COSE's number is none of them.
const SignatureAlgorithm* algorithm_of(std::int64_t cose_id);
const SignatureAlgorithm& algorithm_of(Algorithm algorithm);
/// The algorithm a key calls for: ES256, ES384 or ES512 by its curve, PS256 for RSA (PS384 or PS512
/// when the key is bound to that hash), EdDSA for Ed25519. Null for other keys and for RSA under
/// 2048 bits.
const SignatureAlgorithm* algorithm_for(EVP_PKEY* key);
/// Whether a key of that kind can be used with the algorithm.
bool fits(const SignatureAlgorithm& algorithm, EVP_PKEY* key);

/// How long the algorithm's signatures under that key are as COSE writes them, in bytes.
std::size_t signature_bytes(const SignatureAlgorithm& algorithm, EVP_PKEY* key);
/// COSE's form of the signature. @throws Error(kInternal) when OpenSSL refuses.
std::string sign_bytes(const SignatureAlgorithm& algorithm, EVP_PKEY* private_key,
                       std::string_view bytes);
/// Whether `signature`, in COSE's form, is the key's over `bytes`.
bool verify_bytes(const SignatureAlgorithm& algorithm, EVP_PKEY* key, std::string_view signature,
                  std::string_view bytes);
/// COSE's r || s from the DER form of an ECDSA signature; empty when it is none that fits.
std::string raw_signature(const SignatureAlgorithm& algorithm, std::string_view der);

}  // namespace brandiron::watermark::c2pa
