#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <filesystem>
#include <string>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/watermark/c2pa.h"
#include "openssl_objects.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr long kSecondsADay = 86400;

void require(bool condition, const char* what) {
  if (condition) return;
  ERR_clear_error();
  throw Error(ErrorCode::kInternal, std::string("OpenSSL: ") + what + " failed");
}

KeyPtr new_key(Algorithm algorithm = Algorithm::kEs256) {
  KeyPtr key;
  switch (algorithm) {
    case Algorithm::kEs256:
      key.reset(EVP_EC_gen("P-256"));
      break;
    case Algorithm::kEs384:
      key.reset(EVP_EC_gen("P-384"));
      break;
    case Algorithm::kEs512:
      key.reset(EVP_EC_gen("P-521"));
      break;
    case Algorithm::kPs256:
    case Algorithm::kPs384:
    case Algorithm::kPs512:
      key.reset(EVP_RSA_gen(std::size_t{2048}));
      break;
    case Algorithm::kEd25519:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
  }
  require(key != nullptr, "key generation");
  return key;
}

void set_name(X509_NAME* name, const std::string& organization, const std::string& common) {
  const auto add = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, as_octets(value),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  require(add("O", organization) && add("CN", common), "naming a certificate (64 bytes at most)");
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "an extension");
}

// Version 3, random serial number, valid from an hour ago.
CertificatePtr bare_certificate(EVP_PKEY* key, const std::string& organization,
                                const std::string& common, int days) {
  CertificatePtr certificate(X509_new());
  require(certificate != nullptr, "a certificate");
  X509* c = certificate.get();
  std::string serial = secure_random_bytes(16);
  serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x3FU) | 0x40U);
  const BnPtr number(BN_bin2bn(as_octets(serial), static_cast<int>(serial.size()), nullptr));
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(c)) != nullptr &&
              X509_set_version(c, X509_VERSION_3) == 1 && X509_set_pubkey(c, key) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(c), -3600) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(c), days * kSecondsADay) != nullptr,
          "filling a certificate");
  set_name(X509_get_subject_name(c), organization, common);
  return certificate;
}

struct Authority {
  KeyPtr key;
  CertificatePtr certificate;
};

// Issued by `issuer`, or by itself when that is null.
Authority make_authority(const Authority* issuer, const std::string& organization,
                         const std::string& name, int days) {
  Authority made;
  made.key = new_key();
  made.certificate = bare_certificate(made.key.get(), organization, name, days);
  X509* c = made.certificate.get();
  X509* by = issuer != nullptr ? issuer->certificate.get() : c;
  require(X509_set_issuer_name(c, X509_get_subject_name(by)) == 1, "naming the issuer");
  add_extension(c, by, NID_basic_constraints,
                issuer != nullptr ? "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE");
  add_extension(c, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(c, by, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) add_extension(c, by, NID_authority_key_identifier, "keyid");
  EVP_PKEY* key = issuer != nullptr ? issuer->key.get() : made.key.get();
  require(X509_sign(c, key, EVP_sha256()) > 0, "signing an authority's certificate");
  return made;
}

CertificatePtr make_end_entity(EVP_PKEY* key, const Authority& issuer,
                               const std::string& organization, const std::string& name,
                               const char* purpose, int days) {
  CertificatePtr end = bare_certificate(key, organization, name, days);
  X509* c = end.get();
  X509* by = issuer.certificate.get();
  require(X509_set_issuer_name(c, X509_get_subject_name(by)) == 1, "naming the issuer");
  add_extension(c, by, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(c, by, NID_key_usage, "critical,digitalSignature");
  add_extension(c, by, NID_ext_key_usage, purpose);
  add_extension(c, by, NID_subject_key_identifier, "hash");
  add_extension(c, by, NID_authority_key_identifier, "keyid");
  require(X509_sign(c, issuer.key.get(), EVP_sha256()) > 0, "signing the certificate");
  return end;
}

std::string taken(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
  return taken(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1,
          "writing a key");
  return taken(bio.get());
}

}  // namespace

void make_test_ca(const std::filesystem::path& folder, const std::string& organization, int days,
                  const TestCaOptions& options) {
  if (organization.empty() || organization.size() > 64 || days < 1 || days > 36500) {
    throw Error(ErrorCode::kInvalidArgument,
                "test certificates: expected an organisation of 1 to 64 bytes and 1 to 36500 days");
  }
  for (const char* name : {"root.pem", "chain.pem", "signing.key", "tsa.pem", "tsa.key"}) {
    if (std::filesystem::exists(folder / name)) {
      throw Error(ErrorCode::kOutput, (folder / name).string() + ": exists; choose another folder");
    }
  }
  const Authority root = make_authority(nullptr, organization, "Test Root", days);
  const std::string root_pem = to_pem(root.certificate.get());
  Authority issuing;
  std::string issuers_pem = root_pem;
  if (options.intermediate) {
    issuing = make_authority(&root, organization, "Test Issuer", days);
    issuers_pem = to_pem(issuing.certificate.get()) + root_pem;
  }
  const KeyPtr key = new_key(options.algorithm);
  const CertificatePtr end =
      make_end_entity(key.get(), options.intermediate ? issuing : root, organization,
                      "Test Signing Certificate", "critical,emailProtection", days);
  write_file(folder / "signing.key", to_pem(key.get()), false, 0600);
  write_file(folder / "chain.pem", to_pem(end.get()) + issuers_pem);
  if (options.time_stamping) {
    const KeyPtr tsa_key = new_key();
    const CertificatePtr tsa =
        make_end_entity(tsa_key.get(), root, organization, "Test Time-Stamping Authority",
                        "critical,timeStamping", days);
    write_file(folder / "tsa.key", to_pem(tsa_key.get()), false, 0600);
    write_file(folder / "tsa.pem", to_pem(tsa.get()) + root_pem);
  }
  write_file(folder / "root.pem", root_pem);
}

}  // namespace brandiron::watermark::c2pa
