#include "cose.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <utility>

#include "brandiron/core/error.h"
#include "cbor.h"
#include "time_stamp.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::int64_t kAlgorithmLabel = 1, kChainLabel = 33;
constexpr std::uint64_t kSign1Tag = 18;
constexpr std::size_t kMaxChain = 16;
constexpr std::size_t kRoundTo = 512;
// What public authorities send with their certificates is 3 to 7 kB.
constexpr std::size_t kUsualTokenBytes = 6144;

// What is signed (RFC 9052, 4.4).
std::string to_be_signed(const char* context, const std::string& protected_header,
                         std::string_view payload) {
  return Cbor::array({Cbor::text(context), Cbor::bytes(protected_header), Cbor::bytes(""),
                      Cbor::bytes(std::string(payload))})
      .encode();
}

std::string protected_header(const std::vector<CertificatePtr>& chain, std::int64_t algorithm) {
  std::vector<Cbor> items;
  for (const auto& certificate : chain) {
    // The root is the verifier's to know.
    const bool root = (X509_get_extension_flags(certificate.get()) & EXFLAG_SS) != 0;
    if (items.empty() || !root) items.push_back(Cbor::bytes(certificate_to_der(certificate.get())));
  }
  Cbor certificates = items.size() == 1 ? items.front() : Cbor::array(items);
  return Cbor::map({{Cbor::integer(kAlgorithmLabel), Cbor::integer(algorithm)},
                    {Cbor::integer(kChainLabel), std::move(certificates)}})
      .encode();
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kFormat, "COSE_Sign1: " + why);
}

[[noreturn]] void refuse_credentials(const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument, why);
}

KeyPtr read_key(std::string_view pem) {
  const BioPtr bio = memory_bio(pem);
  // An empty pass phrase: never a prompt.
  char no_phrase[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_phrase));
  ERR_clear_error();
  if (!key) {
    throw Error(ErrorCode::kFormat,
                "signing key: not a private key in PEM without a pass phrase; `openssl pkcs8 "
                "-topk8 -nocrypt` writes one");
  }
  return key;
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

// {"tstTokens": [{"val": DER}]}: one is allowed.
void read_time_stamp(const Cbor& header, CoseMessage& message) {
  const Cbor* container = header.find("sigTst2");
  message.stamps_claim = container == nullptr;
  if (container == nullptr) container = header.find("sigTst");
  message.has_time_stamp = container != nullptr;
  if (container == nullptr) return;
  const Cbor* tokens = container->find("tstTokens", Cbor::Kind::kArray);
  if (tokens == nullptr || tokens->items().size() != 1) return;
  const Cbor* token = tokens->items().front().find("val", Cbor::Kind::kBytes);
  if (token != nullptr) message.time_stamp = token->string();
}

}  // namespace

CoseSigner::CoseSigner(const Credentials& credentials)
    : signer_(credentials.signer), time_stamp_(credentials.time_stamp) {
  auto chain = certificates_from_pem(credentials.chain_pem, "certificate chain");
  EVP_PKEY* key = X509_get0_pubkey(chain[0].get());
  if (!signer_) {
    key_ = read_key(credentials.key_pem);
    key = key_.get();
  }
  algorithm_ = credentials.algorithm ? &algorithm_of(*credentials.algorithm) : algorithm_for(key);
  if (algorithm_ == nullptr || !fits(*algorithm_, key)) {
    refuse_credentials(
        std::string("signing key: not one for ") +
        (credentials.algorithm ? algorithm_->name : "C2PA") +
        ", expected EC on P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more");
  }
  if (key_ && X509_check_private_key(chain[0].get(), key_.get()) != 1) {
    ERR_clear_error();
    refuse_credentials("signing key: does not belong to the first certificate of the chain");
  }
  const std::string breach = profile_breach(chain[0].get());
  if (!breach.empty()) {
    refuse_credentials("certificate chain: the first certificate may not sign claims: " + breach);
  }
  protected_ = protected_header(chain, algorithm_->cose_id);
  certificate_ = std::move(chain[0]);
  if (time_stamp_) token_room_ = kUsualTokenBytes;
}

std::string CoseSigner::message(const std::string& signature, const std::string& token) const {
  const auto with_pad = [&](std::size_t pad, const std::string& stamp) {
    std::vector<std::pair<std::string, Cbor>> header{{"pad", Cbor::bytes(std::string(pad, '\0'))}};
    if (!stamp.empty()) {
      const Cbor tokens = Cbor::array({Cbor::record({{"val", Cbor::bytes(stamp)}})});
      header.emplace_back("sigTst2", Cbor::record({{"tstTokens", tokens}}));
    }
    return Cbor::tag(kSign1Tag,
                     Cbor::array({Cbor::bytes(protected_), Cbor::record(std::move(header)),
                                  Cbor::null(), Cbor::bytes(signature)}))
        .encode();
  };
  // Padded to a round size that is known before anything is hashed.
  const std::size_t full = with_pad(0, std::string(token_room_, '\0')).size();
  const std::size_t wanted = (full + 2 * kRoundTo - 1) / kRoundTo * kRoundTo;
  std::size_t pad = wanted - with_pad(0, token).size();
  while (with_pad(pad, token).size() > wanted) --pad;
  return with_pad(pad, token);
}

std::string CoseSigner::placeholder() const {
  return message(
      std::string(signature_bytes(*algorithm_, X509_get0_pubkey(certificate_.get())), '\0'),
      std::string(token_room_, '\0'));
}

// Hardware and services give DER or COSE's own form; only the certificate can tell.
std::string CoseSigner::raw_from_callback(const std::string& input) const {
  EVP_PKEY* key = X509_get0_pubkey(certificate_.get());
  const std::string found = signer_(input);
  for (const std::string& raw : {found, raw_signature(*algorithm_, found)}) {
    if (verify_bytes(*algorithm_, key, raw, input)) return raw;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "signing callback: " + std::to_string(found.size()) + " bytes that are no " +
                  algorithm_->name +
                  " signature of the first certificate's key over what was to be signed");
}

std::string CoseSigner::sign(std::string_view payload) {
  const std::string input = to_be_signed("Signature1", protected_, payload);
  CoseMessage done;
  done.protected_header = protected_;
  done.signature = signer_ ? raw_from_callback(input) : sign_bytes(*algorithm_, key_.get(), input);
  std::string token;
  if (time_stamp_) {
    token = request_time_stamp(time_stamp_, stamped_bytes(done, payload));
    token_room_ = std::max(token_room_, token.size() + kRoundTo);
  }
  return message(done.signature, token);
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
  read_time_stamp(parts[1], message);
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

bool verify_cose(const CoseMessage& message, std::string_view payload) {
  const SignatureAlgorithm* algorithm = algorithm_of(message.algorithm);
  return algorithm != nullptr &&
         verify_bytes(*algorithm, X509_get0_pubkey(message.chain.front().get()), message.signature,
                      to_be_signed("Signature1", message.protected_header, payload));
}

std::string stamped_bytes(const CoseMessage& message, std::string_view payload) {
  const std::string signature = Cbor::bytes(message.signature).encode();
  return to_be_signed("CounterSignature", message.protected_header,
                      message.stamps_claim ? payload : std::string_view(signature));
}

}  // namespace brandiron::watermark::c2pa
