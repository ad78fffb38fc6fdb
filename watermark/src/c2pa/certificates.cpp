#include "certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

#include "brandiron/core/error.h"
#include "utf8.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kMaxCertificates = 1000;
constexpr std::size_t kMaxPemBytes = std::size_t{16} << 20U;

// Extended key usages under which a claim may be signed: e-mail protection, document signing
// (RFC 9336), C2PA claim signing.
constexpr const char* kSigningPurposes[] = {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36",
                                            "1.3.6.1.4.1.62558.2.1"};
constexpr const char* kAnyPurpose = "2.5.29.37.0";

std::string purpose_breach(X509* certificate) {
  const PurposesPtr purposes(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  if (!purposes) return "no extended key usage";
  bool signing = false;
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i) {
    char oid[128] = {};
    OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(purposes.get(), i), 1);
    const std::string_view name(oid);
    if (name == kAnyPurpose) return "extended key usage anyExtendedKeyUsage";
    for (const char* wanted : kSigningPurposes) signing = signing || name == wanted;
  }
  return signing ? "" : "no extended key usage for signing documents, e-mail or claims";
}

std::string name_entry(X509* certificate, int nid) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return "";
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return "";
  std::string found(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  for (char& c : found) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return is_utf8(found) ? found : "";
}

}  // namespace

std::vector<CertificatePtr> certificates_from_pem(std::string_view pem, const std::string& what) {
  std::vector<CertificatePtr> found;
  if (pem.size() > kMaxPemBytes) throw Error(ErrorCode::kFormat, what + ": over 16 MiB of PEM");
  const BioPtr bio = memory_bio(pem);
  while (found.size() < kMaxCertificates) {
    CertificatePtr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    found.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (found.empty() || !at_end) {
    throw Error(ErrorCode::kFormat, what + ": found " + std::to_string(found.size()) +
                                        " good certificates and then something else, expected at "
                                        "least one PEM certificate and nothing broken");
  }
  return found;
}

CertificatePtr certificate_from_der(std::string_view der) {
  const unsigned char* at = as_octets(der);
  const unsigned char* end = at + der.size();
  CertificatePtr found(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (at != end) found.reset();
  return found;
}

std::string certificate_to_der(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size < 0) throw Error(ErrorCode::kInternal, "OpenSSL: a certificate cannot be written");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string profile_breach(X509* certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) return "malformed extensions";
  if (X509_get_version(certificate) != X509_VERSION_3) return "not an X.509 version 3 certificate";
  if (X509_check_ca(certificate) != 0) return "a certificate authority's own certificate";
  if ((flags & EXFLAG_SI) != 0) return "issued by itself";
  if ((flags & EXFLAG_KUSAGE) == 0 ||
      (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0) {
    return "no key usage digitalSignature";
  }
  if (X509_get_ext_by_NID(certificate, NID_authority_key_identifier, -1) < 0) {
    return "no authority key identifier";
  }
  return purpose_breach(certificate);
}

bool valid_at(X509* certificate, std::int64_t time_s) {
  std::time_t time = static_cast<std::time_t>(time_s);
  return X509_cmp_time(X509_get0_notBefore(certificate), &time) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &time) > 0;
}

std::string trust_breach(const std::vector<CertificatePtr>& chain,
                         const std::vector<CertificatePtr>& anchors, std::int64_t time_s) {
  if (anchors.empty()) return "no trust anchors were given";
  const StorePtr store(X509_STORE_new());
  const StoreContextPtr context(X509_STORE_CTX_new());
  const BorrowedStackPtr others(sk_X509_new_null());
  if (!store || !context || !others) throw Error(ErrorCode::kInternal, "OpenSSL: out of memory");
  for (const auto& anchor : anchors) X509_STORE_add_cert(store.get(), anchor.get());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), chain[i].get());
  std::string breach;
  if (X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), others.get()) != 1) {
    breach = "OpenSSL cannot check the chain";
  } else {
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(time_s));
    X509_VERIFY_PARAM_set_depth(rules, 8);
    X509_VERIFY_PARAM_set_auth_level(rules, 2);
    // An anchor may be an issuing certificate whose own root nobody listed.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context.get()) != 1) {
      breach = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    }
  }
  ERR_clear_error();
  return breach;
}

std::string subject_of(X509* certificate) {
  const std::string organization = name_entry(certificate, NID_organizationName);
  const std::string name = name_entry(certificate, NID_commonName);
  return organization.empty() || name.empty() ? organization + name : organization + ", " + name;
}

}  // namespace brandiron::watermark::c2pa
