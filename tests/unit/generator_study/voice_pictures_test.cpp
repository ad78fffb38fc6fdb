#include "brandiron/experiments/voice_pictures.h"

#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::experiments {
namespace {

TEST(VoicePictures, HoldWhatSoundsAndNoMore) {
  const gen::SungPart part = sing_line(gen::load_persona("rust-hollow"), kPictureLine, 1);
  EXPECT_EQ(part.phones.size(), 29U);
  EXPECT_NEAR(part.phones.front().start_s, 0.15, 0.01);
  EXPECT_NEAR(part.audio.duration_s(), part.phones.back().end_s + 0.35, 0.01);
  EXPECT_NEAR(static_cast<double>(part.f0_hz.size()) * part.f0_hop_s, part.audio.duration_s(),
              0.02);
  EXPECT_THROW(sing_line(gen::load_persona("rust-hollow"), "", 1), Error);
}

TEST(VoicePictures, DrawPhonesPitchAndTechniques) {
  const gen::SungPart part = sing_line(gen::load_persona("tin-saint"), "rain <&> thunder", 1);
  const std::string svg = sung_line_svg("Tin <Saint>", part);
  EXPECT_EQ(svg.rfind("<svg", 0), 0U);
  EXPECT_NE(svg.find("Tin &lt;Saint&gt;"), std::string::npos);
  EXPECT_NE(svg.find(">R</text>"), std::string::npos);
  EXPECT_NE(svg.find("data:image/png;base64,"), std::string::npos);
  EXPECT_LT(svg.size(), 200000U);
  EXPECT_EQ(svg, sung_line_svg("Tin <Saint>", part));
}

// A persona whose voice changed gets a new version, and its picture with it
// (`brandiron report voice --overwrite -o docs/voice`).
TEST(VoicePictures, OfEveryPersonaStandInTheDocuments) {
  const auto docs = home_folder() / "docs";
  const std::string page = read_file(docs / "voice.md");
  for (const std::string& id : gen::list_personas()) {
    const std::string file = "voice/" + id + ".svg";
    EXPECT_NE(page.find("(" + file + ")"), std::string::npos) << file << " is not on docs/voice.md";
    const std::string svg = read_file(docs / file);
    const std::string version = "(version " + std::to_string(gen::load_persona(id).version) + ",";
    EXPECT_NE(svg.find(version), std::string::npos) << file << " shows another version";
  }
}

}  // namespace
}  // namespace brandiron::experiments
