#include "brandiron/watermark/c2pa.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <string>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "tests/support/c2pa_files.h"
#include "watermark/src/c2pa/container.h"
#include "watermark/src/c2pa/jumbf.h"

// Signing and judging, without another implementation: tests/integration/test_c2pa_interop.py has
// that.

namespace brandiron::watermark::c2pa {
namespace {

TEST_F(C2pa, SignedFilesAreTrustedWithTheRootAndValidWithout) {
  for (const std::string& file : {wav(), wav("", 3999), flac(), mp3()}) {
    const std::string out = signed_file(file);
    EXPECT_LT(out.size(), file.size() + 10'000);
    const Report with = verify(out, trust());
    EXPECT_EQ(with.state, State::kTrusted);
    EXPECT_TRUE(with.failure.empty());
    for (const char* code :
         {"claimSignature.validated", "claimSignature.insideValidity", "signingCredential.trusted",
          "assertion.hashedURI.match", "assertion.dataHash.match"}) {
      EXPECT_TRUE(with.has(code)) << code;
    }
    const Report without = verify(out, Trust{});
    EXPECT_EQ(without.state, State::kValid);
    ASSERT_EQ(without.failure.size(), 1U);
    EXPECT_EQ(without.failure[0].code, "signingCredential.untrusted");
    EXPECT_EQ(verify(file, trust()).state, State::kNone);
  }
}

TEST_F(C2pa, TheReportSaysWhatTheManifestSays) {
  const Report report = verify(signed_file(wav()), trust());
  EXPECT_EQ(report.title, "song.wav");
  EXPECT_EQ(report.claim_generator, "brandiron 0.1.0");
  EXPECT_EQ(report.signer, "Brandiron Tests, Test Signing Certificate");
  ASSERT_EQ(report.actions.size(), 2U);
  EXPECT_EQ(report.actions[0].name, "c2pa.created");
  EXPECT_EQ(report.actions[0].digital_source_type,
            "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia");
  EXPECT_EQ(report.actions[0].when, "2026-11-22T00:00:00Z");
  EXPECT_EQ(report.actions[0].software_agent, "brandiron 0.1.0");
  EXPECT_EQ(report.actions[1].name, "c2pa.watermarked.bound");
  ASSERT_EQ(report.soft_bindings.size(), 1U);
  EXPECT_EQ(report.soft_bindings[0].algorithm, kSoftBindingAlgorithm);
  EXPECT_EQ(to_hex(report.soft_bindings[0].value), "0123456789abcdef");
}

TEST_F(C2pa, NoWatermarkIsDeclaredUnlessThereIsOne) {
  Disclosure plain = disclosure();
  plain.watermark_payload.reset();
  plain.source_type = SourceType::kRules;
  const Report report = verify(sign(wav(), plain, credentials()), trust());
  EXPECT_TRUE(report.soft_bindings.empty());
  ASSERT_EQ(report.actions.size(), 1U);
  EXPECT_EQ(report.actions[0].digital_source_type,
            "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia");
}

TEST_F(C2pa, FlippedAudioBytesAreFound) {
  for (const std::string& file : {wav(), flac(), mp3()}) {
    std::string out = signed_file(file);
    const Placed at = *find_store(out, container_of(out));
    const std::size_t from = at.start < out.size() / 2 ? out.size() - 1000 : 1000;
    for (std::size_t i = 0; i < 16; ++i) out[from + i] ^= 0x55;
    const Report report = verify(out, trust());
    EXPECT_EQ(report.state, State::kInvalid);
    EXPECT_TRUE(report.has("assertion.dataHash.mismatch"));
    EXPECT_TRUE(report.has("claimSignature.validated"));
  }
}

TEST_F(C2pa, BytesAddedOrTakenAnywhereAreFound) {
  const std::string out = signed_file(wav());
  EXPECT_EQ(verify(out + "x", trust()).state, State::kInvalid);
  std::string header = out;
  header[24] = static_cast<char>(header[24] ^ 1);  // the sample rate
  EXPECT_EQ(verify(header, trust()).state, State::kInvalid);
  const std::string tagged = signed_file(id3_tag(4, id3_frame("TIT2", "\3one")) + mp3());
  std::string renamed = tagged;
  renamed.replace(renamed.find("one"), 3, "two");
  EXPECT_EQ(verify(tagged, trust()).state, State::kTrusted);
  EXPECT_EQ(verify(renamed, trust()).state, State::kInvalid);
}

TEST_F(C2pa, NoChangedByteOfTheManifestChangesWhatATrustedReportSays) {
  const std::string out = signed_file(wav());
  const Placed at = *find_store(out, Container::kWav);
  std::size_t invalid = 0;
  for (std::size_t i = at.outer_start; i < out.size(); ++i) {
    std::string changed = out;
    changed[i] ^= 0x01;
    const Report report = verify(changed, trust());
    if (report.state != State::kTrusted && report.state != State::kValid) {
      ++invalid;
      continue;
    }
    ASSERT_EQ(report.actions.size(), 2U) << i;
    EXPECT_EQ(report.actions[0].name, "c2pa.created") << i;
    EXPECT_EQ(to_hex(report.soft_bindings.at(0).value), "0123456789abcdef") << i;
    EXPECT_EQ(report.title, "song.wav") << i;
    EXPECT_EQ(report.signer, "Brandiron Tests, Test Signing Certificate") << i;
  }
  EXPECT_GT(invalid, at.size - 100);
}

TEST_F(C2pa, ManifestsOfOtherFilesDoNotFit) {
  const std::string one = signed_file(wav());
  std::string other = wav();
  other[other.size() - 5] ^= 1;
  other = signed_file(other);
  const Placed at = *find_store(one, Container::kWav);
  const Placed there = *find_store(other, Container::kWav);
  ASSERT_EQ(at.start, there.start);
  ASSERT_EQ(at.size, there.size);
  std::string moved = other;
  moved.replace(there.start, there.size, one.substr(at.start, at.size));
  const Report report = verify(moved, trust());
  EXPECT_EQ(report.state, State::kInvalid);
  EXPECT_TRUE(report.has("assertion.dataHash.mismatch"));
}

TEST_F(C2pa, BytesInThePlaceOfTheManifestsPaddingAreFound) {
  // The pad is outside the signature: take it out, and the hole in the data hash has room for a
  // chunk of one's own.
  const std::string out = signed_file(wav());
  const Placed at = *find_store(out, Container::kWav);
  const Box store = parse_jumbf(std::string_view(out).substr(at.start, at.size));
  const Box& manifest = store.children.at(0);
  std::string cose(manifest.child("c2pa.signature")->content("cbor"));
  const std::size_t pad = cose.find("cpad") + 4;
  ASSERT_EQ(static_cast<unsigned char>(cose[pad]), 0x59) << "a byte string of a two-byte length";
  const std::size_t pad_size = read_be(cose, pad + 1, 2);
  cose.replace(pad, 3 + pad_size, std::string(1, '\x40'));
  const std::string small = write_superbox(
      "c2pa", "c2pa",
      write_superbox("c2ma", manifest.label,
                     std::string(manifest.child("c2pa.assertions")->whole) +
                         std::string(manifest.child("c2pa.claim.v2")->whole) +
                         write_superbox("c2cs", "c2pa.signature", write_box("cbor", cose))));
  const std::string own = std::string(at.size - small.size() - small.size() % 2 - 8, '!');
  const std::string changed =
      out.substr(0, at.outer_start) + chunk("C2PA", small) + chunk("evil", own);
  ASSERT_EQ(changed.size(), out.size());
  const Report report = verify(changed, trust());
  EXPECT_TRUE(report.has("claimSignature.validated"));
  EXPECT_TRUE(report.has("assertion.dataHash.mismatch"));
  EXPECT_EQ(report.state, State::kInvalid);
}

TEST_F(C2pa, BoxesOfAnotherTypeAreNotTakenByTheirName) {
  const std::string out = signed_file(wav());
  for (const char* type : {"c2as", "c2cl", "c2cs", "c2ma"}) {
    std::string changed = out;
    changed[changed.find(type)] = 'd';
    EXPECT_EQ(verify(changed, trust()).state, State::kInvalid) << type;
  }
}

TEST_F(C2pa, AudioAndOtherTagsStayAsTheyWere) {
  const std::string list = chunk("LIST", "INFOISFT....");
  const std::string in = wav(list, 3999), out = signed_file(in);
  EXPECT_EQ(out.substr(8, in.size() - 8), in.substr(8));
  EXPECT_EQ(read_le32(out, 4) + 8, out.size());
  for (const char version : {3, 4}) {
    const std::string title = id3_frame("TIT2", std::string("\0a title", 8));
    const std::string tagged = id3_tag(version, title + std::string(40, '\0')) + flac();
    const std::string marked = signed_file(tagged);
    EXPECT_EQ(marked[3], version);
    EXPECT_EQ(marked.substr(10, title.size()), title);
    EXPECT_EQ(marked.substr(id3_tag_size(marked)), flac());
    EXPECT_EQ(verify(marked, trust()).state, State::kTrusted);
  }
}

TEST_F(C2pa, UnsynchronisedTagsKeepTheirFrames) {
  const std::string escaped = id3_frame("PRIV", std::string("x\xFF\0\xE0", 4));
  const std::string new_style = signed_file(id3_tag(4, escaped, char(0x80)) + mp3());
  EXPECT_EQ(new_style[5], 0);
  EXPECT_EQ(new_style.substr(20, 4), std::string("x\xFF\0\xE0", 4));
  EXPECT_EQ(new_style[19], 2);
  EXPECT_EQ(verify(new_style, trust()).state, State::kTrusted);
  // In 2.3 a frame's size counts the bytes before they were escaped.
  std::string plain_size = escaped;
  plain_size[7] = 3;
  const std::string old_style = signed_file(id3_tag(3, plain_size, char(0x80)) + mp3());
  EXPECT_EQ(old_style.substr(20, 3), "x\xFF\xE0");
  EXPECT_EQ(verify(old_style, trust()).state, State::kTrusted);
}

TEST_F(C2pa, AnOldManifestBecomesTheParent) {
  for (const std::string& file : {wav(), flac(), mp3()}) {
    const std::string once = signed_file(file), twice = signed_file(once);
    const Report report = verify(twice, trust());
    EXPECT_EQ(report.state, State::kTrusted);
    ASSERT_EQ(report.ingredients.size(), 1U);
    EXPECT_EQ(report.ingredients[0], verify(once, trust()).manifest);
    EXPECT_EQ(report.actions[0].name, "c2pa.opened");
    EXPECT_EQ(report.actions[1].name, "c2pa.edited");
    EXPECT_TRUE(report.has("ingredient.manifest.validated"));
    const std::string thrice = signed_file(twice);
    EXPECT_EQ(verify(thrice, trust()).state, State::kTrusted);
  }
}

TEST_F(C2pa, ParentsThatWereChangedAreFound) {
  std::string twice = signed_file(signed_file(wav()));
  const std::size_t at = twice.find("song.wav");  // the parent's claim comes first
  twice[at] = 'S';
  const Report report = verify(twice, trust());
  EXPECT_EQ(report.state, State::kInvalid);
  EXPECT_TRUE(report.has("ingredient.manifest.mismatch"));
}

TEST_F(C2pa, StrangersAndTheExpiredAreNotTrusted) {
  const testing::TemporaryFolder other;
  make_test_ca(other.path(), "Somebody Else");
  const std::string out = signed_file(wav());
  EXPECT_EQ(verify(out, {read_file(other / "root.pem"), {}}).state, State::kValid);
  Trust later = trust();
  later.time_s = std::time(nullptr) + 400LL * 86400;
  const Report report = verify(out, later);
  EXPECT_EQ(report.state, State::kInvalid);
  EXPECT_TRUE(report.has("signingCredential.expired"));
  EXPECT_FALSE(report.has("signingCredential.trusted"));
}

TEST_F(C2pa, TrustAnchorsThatAreNoneAreTheCallersMistake) {
  EXPECT_THROW(verify(signed_file(wav()), {"no certificate", {}}), Error);
  EXPECT_THROW(
      verify(signed_file(wav()),
             {trust().anchors_pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
              {}}),
      Error);
}

TEST_F(C2pa, CredentialsThatDoNotFitAreRefused) {
  const testing::TemporaryFolder other;
  make_test_ca(other.path(), "Somebody Else");
  const Credentials ours = credentials();
  const Credentials theirs = Credentials::read(other / "chain.pem", other / "signing.key");
  EXPECT_THROW(sign(wav(), disclosure(), {ours.chain_pem, theirs.key_pem}), Error);
  EXPECT_THROW(sign(wav(), disclosure(), {trust().anchors_pem, ours.key_pem}), Error);
  EXPECT_THROW(sign(wav(), disclosure(), {"", ours.key_pem}), Error);
  EXPECT_THROW(sign(wav(), disclosure(), {ours.chain_pem, ours.chain_pem}), Error);
}

TEST_F(C2pa, OtherFilesGetASidecar) {
  const std::string ogg = "OggS" + pseudo_audio(500);
  EXPECT_EQ(container_of(ogg), Container::kSidecar);
  EXPECT_THROW(signed_file(ogg), Error);
  write_file(*folder_ / "in.ogg", ogg);
  const auto holder =
      sign_file(*folder_ / "in.ogg", *folder_ / "out.ogg", disclosure(), credentials());
  EXPECT_EQ(holder, *folder_ / "out.c2pa");
  EXPECT_EQ(read_file(*folder_ / "out.ogg"), ogg);
  EXPECT_EQ(verify_file(*folder_ / "out.ogg", trust()).state, State::kTrusted);
  EXPECT_EQ(verify_file(*folder_ / "in.ogg", trust()).state, State::kNone);
  const Report report = verify_sidecar(ogg + "x", read_file(holder), trust());
  EXPECT_TRUE(report.has("assertion.dataHash.mismatch"));
}

TEST_F(C2pa, FilesAreWrittenWholeAndNotOverOthers) {
  write_file(*folder_ / "in.wav", wav());
  const auto out = *folder_ / "out.wav";
  EXPECT_EQ(sign_file(*folder_ / "in.wav", out, disclosure(), credentials()), out);
  EXPECT_EQ(verify_file(out, trust()).state, State::kTrusted);
  EXPECT_THROW(sign_file(*folder_ / "in.wav", out, disclosure(), credentials()), Error);
}

TEST_F(C2pa, UnfinishedWavFilesAreNotSigned) {
  std::string endless = wav();
  endless.replace(40, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_THROW(signed_file(endless), Error);
  EXPECT_EQ(verify(endless, trust()).state, State::kNone);
}

TEST_F(C2pa, BytesBehindTheRiffStayThere) {
  const std::string out = signed_file(wav() + "junk");
  EXPECT_EQ(out.substr(out.size() - 4), "junk");
  EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
}

TEST_F(C2pa, TwoManifestsAreNoManifest) {
  const std::string out = signed_file(wav());
  const Placed at = *find_store(out, Container::kWav);
  std::string doubled = out + out.substr(at.outer_start, at.outer_size);
  doubled.replace(4, 4, le32_bytes(static_cast<std::uint32_t>(doubled.size() - 8)));
  EXPECT_EQ(verify(doubled, trust()).state, State::kInvalid);
}

TEST_F(C2pa, CutFilesEndInAVerdict) {
  for (const std::string& out : {signed_file(wav("", 400)), signed_file(mp3())}) {
    for (std::size_t size = 0; size < out.size(); size += 5) {
      const State state = verify(out.substr(0, size), trust()).state;
      EXPECT_TRUE(state == State::kNone || state == State::kInvalid) << size;
    }
  }
}

TEST_F(C2pa, HugeManifestsAreRefusedFast) {
  std::string boxes;
  for (int i = 0; i < 10'000; ++i) boxes += write_superbox("c2ma", std::to_string(i), "");
  for (const std::string& store :
       {write_superbox("c2pa", "c2pa", boxes), std::string(100'000'000, 'j')}) {
    const std::string file = wav(chunk("C2PA", store));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(verify(file, trust()).state, State::kInvalid);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  }
}

TEST_F(C2pa, TestCertificatesKeepTheirKeyPrivateAndReplaceNothing) {
  struct stat status {};
  ASSERT_EQ(::stat((*folder_ / "signing.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_THROW(make_test_ca(folder_->path(), "Again"), Error);
  const testing::TemporaryFolder empty;
  EXPECT_THROW(make_test_ca(empty.path(), ""), Error);
}

}  // namespace
}  // namespace brandiron::watermark::c2pa
