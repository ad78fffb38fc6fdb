#include <gtest/gtest.h>

#include "brandiron/core/error.h"
#include "brandiron/experiments/decoder_study.h"
#include "brandiron/experiments/sound_pictures.h"
#include "fake_decoders.h"
#include "support/test_audio.h"

namespace brandiron::experiments {
namespace {

using brandiron::testing::CombDecoder;
using brandiron::testing::plucked_music;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(SoundPictures, StagesHaveARowEachAndNothingFromOutside) {
  const AudioBuffer music = plucked_music(2);
  const std::string svg = stages_svg("A & B", {{"first <1>", music}, {"second", music}});
  EXPECT_EQ(count(svg, "<image"), 2U);
  EXPECT_NE(svg.find("A &amp; B"), std::string::npos);
  EXPECT_NE(svg.find("first &lt;1&gt;"), std::string::npos);
  EXPECT_EQ(count(svg, "http"), 1U) << "the name space alone";
  EXPECT_LT(svg.size(), 2U * 90000);
}

TEST(SoundPictures, StagesShareOneScale) {
  // A row a thousandth as loud is dark beside the other: it compresses to nearly nothing.
  const AudioBuffer music = plucked_music(2);
  AudioBuffer quiet = music;
  quiet.apply_gain(1e-5F);
  const auto size = [&](const AudioBuffer& second) {
    return stages_svg("", {{"", music}, {"", second}}).size();
  };
  EXPECT_LT(size(quiet), 0.7 * static_cast<double>(size(music)));
}

TEST(SoundPictures, ACombIsDrawnAboveItsSurroundings) {
  const AudioBuffer music = plucked_music(6);
  const auto residual = comb_residual_db(music, CombDecoder(-60).decode(music));
  const std::string svg = combs_svg("combs", {{"comb", residual, {8, 8, 4, 2}, true},
                                              {"none", std::vector<double>(8193), {512}, false}});
  EXPECT_EQ(count(svg, "#b23c17"), 2U) << "the strided one, in both columns";
  EXPECT_EQ(count(svg, "#1f5f8b"), 2U);
  EXPECT_NE(svg.find("strides 8-8-4-2, spacing 86.1 Hz"), std::string::npos);
}

TEST(SoundPictures, TheSameInputGivesTheSameBytes) {
  const AudioBuffer music = plucked_music(1);
  EXPECT_EQ(stages_svg("x", {{"y", music}}), stages_svg("x", {{"y", music}}));
}

TEST(SoundPictures, NothingToDrawIsRefused) {
  EXPECT_THROW(stages_svg("x", {}), Error);
  EXPECT_THROW(stages_svg("x", {{"y", AudioBuffer(1, 0, 44100)}}), Error);
  EXPECT_THROW(combs_svg("x", {}), Error);
  EXPECT_THROW(combs_svg("x", {{"y", {1, 2, 3}, {2}, true}}), Error);
}

}  // namespace
}  // namespace brandiron::experiments
