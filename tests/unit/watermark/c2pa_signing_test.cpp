#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ctime>
#include <string>
#include <utility>

#include "brandiron/core/error.h"
#include "tests/support/c2pa_files.h"
#include "tests/support/test_tsa.h"
#include "watermark/src/c2pa/algorithms.h"
#include "watermark/src/c2pa/certificates.h"
#include "watermark/src/c2pa/time_stamp.h"

// Every algorithm, keys that live elsewhere, and time stamps.

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::int64_t kYear = 366LL * 86400;

struct Authority {
  explicit Authority(const TestCaOptions& options, int days = 365) {
    make_test_ca(folder.path(), "Brandiron Tests", days, options);
  }
  Credentials credentials() const {
    return Credentials::read(folder / "chain.pem", folder / "signing.key");
  }
  Trust trust() const { return {read_file(folder / "root.pem"), {}}; }
  KeyPtr key() const {
    const std::string pem = read_file(folder / "signing.key");
    return KeyPtr(PEM_read_bio_PrivateKey(memory_bio(pem).get(), nullptr, nullptr, nullptr));
  }
  brandiron::testing::TemporaryFolder folder;
};

Disclosure plain_disclosure() {
  Disclosure disclosure;
  disclosure.generator_name = "brandiron";
  return disclosure;
}

TEST(C2paAlgorithms, KeysOfEveryKindSignWithAndWithoutAnIntermediate) {
  for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512,
                                    Algorithm::kPs256, Algorithm::kEd25519}) {
    const Authority authority({algorithm, algorithm != Algorithm::kEs256, false});
    const std::string out = sign(wav(), plain_disclosure(), authority.credentials());
    EXPECT_EQ(verify(out, authority.trust()).state, State::kTrusted)
        << algorithm_of(algorithm).name;
    std::string changed = out;
    changed[changed.find("claim_generator_info") + 30] ^= 1;
    EXPECT_EQ(verify(changed, authority.trust()).state, State::kInvalid);
  }
}

TEST(C2paAlgorithms, AnRsaKeySignsWithTheHashThatIsAskedFor) {
  const Authority authority({Algorithm::kPs256, false, false});
  for (const Algorithm algorithm : {Algorithm::kPs384, Algorithm::kPs512}) {
    Credentials credentials = authority.credentials();
    credentials.algorithm = algorithm;
    const std::string out = sign(wav(), plain_disclosure(), credentials);
    EXPECT_EQ(verify(out, authority.trust()).state, State::kTrusted);
  }
  Credentials credentials = authority.credentials();
  credentials.algorithm = Algorithm::kEs256;
  EXPECT_THROW(sign(wav(), plain_disclosure(), credentials), Error);
}

TEST(C2paAlgorithms, SignaturesOfOtherLengthsAndBytesAreNone) {
  const Authority authority({});
  const KeyPtr key = authority.key();
  const SignatureAlgorithm& es256 = algorithm_of(Algorithm::kEs256);
  const std::string good = sign_bytes(es256, key.get(), "text");
  EXPECT_TRUE(verify_bytes(es256, key.get(), good, "text"));
  EXPECT_FALSE(verify_bytes(es256, key.get(), good, "Text"));
  EXPECT_FALSE(verify_bytes(es256, key.get(), std::string(64, '\0'), "text"));
  EXPECT_FALSE(verify_bytes(es256, key.get(), good + '\0', "text"));
  EXPECT_FALSE(verify_bytes(es256, key.get(), "", "text"));
  EXPECT_FALSE(verify_bytes(algorithm_of(Algorithm::kEs384), key.get(), good, "text"));
  EXPECT_FALSE(verify_bytes(algorithm_of(Algorithm::kEd25519), key.get(), good, "text"));
}

TEST(C2paCallback, AKeyThatLivesElsewhereSignsRawOrDer) {
  const Authority authority({});
  Credentials credentials = authority.credentials();
  credentials.key_pem = "not looked at";
  const KeyPtr key = authority.key();
  for (const bool der : {false, true}) {
    credentials.signer = [&](std::string_view bytes) {
      if (!der) return sign_bytes(algorithm_of(Algorithm::kEs256), key.get(), bytes);
      std::string signature(256, '\0');
      std::size_t size = signature.size();
      const MdContextPtr context(EVP_MD_CTX_new());
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     as_octets(bytes), bytes.size());
      return signature.substr(0, size);
    };
    const std::string out = sign(wav(), plain_disclosure(), credentials);
    EXPECT_EQ(verify(out, authority.trust()).state, State::kTrusted) << der;
  }
}

TEST(C2paCallback, WhatIsNotTheCertificatesSignatureIsRefused) {
  const Authority authority({}), other({});
  Credentials credentials = authority.credentials();
  const KeyPtr key = other.key();
  credentials.signer = [&](std::string_view bytes) {
    return sign_bytes(algorithm_of(Algorithm::kEs256), key.get(), bytes);
  };
  EXPECT_THROW(sign(wav(), plain_disclosure(), credentials), Error);
  credentials.signer = [](std::string_view) { return std::string(); };
  EXPECT_THROW(sign(wav(), plain_disclosure(), credentials), Error);
}

class C2paTimeStamp : public ::testing::Test {
 protected:
  Credentials stamped() {
    Credentials credentials = authority_.credentials();
    credentials.time_stamp = tsa_.transport();
    return credentials;
  }
  Trust later() const {
    Trust trust = authority_.trust();
    trust.time_s = std::time(nullptr) + kYear;
    return trust;
  }
  Authority authority_{{Algorithm::kEs256, false, true}};
  brandiron::testing::TestTsa tsa_{authority_.folder.path()};
};

TEST_F(C2paTimeStamp, ATrustedOneReplacesNow) {
  for (const std::string& file : {wav(), flac(), mp3()}) {
    const std::string out = sign(file, plain_disclosure(), stamped());
    const Report report = verify(out, later());
    EXPECT_EQ(report.state, State::kTrusted);
    EXPECT_TRUE(report.has("timeStamp.validated"));
    EXPECT_TRUE(report.has("timeStamp.trusted"));
    ASSERT_TRUE(report.time_stamp);
    EXPECT_TRUE(report.time_stamp->trusted);
    EXPECT_EQ(report.time_stamp->authority, "Brandiron Tests, Test Time-Stamping Authority");
    EXPECT_EQ(report.time_stamp->when.substr(0, 2), "20");
  }
  const std::string out = sign(wav(), plain_disclosure(), authority_.credentials());
  EXPECT_EQ(verify(out, later()).state, State::kInvalid);
}

TEST_F(C2paTimeStamp, OneOfAStrangerIsToldAndNotBelieved) {
  Authority other({Algorithm::kEs256, false, true});
  brandiron::testing::TestTsa stranger(other.folder.path());
  Credentials credentials = authority_.credentials();
  credentials.time_stamp = stranger.transport();
  const std::string out = sign(wav(), plain_disclosure(), credentials);
  const Report now = verify(out, authority_.trust());
  EXPECT_EQ(now.state, State::kTrusted);
  EXPECT_TRUE(now.has("timeStamp.untrusted"));
  EXPECT_EQ(verify(out, later()).state, State::kInvalid);
  Trust both = later();
  both.time_stamp_anchors_pem = other.trust().anchors_pem;
  EXPECT_EQ(verify(out, both).state, State::kTrusted);
}

TEST_F(C2paTimeStamp, ACertificateForOtherPurposesStampsNoTime) {
  // The signing certificate is trusted, but not for this.
  const auto take = [&](const char* from, const char* to) {
    write_file(authority_.folder / to, read_file(authority_.folder / from), true);
  };
  take("chain.pem", "tsa.pem");
  take("signing.key", "tsa.key");
  brandiron::testing::TestTsa wrong(authority_.folder.path());
  Credentials credentials = authority_.credentials();
  credentials.time_stamp = wrong.transport();
  EXPECT_THROW(sign(wav(), plain_disclosure(), credentials), Error);
}

TEST_F(C2paTimeStamp, AStampForOtherBytesIsAMismatch) {
  const std::string token = request_time_stamp(tsa_.transport(), "these bytes");
  const auto anchors = certificates_from_pem(authority_.trust().anchors_pem, "anchors");
  using Kind = StampFinding::Kind;
  EXPECT_EQ(judge_time_stamp(token, "these bytes", anchors).kind, Kind::kTrusted);
  EXPECT_EQ(judge_time_stamp(token, "these bytes", {}).kind, Kind::kUntrusted);
  EXPECT_EQ(judge_time_stamp(token, "other bytes", anchors).kind, Kind::kMismatch);
  EXPECT_EQ(judge_time_stamp("", "these bytes", anchors).kind, Kind::kMalformed);
  std::size_t trusted = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] ^= 1;
    trusted += judge_time_stamp(changed, "these bytes", anchors).kind == Kind::kTrusted ? 1 : 0;
    judge_time_stamp(token.substr(0, i), "these bytes", anchors);
  }
  EXPECT_LT(trusted, 40U) << "some bytes, such as the parameters of a hash, mean nothing";
}

TEST_F(C2paTimeStamp, ALargeOneIsAskedForTwice) {
  EXPECT_LT(sign(wav(), plain_disclosure(), stamped()).size(), wav().size() + 12'000);
  EXPECT_EQ(tsa_.calls(), 1);
  // Certificates beyond need make the token larger than the room that was left for it.
  brandiron::testing::TestTsa large(authority_.folder.path(), 20);
  Credentials credentials = authority_.credentials();
  credentials.time_stamp = large.transport();
  const std::string out = sign(wav(), plain_disclosure(), credentials);
  EXPECT_EQ(large.calls(), 2);
  EXPECT_EQ(verify(out, later()).state, State::kTrusted);
}

TEST_F(C2paTimeStamp, AnAnswerThatIsNoneEndsTheSigning) {
  Credentials credentials = authority_.credentials();
  std::string first;
  for (const auto& transport :
       {std::function([](const std::string&) { return std::string(); }),
        std::function([](const std::string& r) { return r; }),
        std::function([](const std::string&) { return std::string(100'000, '0'); }),
        std::function([&](const std::string& request) {
          if (first.empty()) first = tsa_.answer(request);
          return first + "x";
        })}) {
    credentials.time_stamp = transport;
    EXPECT_THROW(sign(wav(), plain_disclosure(), credentials), Error);
  }
  credentials.time_stamp = [&](const std::string& request) {
    if (first.empty()) first = tsa_.answer(request);
    return first;  // of another request
  };
  EXPECT_THROW(sign(wav(), plain_disclosure(), credentials), Error);
}

TEST(C2paTestCa, KeysArePrivateAndTheAuthorityIsThere) {
  const Authority authority({Algorithm::kEs256, true, true});
  for (const char* name : {"signing.key", "tsa.key"}) {
    struct stat status {};
    ASSERT_EQ(::stat((authority.folder / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
  EXPECT_THROW(make_test_ca(authority.folder.path(), "Again"), Error);
}

}  // namespace
}  // namespace brandiron::watermark::c2pa
