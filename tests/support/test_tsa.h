#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>

#include <filesystem>
#include <functional>
#include <string>

#include "brandiron/core/files.h"

namespace brandiron::testing {

/// A time-stamping authority in this process, with tsa.pem and tsa.key of `make_test_ca`.
class TestTsa {
 public:
  /// `ballast` copies of the certificate make the answers larger.
  explicit TestTsa(const std::filesystem::path& folder, int ballast = 0)
      : chain_(read_file(folder / "tsa.pem")),
        key_(read_file(folder / "tsa.key")),
        ballast_(ballast) {}

  std::function<std::string(const std::string&)> transport() {
    return [this](const std::string& request) { return answer(request); };
  }
  /// Empty when OpenSSL refuses.
  std::string answer(const std::string& request) {
    ++calls_;
    BIO* chain = BIO_new_mem_buf(chain_.data(), static_cast<int>(chain_.size()));
    BIO* key = BIO_new_mem_buf(key_.data(), static_cast<int>(key_.size()));
    BIO* query = BIO_new_mem_buf(request.data(), static_cast<int>(request.size()));
    X509* certificate = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
    EVP_PKEY* private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    TS_RESP_CTX* context = TS_RESP_CTX_new();
    ASN1_OBJECT* policy = OBJ_txt2obj("1.2.3.4.1", 1);
    TS_RESP_CTX_set_signer_cert(context, certificate);
    TS_RESP_CTX_set_signer_key(context, private_key);
    TS_RESP_CTX_set_def_policy(context, policy);
    TS_RESP_CTX_set_signer_digest(context, EVP_sha256());
    TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256());
    TS_RESP_CTX_add_md(context, EVP_sha256());
    STACK_OF(X509)* more = sk_X509_new_null();
    for (int i = 0; i < ballast_; ++i) sk_X509_push(more, certificate);
    TS_RESP_CTX_set_certs(context, more);
    TS_RESP* response = TS_RESP_create_response(context, query);
    unsigned char* bytes = nullptr;
    const int size = response != nullptr ? i2d_TS_RESP(response, &bytes) : 0;
    const std::string der(reinterpret_cast<const char*>(bytes),
                          size > 0 ? static_cast<std::size_t>(size) : 0);
    OPENSSL_free(bytes);
    TS_RESP_free(response);
    sk_X509_free(more);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(context);
    EVP_PKEY_free(private_key);
    X509_free(certificate);
    for (BIO* bio : {chain, key, query}) BIO_free(bio);
    ERR_clear_error();
    return der;
  }
  int calls() const { return calls_; }

 private:
  std::string chain_, key_;
  int ballast_;
  int calls_ = 0;
};

}  // namespace brandiron::testing
