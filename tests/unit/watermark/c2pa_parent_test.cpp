#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/audio/riff.h"
#include "brandiron/core/error.h"
#include "tests/support/c2pa_files.h"
#include "watermark/src/c2pa/container.h"

// Older manifests, sidecars, files signed where they lie, and large ones.

namespace brandiron::watermark::c2pa {
namespace {

using C2paParent = C2pa;

// The claim's title comes last in a manifest; the parent's manifest comes first in a store.
std::string with_broken_claim(std::string file) {
  const std::size_t at = file.find("hdc:title") + 10;
  file[at] = static_cast<char>(file[at] ^ 1);
  return file;
}

TEST_F(C2paParent, ABrokenOneIsKeptAndWhatIsWrongRecorded) {
  for (const std::string& file : {wav(), flac(), mp3()}) {
    const std::string broken = with_broken_claim(signed_file(file));
    ASSERT_TRUE(verify(broken, trust()).has("claimSignature.mismatch"));
    const Report report = verify(signed_file(broken), trust());
    EXPECT_EQ(report.state, State::kTrusted);
    ASSERT_EQ(report.parents.size(), 1U);
    EXPECT_EQ(report.parents[0].state, State::kInvalid);
    EXPECT_EQ(report.parents[0].failure.at(0).code, "claimSignature.mismatch");
    EXPECT_EQ(report.parents[0].title.size(), std::string("song.wav").size());
    const Report third = verify(signed_file(signed_file(broken)), trust());
    EXPECT_EQ(third.state, State::kTrusted);
    ASSERT_EQ(third.parents.size(), 2U);
    EXPECT_EQ(third.parents[0].state, State::kTrusted);
    EXPECT_EQ(third.parents[1].state, State::kInvalid);
  }
}

TEST_F(C2paParent, ABrokenOneThatNobodyAdmitsMakesTheFileInvalid) {
  // Signed as if the parent had been found in order.
  const std::string first = signed_file(wav());
  ParentManifest parent(std::string_view(first).substr(find_store(first, Container::kWav)->start,
                                                       find_store(first, Container::kWav)->size));
  EXPECT_EQ(parent.report.state, State::kValid);
  parent.store = with_broken_claim(parent.store);
  write_file(*folder_ / "liar.wav", wav(), true);
  sign_in_place(*folder_ / "liar.wav", disclosure(), credentials(), parent);
  const Report report = verify_file(*folder_ / "liar.wav", trust());
  EXPECT_EQ(report.state, State::kInvalid);
  EXPECT_TRUE(report.has("claimSignature.mismatch"));
  EXPECT_TRUE(report.has("ingredient.manifest.validated"));
}

TEST_F(C2paParent, AStrangersIsToldApartFromOurs) {
  const brandiron::testing::TemporaryFolder other;
  make_test_ca(other.path(), "Somebody Else");
  const std::string theirs =
      sign(wav(), disclosure(), Credentials::read(other / "chain.pem", other / "signing.key"));
  const Report report = verify(signed_file(theirs), trust());
  EXPECT_EQ(report.state, State::kTrusted);
  EXPECT_EQ(report.parents.at(0).state, State::kValid);
  EXPECT_EQ(report.parents.at(0).signer, "Somebody Else, Test Signing Certificate");
}

TEST_F(C2paParent, OneThatCannotBeReadIsMentioned) {
  for (const std::string& store : {std::string("no manifest store."), std::string(4000, 'j')}) {
    const std::string out = signed_file(wav(chunk("C2PA", store)));
    const Report report = verify(out, trust());
    EXPECT_EQ(report.state, State::kTrusted);
    EXPECT_TRUE(report.has("ingredient.unknownProvenance"));
    ASSERT_EQ(report.actions.size(), 3U);
    EXPECT_EQ(report.actions[0].name, "c2pa.opened");
  }
}

TEST_F(C2paParent, AudioThatWasEncodedAgainKeepsItsManifest) {
  write_file(*folder_ / "before.wav", signed_file(wav()), true);
  write_file(*folder_ / "after.wav", wav("", 2000), true);
  const auto parent = ParentManifest::of_file(*folder_ / "before.wav");
  EXPECT_EQ(parent.report.state, State::kValid);
  sign_in_place(*folder_ / "after.wav", disclosure(), credentials(), parent);
  const Report report = verify_file(*folder_ / "after.wav", trust());
  EXPECT_EQ(report.state, State::kTrusted);
  EXPECT_EQ(report.parents.at(0).state, State::kTrusted);
  sign_in_place(*folder_ / "after.wav", disclosure(), credentials());
  EXPECT_EQ(verify_file(*folder_ / "after.wav", trust()).parents.size(), 2U);
  write_file(*folder_ / "after.ogg", "OggS" + pseudo_audio(500), true);
  EXPECT_THROW(sign_in_place(*folder_ / "after.ogg", disclosure(), credentials()), Error);
  EXPECT_EQ(read_file(*folder_ / "after.ogg"), "OggS" + pseudo_audio(500));
}

TEST_F(C2paParent, ASidecarBecomesTheParentOfTheNext) {
  write_file(*folder_ / "one.ogg", "OggS" + pseudo_audio(500), true);
  sign_file(*folder_ / "one.ogg", *folder_ / "two.ogg", disclosure(), credentials());
  const auto holder =
      sign_file(*folder_ / "two.ogg", *folder_ / "three.ogg", disclosure(), credentials());
  const Report report = verify_file(*folder_ / "three.ogg", trust());
  EXPECT_EQ(report.state, State::kTrusted);
  EXPECT_EQ(report.parents.at(0).state, State::kTrusted);
  EXPECT_EQ(read_store(*folder_ / "three.ogg"), read_file(holder));
  EXPECT_TRUE(read_store(*folder_ / "one.ogg").empty());
}

TEST_F(C2paParent, TheManifestInTheFileCountsAndNotTheOneBeside) {
  write_file(*folder_ / "both.wav", signed_file(wav()), true);
  write_file(*folder_ / "both.c2pa", "nonsense", true);
  EXPECT_EQ(verify_file(*folder_ / "both.wav", trust()).state, State::kTrusted);
  write_file(*folder_ / "both.wav", wav(), true);
  EXPECT_EQ(verify_file(*folder_ / "both.wav", trust()).state, State::kInvalid);
}

TEST_F(C2paParent, OurOwnAssertionSaysWhatCaliforniaAsksFor) {
  DisclosureFacts facts;
  facts.title = "song";
  facts.artist = "an act";
  facts.provider = "Label Ltd";
  facts.system = "Brandiron";
  facts.system_version = "1.2";
  facts.created = "2026-11-22T00:00:00Z";
  facts.content_id = "019aaaaa-0000-7000-8000-000000000000";
  facts.persona = "mara/1";
  facts.source_type = SourceType::kComposite;
  facts.credits = {AiShare::kFull, AiShare::kPartial, AiShare::kNone, AiShare::kUnstated,
                   AiShare::kFull};
  facts.mark = {true, "brandiron-lf/1", "0011aabb", "0123456789abcdef", 1.0, 30.0};
  const std::string out = sign(wav(), disclosure_of(facts), credentials());
  EXPECT_EQ(out.find(facts.artist), std::string::npos);
  const Report report = verify(out, trust());
  ASSERT_TRUE(report.facts);
  EXPECT_EQ(report.title, facts.title);
  EXPECT_EQ(report.facts->provider, facts.provider);
  EXPECT_EQ(report.facts->system, facts.system);
  EXPECT_EQ(report.facts->system_version, facts.system_version);
  EXPECT_EQ(report.facts->created, facts.created);
  EXPECT_EQ(report.facts->content_id, facts.content_id);
  EXPECT_EQ(report.facts->persona, facts.persona);
  EXPECT_EQ(report.facts->source_type, facts.source_type);
  EXPECT_EQ(report.facts->credits, facts.credits);
  EXPECT_EQ(report.facts->mark.scheme, facts.mark.scheme);
  EXPECT_EQ(report.facts->mark.payload_hex, facts.mark.payload_hex);
  EXPECT_EQ(report.actions.at(0).software_agent, "Brandiron 1.2");
  EXPECT_LT(out.size(), wav().size() + 8000);
  facts.provider = "\xFF";
  EXPECT_THROW(sign(wav(), disclosure_of(facts), credentials()), Error);
  facts.mark.payload_hex = "no";
  EXPECT_THROW(disclosure_of(facts), Error);
}

std::string rf64(const std::string& form) {
  const std::string body = chunk("fmt ", from_hex("010001002256000044ac000002001000"));
  const std::string audio = pseudo_audio(4001);
  const std::size_t size = 4 + 36 + body.size() + 8 + audio.size() + 1;
  return form + std::string(4, '\xFF') + "WAVE" + "ds64" + riff::le_bytes(28, 4) +
         riff::le_bytes(size, 8) + riff::le_bytes(audio.size(), 8) + riff::le_bytes(2000, 8) +
         riff::le_bytes(0, 4) + body + "data" + std::string(4, '\xFF') + audio + '\0';
}

TEST_F(C2paParent, FilesOfTheLargeKindAreSignedLikeOthers) {
  for (const char* form : {"RF64", "BW64"}) {
    const std::string in = rf64(form);
    const std::string out = signed_file(in);
    EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
    EXPECT_EQ(out.substr(28, in.size() - 28), in.substr(28)) << "all but the size of the RIFF";
    EXPECT_EQ(riff::read_le(out, 20, 8) + 8, out.size());
    const riff::Layout layout = riff::read_layout(out);
    EXPECT_EQ(layout.end, out.size());
    EXPECT_FALSE(layout.truncated);
    EXPECT_EQ(layout.chunks.back().id, "C2PA");
    std::string changed = out;
    changed[400] ^= 1;
    EXPECT_EQ(verify(changed, trust()).state, State::kInvalid);
    EXPECT_EQ(verify(signed_file(out), trust()).parents.size(), 1U);
  }
}

}  // namespace
}  // namespace brandiron::watermark::c2pa
