#include "algorithms.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "brandiron/core/error.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr int kMinRsaBits = 2048;
// A larger key costs a verifier seconds and helps nobody.
constexpr int kMaxRsaBits = 16384;

constexpr SignatureAlgorithm kAlgorithms[] = {
    {Algorithm::kEs256, -7, "ES256", EVP_sha256, "prime256v1", 32},
    {Algorithm::kEs384, -35, "ES384", EVP_sha384, "secp384r1", 48},
    {Algorithm::kEs512, -36, "ES512", EVP_sha512, "secp521r1", 66},
    {Algorithm::kPs256, -37, "PS256", EVP_sha256, nullptr, 0},
    {Algorithm::kPs384, -38, "PS384", EVP_sha384, nullptr, 0},
    {Algorithm::kPs512, -39, "PS512", EVP_sha512, nullptr, 0},
    {Algorithm::kEd25519, -8, "EdDSA", nullptr, nullptr, 0},
};

bool on_curve(EVP_PKEY* key, std::string_view group) {
  char found[64] = {};
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, found, sizeof found, nullptr) == 1 && found == group;
}

bool is_rsa(EVP_PKEY* key) {
  const int id = EVP_PKEY_get_base_id(key);
  const int bits = EVP_PKEY_get_bits(key);
  return (id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS) && bits >= kMinRsaBits &&
         bits <= kMaxRsaBits;
}

const EVP_MD* digest_of(const SignatureAlgorithm& algorithm) {
  return algorithm.digest != nullptr ? algorithm.digest() : nullptr;
}

// PSS with a salt as long as the hash (RFC 8230, 2).
bool prepare(const SignatureAlgorithm& algorithm, EVP_PKEY_CTX* context) {
  if (algorithm.group != nullptr || algorithm.digest == nullptr) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, algorithm.digest()) == 1;
}

std::string der_signature(std::string_view raw) {
  const SignaturePtr pair(ECDSA_SIG_new());
  const int half = static_cast<int>(raw.size() / 2);
  BnPtr r(BN_bin2bn(as_octets(raw), half, nullptr));
  BnPtr s(BN_bin2bn(as_octets(raw) + half, half, nullptr));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* bytes = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

const SignatureAlgorithm* algorithm_of(std::int64_t cose_id) {
  for (const SignatureAlgorithm& algorithm : kAlgorithms) {
    if (algorithm.cose_id == cose_id) return &algorithm;
  }
  return nullptr;
}

const SignatureAlgorithm& algorithm_of(Algorithm wanted) {
  for (const SignatureAlgorithm& algorithm : kAlgorithms) {
    if (algorithm.algorithm == wanted) return algorithm;
  }
  throw Error(ErrorCode::kInternal, "C2PA: an algorithm that is not in the table");
}

bool fits(const SignatureAlgorithm& algorithm, EVP_PKEY* key) {
  if (key == nullptr) return false;
  if (algorithm.group != nullptr) return on_curve(key, algorithm.group);
  if (algorithm.digest != nullptr) return is_rsa(key);
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
}

const SignatureAlgorithm* algorithm_for(EVP_PKEY* key) {
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS) {
    int hash = NID_undef;  // 2: no other hash may be used
    if (EVP_PKEY_get_default_digest_nid(key, &hash) == 2) {
      for (const SignatureAlgorithm& algorithm : kAlgorithms) {
        const EVP_MD* digest = digest_of(algorithm);
        if (fits(algorithm, key) && digest != nullptr && EVP_MD_get_type(digest) == hash) {
          return &algorithm;
        }
      }
      return nullptr;
    }
  }
  for (const SignatureAlgorithm& algorithm : kAlgorithms) {
    if (fits(algorithm, key)) return &algorithm;
  }
  return nullptr;
}

std::size_t signature_bytes(const SignatureAlgorithm& algorithm, EVP_PKEY* key) {
  if (algorithm.number_bytes > 0) return 2 * algorithm.number_bytes;
  return static_cast<std::size_t>(EVP_PKEY_get_size(key));
}

std::string raw_signature(const SignatureAlgorithm& algorithm, std::string_view der) {
  const unsigned char* at = as_octets(der);
  const SignaturePtr pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * algorithm.number_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  const int size = static_cast<int>(algorithm.number_bytes);
  const bool good = pair && at == as_octets(der) + der.size() &&
                    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, size) == size &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + size, size) == size;
  ERR_clear_error();
  return good ? raw : std::string();
}

std::string sign_bytes(const SignatureAlgorithm& algorithm, EVP_PKEY* private_key,
                       std::string_view bytes) {
  const MdContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;
  std::size_t size = 0;
  std::string signature;
  bool good = context &&
              EVP_DigestSignInit(context.get(), &settings, digest_of(algorithm), nullptr,
                                 private_key) == 1 &&
              prepare(algorithm, settings) &&
              EVP_DigestSign(context.get(), nullptr, &size, as_octets(bytes), bytes.size()) == 1;
  signature.resize(size);
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                &size, as_octets(bytes), bytes.size()) == 1;
  ERR_clear_error();
  signature.resize(size);
  if (good && algorithm.number_bytes > 0) signature = raw_signature(algorithm, signature);
  if (!good || signature.empty()) throw Error(ErrorCode::kInternal, "OpenSSL: signing failed");
  return signature;
}

bool verify_bytes(const SignatureAlgorithm& algorithm, EVP_PKEY* key, std::string_view signature,
                  std::string_view bytes) {
  bool good = false;
  if (fits(algorithm, key) && signature.size() == signature_bytes(algorithm, key)) {
    const std::string der =
        algorithm.number_bytes > 0 ? der_signature(signature) : std::string(signature);
    const MdContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* settings = nullptr;
    good =
        context && !der.empty() &&
        EVP_DigestVerifyInit(context.get(), &settings, digest_of(algorithm), nullptr, key) == 1 &&
        prepare(algorithm, settings) &&
        EVP_DigestVerify(context.get(), as_octets(der), der.size(), as_octets(bytes),
                         bytes.size()) == 1;
  }
  ERR_clear_error();
  return good;
}

}  // namespace brandiron::watermark::c2pa
