#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "brandiron/core/error.h"
#include "signals.h"

namespace brandiron {
namespace {

using test::run_chain;

std::string message_of(const std::string& chain) {
  try {
    EffectChain::parse(chain);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    const std::string message = e.what();
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  }
  ADD_FAILURE() << "'" << chain << "' was accepted";
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ChainParserTest, ReadsTheContractsExample) {
  const auto chain =
      EffectChain::parse("resample(rate_hz=16000) | mp3(bitrate_kbps=64) | noise(snr_db=20)");
  EXPECT_EQ(chain.to_string(),
            "resample(rate_hz=16000) | mp3(bitrate_kbps=64) | noise(snr_db=20, color=white)");
  EXPECT_FALSE(chain.empty());
}

TEST(ChainParserTest, FirstValuesMayDropTheirNamesAndBlanksAreFree) {
  EXPECT_EQ(EffectChain::parse("gain(-6)").to_string(), "gain(db=-6)");
  EXPECT_EQ(EffectChain::parse("  gain ( db = +6.50 )|polarity  ").to_string(),
            "gain(db=6.5) | polarity");
  EXPECT_EQ(EffectChain::parse("bandpass(300,3400)").to_string(),
            "bandpass(low_hz=300, high_hz=3400, order=8)");
  EXPECT_EQ(EffectChain::parse("band(300-3400)").to_string(), "band(range_hz=300-3400)");
  EXPECT_EQ(EffectChain::parse("normalise()").to_string(), "normalise(lufs=-14)");
}

TEST(ChainParserTest, TheEmptyChainAndNoneDoNothing) {
  for (const char* text : {"", "   ", "none", "none()", "none | none"}) {
    const auto chain = EffectChain::parse(text);
    EXPECT_TRUE(chain.empty()) << text;
    EXPECT_EQ(chain.to_string(), "");
    const AudioBuffer x = test::white(0.1);
    const AudioBuffer y = chain.apply(x, Rng(1));
    EXPECT_TRUE(std::equal(x.samples().begin(), x.samples().end(), y.samples().begin()));
  }
  EXPECT_EQ(EffectChain::parse("none | gain(1)").to_string(), "gain(db=1)");
}

TEST(ChainParserTest, CanonicalTextReadsBackToItselfForEveryExample) {
  for (const EffectInfo& effect : list_effects()) {
    const std::string text = EffectChain::parse(effect.example).to_string();
    EXPECT_EQ(EffectChain::parse(text).to_string(), text) << effect.name;
    EXPECT_EQ(text.rfind(effect.name, 0), 0u);
  }
}

TEST(ChainParserTest, QuotedTextKeepsCommasBracketsAndQuotes) {
  const auto chain = EffectChain::parse(R"(mix(file="a, (b)|\"c\\.wav", level_db=-3))");
  EXPECT_EQ(EffectChain::parse(chain.to_string()).to_string(), chain.to_string());
  EXPECT_TRUE(contains(chain.to_string(), R"("a, (b)|\"c\\.wav")"));
  EXPECT_TRUE(
      contains(EffectChain::parse("mix(file=../x/y-1.wav)").to_string(), "file=../x/y-1.wav,"));
}

TEST(ChainParserTest, NamesThePositionTheWordAndTheNearestKnownOne) {
  EXPECT_TRUE(contains(message_of("gain(1) | resmple(16000)"),
                       "position 11: unknown effect 'resmple'; did you mean resample?"));
  EXPECT_TRUE(contains(message_of("qqqqqqqq"), "known: aac, air, "));
  EXPECT_TRUE(contains(message_of("noise(snr=20)"), "position 7: noise has no parameter 'snr'"));
  EXPECT_TRUE(contains(message_of("noise(snr_bd=20)"), "did you mean snr_db?"));
  EXPECT_TRUE(contains(message_of("mp3(bitrate_kbps=9000)"), "found '9000', expected 8 to 320"));
  EXPECT_TRUE(
      contains(message_of("gain(loud)"), "found 'loud', expected a number from -120 to 60"));
  EXPECT_TRUE(contains(message_of("noise(color=blue)"), "expected one of white, pink"));
}

TEST(ChainParserTest, RefusesMalformedChains) {
  for (const char* bad : {"|",
                          "gain(1) |",
                          "gain(1) gain(1)",
                          "gain(",
                          "gain(1",
                          "gain(1,",
                          "gain(1,2)",
                          "gain()x",
                          "gain(db=1, db=2)",
                          "gain(1, db=2)",
                          "gain",
                          "speed",
                          "gain(nan)",
                          "gain(inf)",
                          "gain(1e999)",
                          "noise(snr_db=20, pink)",
                          "none(1)",
                          "mix(file=\"x)",
                          "mix(file=)",
                          "bandpass(3000, 300)",
                          "band(3400-300)",
                          "band(x)",
                          "band(300)",
                          "gain(db==1)",
                          "(1)",
                          "gain(1))",
                          "gain((1))",
                          "\x01gain(1)"}) {
    message_of(bad);
  }
  message_of(std::string(20000, ' '));
  std::string many = "polarity";
  for (int i = 0; i < 70; ++i) many += "|polarity";
  EXPECT_TRUE(contains(message_of(many), "more than 64 steps"));
}

TEST(ChainParserTest, SurvivesRandomText) {
  Rng rng(5, "fuzz");
  const std::string alphabet = "gain(noise)mp3=,|\"\\ -1.0e9_\x80\n";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::uint32_t k = rng.below(30); k > 0; --k) {
      text += alphabet[rng.below(static_cast<std::uint32_t>(alphabet.size()))];
    }
    try {
      EffectChain::parse(text);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    }
  }
}

TEST(ChainTest, TheSameSeedGivesTheSameSamplesAndAnotherSeedOthers) {
  const AudioBuffer x = test::music(1.0);
  for (const char* text : {"noise(20)", "crop(duration_s=0.4)", "drop(0.01)", "cut(10)", "wow",
                           "air", "mel(40, 3)", "reverb"}) {
    const AudioBuffer a = run_chain(text, x, 1), b = run_chain(text, x, 1),
                      c = run_chain(text, x, 2);
    ASSERT_EQ(a.num_frames(), b.num_frames()) << text;
    EXPECT_TRUE(std::equal(a.samples().begin(), a.samples().end(), b.samples().begin())) << text;
    const bool same = a.num_frames() == c.num_frames() &&
                      std::equal(a.samples().begin(), a.samples().end(), c.samples().begin());
    EXPECT_FALSE(same) << text;
  }
}

TEST(ChainTest, EachStepHasItsOwnStream) {
  const AudioBuffer x = test::white(0.5);
  AudioBuffer twice = run_chain("noise(0) | noise(0)", x);
  AudioBuffer once = run_chain("noise(0)", x);
  // The second noise differs from the first: subtracting twice the first does not leave x.
  once.add(x, 0, -1.0F);
  twice.add(x, 0, -1.0F);
  twice.add(once, 0, -1.0F);
  double dot = 0.0;
  for (std::size_t i = 0; i < x.num_frames(); ++i) {
    dot += static_cast<double>(once.channel(0)[i]) * static_cast<double>(twice.channel(0)[i]);
  }
  EXPECT_LT(std::fabs(dot) / (once.rms() * twice.rms() * static_cast<double>(x.num_frames())),
            0.05);
}

TEST(ChainTest, RefusesAudioWithNaN) {
  AudioBuffer x = test::white(0.1);
  x.channel(0)[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(run_chain("gain(1)", x), Error);
}

TEST(ChainTest, SaysWhenItReadsFiles) {
  EXPECT_TRUE(EffectChain::parse("gain(1) | mix(file=a.wav)").reads_files());
  EXPECT_TRUE(EffectChain::parse("reverb(ir=a.wav)").reads_files());
  EXPECT_FALSE(EffectChain::parse("reverb | mp3(64)").reads_files());
}

TEST(ChainTest, CopiesAndMovesKeepWorking) {
  EffectChain a = EffectChain::parse("gain(-6)");
  EffectChain b = std::move(a);
  EXPECT_EQ(b.to_string(), "gain(db=-6)");
  EXPECT_NO_THROW(a.to_string());
  a = b;
  EXPECT_EQ(a.to_string(), b.to_string());
}

TEST(ListEffectsTest, DocumentsEveryEffectAndParameter) {
  const auto effects = list_effects();
  EXPECT_GE(effects.size(), 35u);
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const EffectInfo& e = effects[i];
    if (i > 0) {
      EXPECT_LT(effects[i - 1].name, e.name);
    }
    EXPECT_FALSE(e.description.empty()) << e.name;
    EXPECT_FALSE(e.example.empty()) << e.name;
    EXPECT_EQ(e.available, e.remedy.empty()) << e.name;
    for (const EffectParameter& p : e.parameters) {
      EXPECT_FALSE(p.description.empty()) << e.name << "." << p.name;
      if (!p.is_text) {
        EXPECT_LT(p.low, p.high) << e.name << "." << p.name;
      }
    }
  }
}

}  // namespace
}  // namespace brandiron
