#include "brandiron/watermark/disclose.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/audio/pictures.h"
#include "brandiron/core/audio/tags.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr std::uint64_t kPayload = 0x1122334455667788ULL;

class Disclose : public ::testing::Test {
 protected:
  void SetUp() override {
    c2pa::make_test_ca(folder_.path(), "Example Music");
    credentials_ = c2pa::Credentials::read(folder_ / "chain.pem", folder_ / "signing.key");
    static const AudioBuffer song = synthetic_song(14.0, 44100, 2, 5);
    write_audio(in(), song);
  }

  std::filesystem::path in() const { return folder_ / "in.flac"; }

  DiscloseOptions options() const {
    DiscloseOptions options;
    options.facts.title = "Ash";
    options.facts.provider = "Example Music";
    options.facts.system = "singer";
    options.facts.system_version = "2";
    options.facts.credits.vocals = AiShare::kFull;
    options.seal.credentials = credentials_;
    return options;
  }

  CheckOptions check_options(std::vector<Profile> profiles) const {
    CheckOptions options;
    options.keys = {Key::demo()};
    options.trust.anchors_pem = read_file(folder_ / "root.pem");
    options.profiles = std::move(profiles);
    return options;
  }

  static std::vector<std::string> failures(const DisclosureCheck& check) {
    std::vector<std::string> ids;
    for (const Duty& duty : check.duties) {
      if (duty.outcome == Outcome::kFail && !duty.optional) ids.push_back(duty.id);
    }
    return ids;
  }

  testing::TemporaryFolder folder_;
  c2pa::Credentials credentials_;
};

TEST_F(Disclose, AllLayersAgreeAndAnswerTheEusAndCaliforniasDuties) {
  const Key key = Key::demo();
  const DiscloseReport report = disclose_file(in(), folder_ / "out.wav", &key, kPayload, options());
  EXPECT_EQ(report.mark.payload_hex, payload_hex(kPayload));
  EXPECT_EQ(report.sha256, sha256_hex(read_file(folder_ / "out.wav")));
  const DisclosureCheck check =
      check_file(folder_ / "out.wav", check_options({Profile::kEu, Profile::kCalifornia}));
  EXPECT_EQ(check.manifest.state, c2pa::State::kTrusted);
  EXPECT_EQ(check.mark.payload, kPayload);
  EXPECT_TRUE(check.layers_agree);
  EXPECT_EQ(failures(check), std::vector<std::string>{});
  EXPECT_TRUE(check.passes());
}

TEST_F(Disclose, TagsAndPicturesOfTheInputStay) {
  write_tags(in(), {{"COMPOSER", "Somebody"}, {"MOOD", "low"}});
  const Picture cover{"image/png", "front", 3, std::string("\x89PNG\r\n\x1a\n0123", 12)};
  add_pictures(in(), {cover});
  const Key key = Key::demo();
  for (const char* name : {"out.wav", "out.flac", "out.mp3", "vorbis.ogg", "out.opus"}) {
    const DiscloseReport report = disclose_file(in(), folder_ / name, &key, kPayload, options());
    EXPECT_EQ(report.sha256, sha256_hex(read_file(folder_ / name))) << name;
    const Tags tags = read_tags(folder_ / name);
    EXPECT_EQ(tag_value(tags, "MOOD"), "low") << name;
    EXPECT_EQ(tag_value(tags, "COMPOSER"), "Somebody") << name;
    EXPECT_EQ(tag_value(tags, "AI_GENERATED"), "true") << name;
    EXPECT_EQ(read_pictures(folder_ / name), std::vector<Picture>{cover}) << name;
  }
}

TEST_F(Disclose, WithoutAKeyTheMarksDutiesAreUnknownAndNotFailed) {
  const Key key = Key::demo();
  disclose_file(in(), folder_ / "out.flac", &key, kPayload, options());
  CheckOptions blind = check_options({Profile::kEu});
  blind.keys.clear();
  const DisclosureCheck check = check_file(folder_ / "out.flac", blind);
  for (const Duty& duty : check.duties) {
    if (duty.id == "eu.watermark") {
      EXPECT_EQ(duty.outcome, Outcome::kUnknown);
    }
  }
  EXPECT_TRUE(check.passes());
}

TEST_F(Disclose, AnUndisclosedFileFailsWhatEachProfileAsks) {
  const DisclosureCheck check = check_file(
      in(), check_options({Profile::kEu, Profile::kCalifornia, Profile::kChina, Profile::kDdex}));
  EXPECT_FALSE(check.passes());
  const auto failed = failures(check);
  for (const char* id : {"eu.signed-metadata", "eu.watermark", "ca.provider", "ca.identifier",
                         "cn.explicit", "cn.implicit", "ddex.lyrics"}) {
    EXPECT_NE(std::find(failed.begin(), failed.end(), id), failed.end()) << id;
  }
}

TEST_F(Disclose, TagsThatNameAnotherPayloadAreAContradiction) {
  const Key key = Key::demo();
  DiscloseOptions unsigned_options = options();
  unsigned_options.layers.manifest = false;
  disclose_file(in(), folder_ / "out.flac", &key, kPayload, unsigned_options);
  write_tags(folder_ / "out.flac", {{"WATERMARK_PAYLOAD", "0000000000000001"}});
  const DisclosureCheck check = check_file(folder_ / "out.flac", check_options({Profile::kDdex}));
  EXPECT_FALSE(check.layers_agree);
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_NE(check.findings[0].find("0000000000000001"), std::string::npos);
}

TEST_F(Disclose, TheReportIsJsonWithASourceForEveryDutyAndWithoutPersonalFields) {
  write_tags(in(), {{"ARTIST", "Jane Private"}, {"COMPOSER", "Joe Private"}});
  const auto object = nlohmann::json::parse(check_json(
      check_file(in(), check_options({Profile::kEu, Profile::kCalifornia, Profile::kChina}))));
  EXPECT_EQ(object["schema"], "brandiron.disclosure/1");
  EXPECT_GE(object["duties"].size(), 15U);
  for (const auto& duty : object["duties"]) EXPECT_EQ(duty["source"], "secondary source");
  EXPECT_EQ(object.dump().find("Private"), std::string::npos);
}

TEST_F(Disclose, NothingIsWrittenWhenTheOrderCannotBeMet) {
  const Key key = Key::demo();
  DiscloseOptions no_system = options();
  no_system.facts.system.clear();
  EXPECT_THROW(disclose_file(in(), folder_ / "a.flac", &key, kPayload, no_system), Error);
  DiscloseOptions no_credentials = options();
  no_credentials.seal.credentials.reset();
  EXPECT_THROW(disclose_file(in(), folder_ / "b.flac", &key, kPayload, no_credentials), Error);
  EXPECT_THROW(disclose_file(in(), folder_ / "c.flac", nullptr, kPayload, options()), Error);
  DiscloseOptions nothing = options();
  nothing.layers = {false, false, false, false};
  EXPECT_THROW(disclose_file(in(), folder_ / "d.flac", &key, kPayload, nothing), Error);
  DiscloseOptions wrong_key = options();
  wrong_key.seal.credentials->key_pem = "no key";
  EXPECT_THROW(disclose_file(in(), folder_ / "e.flac", &key, kPayload, wrong_key), Error);
  for (const char* name : {"a.flac", "b.flac", "c.flac", "d.flac", "e.flac"}) {
    EXPECT_FALSE(std::filesystem::exists(folder_ / name)) << name;
  }
}

TEST_F(Disclose, TheGeneratorsExitSignsAndLogsThroughTheSameSteps) {
  Registry registry(folder_ / "log.sqlite");
  SealOptions seal;
  seal.credentials = credentials_;
  seal.registry = &registry;
  const auto marker = make_discloser(make_marker(Key::demo()), seal);
  AudioBuffer audio = read_audio(in());
  DisclosureFacts facts = options().facts;
  facts.created = utc_now();
  facts.mark = marker->mark(audio, payload_hex(kPayload));
  write_audio(folder_ / "song.flac", audio);
  write_tags(folder_ / "song.flac", disclosure_tags(facts));
  marker->seal(folder_ / "song.flac", audio, facts);
  CheckOptions options = check_options({Profile::kEu});
  options.registry = &registry;
  const DisclosureCheck check = check_file(folder_ / "song.flac", options);
  EXPECT_EQ(check.manifest.state, c2pa::State::kTrusted);
  EXPECT_EQ(check.binding.verdict, Binding::kConfirmed);
}

TEST_F(Disclose, ASidecarThatIsThereIsNotReplacedUnasked) {
  const Key key = Key::demo();
  write_file(folder_ / "out.c2pa", "somebody's");
  Registry registry(folder_ / "log.sqlite");
  DiscloseOptions logged = options();
  logged.seal.registry = &registry;
  EXPECT_THROW(disclose_file(in(), folder_ / "out.ogg", &key, kPayload, logged), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.ogg"));
  EXPECT_EQ(read_file(folder_ / "out.c2pa"), "somebody's");
  EXPECT_EQ(registry.size(), 0);
}

TEST(Profiles, NamesAreCheckedAndChooseLayers) {
  EXPECT_EQ(profiles_from_names("eu,cn").size(), 2U);
  EXPECT_THROW(profiles_from_names("us"), Error);
  EXPECT_THROW(profiles_from_names(""), Error);
  EXPECT_TRUE(layers_for({Profile::kChina}).audible);
  EXPECT_FALSE(layers_for({Profile::kEu}).audible);
  EXPECT_FALSE(layers_from_names("tags,c2pa").watermark);
  EXPECT_THROW(layers_from_names("tag"), Error);
}

}  // namespace
}  // namespace brandiron::watermark
