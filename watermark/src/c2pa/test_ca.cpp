#include <openssl/err.h>
#include <openssl/pem.h>

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

KeyPtr new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
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

CertificatePtr make_root(EVP_PKEY* key, const std::string& organization, int days) {
  CertificatePtr root = bare_certificate(key, organization, "Test Root", days);
  X509* c = root.get();
  require(X509_set_issuer_name(c, X509_get_subject_name(c)) == 1, "naming the issuer");
  add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(c, c, NID_subject_key_identifier, "hash");
  require(X509_sign(c, key, EVP_sha256()) > 0, "signing the root");
  return root;
}

CertificatePtr make_end_entity(EVP_PKEY* key, X509* root, EVP_PKEY* root_key,
                               const std::string& organization, int days) {
  CertificatePtr end = bare_certificate(key, organization, "Test Signing Certificate", days);
  X509* c = end.get();
  require(X509_set_issuer_name(c, X509_get_subject_name(root)) == 1, "naming the issuer");
  add_extension(c, root, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(c, root, NID_key_usage, "critical,digitalSignature");
  add_extension(c, root, NID_ext_key_usage, "critical,emailProtection");
  add_extension(c, root, NID_subject_key_identifier, "hash");
  add_extension(c, root, NID_authority_key_identifier, "keyid");
  require(X509_sign(c, root_key, EVP_sha256()) > 0, "signing the certificate");
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

void make_test_ca(const std::filesystem::path& folder, const std::string& organization, int days) {
  if (organization.empty() || organization.size() > 64 || days < 1 || days > 36500) {
    throw Error(ErrorCode::kInvalidArgument,
                "test certificates: expected an organisation of 1 to 64 bytes and 1 to 36500 days");
  }
  for (const char* name : {"root.pem", "chain.pem", "signing.key"}) {
    if (std::filesystem::exists(folder / name)) {
      throw Error(ErrorCode::kOutput, (folder / name).string() + ": exists; choose another folder");
    }
  }
  const KeyPtr root_key = new_key();
  const KeyPtr key = new_key();
  const CertificatePtr root = make_root(root_key.get(), organization, days);
  const CertificatePtr end =
      make_end_entity(key.get(), root.get(), root_key.get(), organization, days);
  write_file(folder / "signing.key", to_pem(key.get()), false, 0600);
  write_file(folder / "chain.pem", to_pem(end.get()) + to_pem(root.get()));
  write_file(folder / "root.pem", to_pem(root.get()));
}

}  // namespace brandiron::watermark::c2pa
