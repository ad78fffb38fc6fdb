#include "time_stamp.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>

#include <ctime>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "certificates.h"
#include "data_hash.h"

namespace brandiron::watermark::c2pa {
namespace {

using RequestPtr = std::unique_ptr<TS_REQ, Freed<TS_REQ_free>>;
using ResponsePtr = std::unique_ptr<TS_RESP, Freed<TS_RESP_free>>;
using TokenPtr = std::unique_ptr<PKCS7, Freed<PKCS7_free>>;
using InfoPtr = std::unique_ptr<TS_TST_INFO, Freed<TS_TST_INFO_free>>;
using ImprintPtr = std::unique_ptr<TS_MSG_IMPRINT, Freed<TS_MSG_IMPRINT_free>>;
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Freed<X509_ALGOR_free>>;
using NumberPtr = std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>>;

// Public ones have 3 to 7 kB; each certificate in them costs time.
constexpr std::size_t kMaxTokenBytes = std::size_t{1} << 16U;

[[noreturn]] void refuse(const std::string& why) {
  ERR_clear_error();
  throw Error(ErrorCode::kFormat, "time stamp: " + why);
}

template <class T>
std::string to_der(T* object, int (*write)(const T*, unsigned char**)) {
  unsigned char* bytes = nullptr;
  const int size = write(object, &bytes);
  if (size <= 0) refuse("OpenSSL cannot write it");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

TokenPtr read_token(std::string_view der) {
  if (der.size() > kMaxTokenBytes) return nullptr;
  const unsigned char* end = as_octets(der) + der.size();
  const unsigned char* at = as_octets(der);
  TokenPtr token(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
  if (!token) {
    at = as_octets(der);
    const ResponsePtr response(d2i_TS_RESP(nullptr, &at, static_cast<long>(der.size())));
    PKCS7* inside = response ? TS_RESP_get_token(response.get()) : nullptr;
    if (inside != nullptr) token.reset(PKCS7_dup(inside));
  }
  ERR_clear_error();
  if (at != end || !token || !PKCS7_type_is_signed(token.get())) token.reset();
  return token;
}

RequestPtr make_request(std::string_view message) {
  RequestPtr request(TS_REQ_new());
  const ImprintPtr imprint(TS_MSG_IMPRINT_new());
  const AlgorithmPtr algorithm(X509_ALGOR_new());
  const NumberPtr nonce(ASN1_INTEGER_new());
  std::string digest = digest_of("sha256", message);
  std::string random = secure_random_bytes(8);
  random[0] = static_cast<char>((static_cast<unsigned char>(random[0]) & 0x3FU) | 0x40U);
  const BnPtr number(BN_bin2bn(as_octets(random), static_cast<int>(random.size()), nullptr));
  const bool good =
      request && imprint && algorithm && nonce && number &&
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(digest.data()),
                             static_cast<int>(digest.size())) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), nonce.get()) != nullptr &&
      TS_REQ_set_version(request.get(), 1) == 1 &&
      TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
      TS_REQ_set_nonce(request.get(), nonce.get()) == 1 &&
      TS_REQ_set_cert_req(request.get(), 1) == 1;
  if (!good) refuse("OpenSSL cannot make a request");
  return request;
}

// Only the hashes of C2PA: an authority may offer older ones.
bool imprint_matches(TS_TST_INFO* info, std::string_view message) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  if (imprint == nullptr) return false;
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  const int nid = OBJ_obj2nid(object);
  const char* name = nid == NID_sha256   ? "sha256"
                     : nid == NID_sha384 ? "sha384"
                     : nid == NID_sha512 ? "sha512"
                                         : "";
  const std::string wanted = digest_of(name, message);
  const ASN1_OCTET_STRING* found = TS_MSG_IMPRINT_get_msg(imprint);
  return !wanted.empty() && found != nullptr &&
         std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(found)),
                          static_cast<std::size_t>(ASN1_STRING_length(found))) == wanted;
}

// The one certificate in the token whose key signed it; null when none did.
X509* signer_of(PKCS7* token) {
  const BioPtr content(BIO_new(BIO_s_mem()));
  if (!content ||
      PKCS7_verify(token, nullptr, nullptr, nullptr, content.get(), PKCS7_NOVERIFY) != 1) {
    return nullptr;
  }
  const BorrowedStackPtr signers(PKCS7_get0_signers(token, nullptr, 0));
  return signers && sk_X509_num(signers.get()) == 1 ? sk_X509_value(signers.get(), 0) : nullptr;
}

bool time_of(TS_TST_INFO* info, std::int64_t& time_s) {
  std::tm parts{};
  const ASN1_GENERALIZEDTIME* time = TS_TST_INFO_get_time(info);
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return false;
  time_s = static_cast<std::int64_t>(::timegm(&parts));
  return true;
}

// Signature, signed certificate identifiers, purpose and chain, at the stamp's own time.
bool trusted(PKCS7* token, const std::vector<CertificatePtr>& anchors, std::int64_t time_s) {
  if (anchors.empty()) return false;
  const StorePtr store(X509_STORE_new());
  if (!store) return false;
  for (const auto& anchor : anchors) X509_STORE_add_cert(store.get(), anchor.get());
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(time_s));
  X509_VERIFY_PARAM_set_depth(rules, 8);
  X509_VERIFY_PARAM_set_auth_level(rules, 2);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509* signer = nullptr;
  const bool good = TS_RESP_verify_signature(token, nullptr, store.get(), &signer) == 1;
  const CertificatePtr owned(signer);
  return good;
}

}  // namespace

StampFinding judge_time_stamp(std::string_view der, std::string_view message,
                              const std::vector<CertificatePtr>& anchors) {
  using Kind = StampFinding::Kind;
  StampFinding finding;
  const auto settled = [&finding](Kind kind, const char* why) {
    ERR_clear_error();
    finding.kind = kind;
    finding.why = why;
    return finding;
  };
  const TokenPtr token = read_token(der);
  const InfoPtr info(token ? PKCS7_to_TS_TST_INFO(token.get()) : nullptr);
  if (!info || !time_of(info.get(), finding.time_s)) {
    return settled(Kind::kMalformed, "not an RFC 3161 time stamp");
  }
  X509* signer = signer_of(token.get());
  if (signer == nullptr) return settled(Kind::kMismatch, "not signed by its certificate");
  finding.authority = subject_of(signer);
  if (!imprint_matches(info.get(), message)) {
    return settled(Kind::kMismatch, "a time stamp for something else");
  }
  if (!valid_at(signer, finding.time_s)) {
    return settled(Kind::kOutsideValidity, "the authority's certificate was not valid then");
  }
  if (!trusted(token.get(), anchors, finding.time_s)) {
    return settled(Kind::kUntrusted, "no trust anchor vouches for the authority");
  }
  return settled(Kind::kTrusted, "");
}

std::string request_time_stamp(const std::function<std::string(const std::string&)>& transport,
                               std::string_view message) {
  const RequestPtr request = make_request(message);
  const std::string answer = transport(to_der<TS_REQ>(request.get(), i2d_TS_REQ));
  const unsigned char* at = as_octets(answer);
  if (answer.size() > kMaxTokenBytes) refuse("an answer over 64 KiB");
  const ResponsePtr response(d2i_TS_RESP(nullptr, &at, static_cast<long>(answer.size())));
  if (!response || at != as_octets(answer) + answer.size()) {
    refuse("the authority's answer is no TimeStampResp; is the URL that of a TSA?");
  }
  const long status =
      ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response.get())));
  PKCS7* token = TS_RESP_get_token(response.get());
  if ((status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) || token == nullptr) {
    refuse("the authority refused, status " + std::to_string(status));
  }
  TS_TST_INFO* info = TS_RESP_get_tst_info(response.get());
  const ASN1_INTEGER* nonce = info != nullptr ? TS_TST_INFO_get_nonce(info) : nullptr;
  if (nonce == nullptr || ASN1_INTEGER_cmp(nonce, TS_REQ_get_nonce(request.get())) != 0) {
    refuse("the authority answered another request");
  }
  const std::string der = to_der<PKCS7>(token, i2d_PKCS7);
  const StampFinding finding = judge_time_stamp(der, message, {});
  if (finding.kind != StampFinding::Kind::kUntrusted) {
    refuse("the authority's answer cannot be used: " + finding.why);
  }
  return der;
}

}  // namespace brandiron::watermark::c2pa
