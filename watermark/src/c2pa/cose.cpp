#include "cose.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "brandiron/core/error.h"
#include "cbor.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::int64_t kAlgorithmLabel = 1, kChainLabel = 33;
constexpr std::uint64_t kSign1Tag = 18;
constexpr std::size_t kMaxChain = 16;
constexpr std::size_t kRoundTo = 512;

struct Algorithm {
  std::int64_t id;
  const EVP_MD* (*digest)();
  const char* group;
  std::size_t number_bytes;
};
constexpr Algorithm kAlgorithms[] = {{-7, EVP_sha256, "prime256v1", 32},
                                     {-35, EVP_sha384, "secp384r1", 48},
                                     {-36, EVP_sha512, "secp521r1", 66}};
constexpr const Algorithm& kEs256 = kAlgorithms[0];

const Algorithm* algorithm_of(std::int64_t id) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.id == id) return &algorithm;
  }
  return nullptr;
}

bool on_curve(EVP_PKEY* key, const char* group) {
  char found[64] = {};
  return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, found, sizeof found, nullptr) == 1 &&
         std::string_view(found) == group;
}

// What is signed (RFC 9052, 4.4).
std::string to_be_signed(const std::string& protected_header, std::string_view payload) {
  return Cbor::array({Cbor::text("Signature1"), Cbor::bytes(protected_header), Cbor::bytes(""),
                      Cbor::bytes(std::string(payload))})
      .encode();
}

// COSE's r || s from OpenSSL's DER, and back.
std::string raw_signature(std::string_view der, std::size_t number_bytes) {
  const unsigned char* at = as_octets(der);
  const SignaturePtr pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * number_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  const int size = static_cast<int>(number_bytes);
  if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, size) != size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + size, size) != size) {
    throw Error(ErrorCode::kInternal, "OpenSSL: unexpected signature");
  }
  return raw;
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

std::string protected_header(const std::vector<CertificatePtr>& chain) {
  std::vector<Cbor> items;
  for (const auto& certificate : chain) {
    // The root is the verifier's to know.
    const bool root = (X509_get_extension_flags(certificate.get()) & EXFLAG_SS) != 0;
    if (items.empty() || !root) items.push_back(Cbor::bytes(certificate_to_der(certificate.get())));
  }
  Cbor certificates = items.size() == 1 ? items.front() : Cbor::array(items);
  return Cbor::map({{Cbor::integer(kAlgorithmLabel), Cbor::integer(kEs256.id)},
                    {Cbor::integer(kChainLabel), std::move(certificates)}})
      .encode();
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kFormat, "COSE_Sign1: " + why);
}

std::vector<CertificatePtr> read_chain(const Cbor& header) {
  const Cbor* found = header.find(kChainLabel);
  if (found == nullptr) found = header.find("x5chain");
  std::vector<CertificatePtr> chain;
  if (found == nullptr) return chain;
  const std::vector<Cbor> one{*found};
  const auto& items = found->is(Cbor::Kind::kArray) ? found->items() : one;
  if (items.size() > kMaxChain) refuse("more than 16 certificates");
  for (const Cbor& item : items) {
    if (!item.is(Cbor::Kind::kBytes)) refuse("a certificate that is no byte string");
    chain.push_back(certificate_from_der(item.string()));
    if (!chain.back()) refuse("a certificate that is not X.509");
  }
  return chain;
}

}  // namespace

CoseSigner::CoseSigner(std::string_view chain_pem, std::string_view key_pem) {
  const auto chain = certificates_from_pem(chain_pem, "certificate chain");
  const BioPtr bio = memory_bio(key_pem);
  // An empty pass phrase: never a prompt.
  char no_phrase[] = "";
  key_.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_phrase));
  ERR_clear_error();
  if (!key_) {
    throw Error(ErrorCode::kFormat,
                "signing key: not a private key in PEM without a pass phrase; `openssl pkcs8 "
                "-topk8 -nocrypt` writes one");
  }
  if (!on_curve(key_.get(), kEs256.group)) {
    throw Error(ErrorCode::kInvalidArgument, "signing key: not on P-256, which ES256 needs");
  }
  if (X509_check_private_key(chain[0].get(), key_.get()) != 1) {
    ERR_clear_error();
    throw Error(ErrorCode::kInvalidArgument,
                "signing key: does not belong to the first certificate of the chain");
  }
  const std::string breach = profile_breach(chain[0].get());
  if (!breach.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "certificate chain: the first certificate may not sign claims: " + breach);
  }
  protected_ = protected_header(chain);
}

std::string CoseSigner::message(std::string signature) const {
  const auto with_pad = [&](std::size_t pad) {
    return Cbor::tag(kSign1Tag,
                     Cbor::array({Cbor::bytes(protected_),
                                  Cbor::record({{"pad", Cbor::bytes(std::string(pad, '\0'))}}),
                                  Cbor::null(), Cbor::bytes(signature)}))
        .encode();
  };
  // Padded to a round size that is known before anything is hashed.
  const std::size_t bare = with_pad(0).size();
  const std::size_t wanted = (bare + 2 * kRoundTo - 1) / kRoundTo * kRoundTo;
  std::size_t pad = wanted - bare;
  while (with_pad(pad).size() > wanted) --pad;
  return with_pad(pad);
}

std::string CoseSigner::placeholder() const {
  return message(std::string(2 * kEs256.number_bytes, '\0'));
}

std::string CoseSigner::sign(std::string_view payload) const {
  const std::string input = to_be_signed(protected_, payload);
  const MdContextPtr context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string der;
  const auto* bytes = as_octets(input);
  bool good =
      context &&
      EVP_DigestSignInit(context.get(), nullptr, kEs256.digest(), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()) == 1;
  der.resize(size);
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                                bytes, input.size()) == 1;
  if (!good) {
    ERR_clear_error();
    throw Error(ErrorCode::kInternal, "OpenSSL: signing failed");
  }
  der.resize(size);
  return message(raw_signature(der, kEs256.number_bytes));
}

CoseMessage parse_cose(std::string_view bytes) {
  const Cbor whole = Cbor::decode(bytes);
  const bool tagged = whole.is(Cbor::Kind::kTag);
  if (tagged && whole.number() != kSign1Tag) refuse("another tag than 18");
  const Cbor& body = tagged ? whole.items().front() : whole;
  if (!body.is(Cbor::Kind::kArray) || body.items().size() != 4) refuse("not an array of four");
  const auto& parts = body.items();
  if (!parts[0].is(Cbor::Kind::kBytes) || !parts[1].is(Cbor::Kind::kMap) || !parts[2].is_null() ||
      !parts[3].is(Cbor::Kind::kBytes)) {
    refuse("expected protected header, map, nil, signature");
  }
  for (const char* name : {"pad", "pad2"}) {
    const Cbor* pad = parts[1].find(name, Cbor::Kind::kBytes);
    if (pad != nullptr && pad->string().find_first_not_of('\0') != std::string::npos) {
      refuse("padding that is not zero");
    }
  }
  CoseMessage message;
  message.protected_header = parts[0].string();
  message.signature = parts[3].string();
  message.has_time_stamp =
      parts[1].find("sigTst") != nullptr || parts[1].find("sigTst2") != nullptr;
  const Cbor header = Cbor::decode(message.protected_header);
  const Cbor* algorithm = header.find(kAlgorithmLabel);
  if (algorithm == nullptr || !algorithm->is(Cbor::Kind::kNegative) ||
      algorithm->number() > 0xFFFF) {
    refuse("no signature algorithm in the protected header");
  }
  message.algorithm = -1 - static_cast<std::int64_t>(algorithm->number());
  message.chain = read_chain(header);
  if (message.chain.empty()) message.chain = read_chain(parts[1]);
  if (message.chain.empty()) refuse("no certificates");
  return message;
}

bool known_algorithm(std::int64_t algorithm) { return algorithm_of(algorithm) != nullptr; }

bool verify_cose(const CoseMessage& message, std::string_view payload) {
  const Algorithm* algorithm = algorithm_of(message.algorithm);
  EVP_PKEY* key = X509_get0_pubkey(message.chain.front().get());
  bool good = false;
  if (algorithm != nullptr && on_curve(key, algorithm->group) &&
      message.signature.size() == 2 * algorithm->number_bytes) {
    const std::string der = der_signature(message.signature);
    const std::string input = to_be_signed(message.protected_header, payload);
    const MdContextPtr context(EVP_MD_CTX_new());
    good = context && !der.empty() &&
           EVP_DigestVerifyInit(context.get(), nullptr, algorithm->digest(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), as_octets(der), der.size(), as_octets(input),
                            input.size()) == 1;
  }
  ERR_clear_error();
  return good;
}

}  // namespace brandiron::watermark::c2pa
