// Every entry of the registry against every awkward shape of audio.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/temporary.h"
#include "signals.h"

namespace brandiron {
namespace {

namespace fs = std::filesystem;

struct Shape {
  const char* name;
  AudioBuffer audio;
};

std::vector<Shape> shapes() {
  AudioBuffer loud = test::music(0.5);
  loud.apply_gain(40.0F);
  AudioBuffer click(2, 4410, 44100);
  click.channel(0)[2000] = 1.0F;
  return {{"mono", test::music(0.6, 44100, 1)},
          {"stereo", test::music(0.6)},
          {"eight channels", test::music(0.4, 44100, 8)},
          {"three channels", test::music(0.4, 48000, 3)},
          {"silent", AudioBuffer(2, 22050, 44100)},
          {"a tenth of a second", test::music(0.1)},
          {"8 kHz", test::music(0.6, 8000, 1)},
          {"11.025 kHz", test::music(0.5, 11025, 2)},
          {"192 kHz", test::music(0.3, 192000, 2)},
          {"far over full scale", loud},
          {"one click", click},
          {"one frame", AudioBuffer(1, 1, 44100)},
          {"seven frames", test::white(8.0 / 44100)}};
}

class EveryEffectTest : public testing::TestWithParam<EffectInfo> {
 protected:
  void SetUp() override {
    if (!GetParam().available) GTEST_SKIP() << GetParam().remedy;
  }
};

/// The example, with the file it names (if any) made first.
std::string runnable_example(const EffectInfo& effect) {
  std::string text = effect.example;
  const auto at = text.find("other.wav");
  if (at == std::string::npos) return text;
  static const TemporaryPath kOther(fs::temp_directory_path() /
                                    ("brandiron-other-" + std::to_string(getpid()) + ".wav"));
  const fs::path& path = kOther.path();
  WriteOptions options;
  options.overwrite = true;
  write_audio(path, test::white(0.3, 22050), options);
  return text.replace(at, 9, path.string());
}

TEST_P(EveryEffectTest, GivesFiniteAudioForEveryShape) {
  const auto chain = EffectChain::parse(runnable_example(GetParam()));
  for (const Shape& shape : shapes()) {
    AudioBuffer out;
    ASSERT_NO_THROW(out = chain.apply(shape.audio, Rng(1))) << shape.name;
    EXPECT_FALSE(out.has_non_finite()) << shape.name;
    EXPECT_GE(out.num_channels(), 1u) << shape.name;
    EXPECT_GT(out.rate_hz(), 0) << shape.name;
    if (shape.audio.num_frames() > 100) {
      EXPECT_GT(out.duration_s(), shape.audio.duration_s() / 5) << shape.name;
    }
  }
}

TEST_P(EveryEffectTest, GivesFiniteAudioAtBothEndsOfEveryRange) {
  const EffectInfo& effect = GetParam();
  const AudioBuffer x = test::music(0.15, 16000, 2);
  const std::string example = runnable_example(effect);
  const auto canonical = EffectChain::parse(example).to_string();
  for (const EffectParameter& p : effect.parameters) {
    if (p.is_text) continue;
    for (const double value : {p.low, p.high}) {
      char number[64];
      std::snprintf(number, sizeof number, "%.17g", value);
      std::string text = canonical;
      const auto at = text.find(p.name + "=") + p.name.size() + 1;
      text.replace(at, text.find_first_of(",)", at) - at, number);
      AudioBuffer out;
      try {
        out = EffectChain::parse(text).apply(x, Rng(1));
      } catch (const Error& e) {
        // Values that do not fit together, or this audio, are refused in words.
        EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument) << text << ": " << e.what();
        continue;
      }
      EXPECT_FALSE(out.has_non_finite()) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryEffectTest, testing::ValuesIn(list_effects()),
                         [](const auto& each) { return each.param.name; });

/// Not a gate: prints how many seconds of 44.1 kHz stereo each effect handles in one.
TEST(EffectThroughputTest, PrintsTimesRealTimeWhenAsked) {
  if (std::getenv("BRANDIRON_BENCH") == nullptr) GTEST_SKIP() << "set BRANDIRON_BENCH=1 to measure";
  const double seconds = 20.0;
  const AudioBuffer x = test::music(seconds);
  for (EffectInfo effect : list_effects()) {
    if (!effect.available) continue;
    if (effect.name == "limiter") effect.example = "limiter(drive_db=20)";
    const auto chain = EffectChain::parse(runnable_example(effect));
    double best = 1e9;
    for (int run = 0; run < 2; ++run) {
      const std::clock_t start = std::clock();  // CPU time: the machine may be busy
      chain.apply(x, Rng(1));
      best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    std::printf("%-12s %8.0f x  %7.2f ms/s   %s\n", effect.name.c_str(), seconds / best,
                1000.0 * best / seconds, effect.example.c_str());
  }
}

}  // namespace
}  // namespace brandiron
