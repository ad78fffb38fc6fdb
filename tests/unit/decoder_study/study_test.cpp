#include <gtest/gtest.h>

#include <fstream>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/decoder_study.h"
#include "fake_decoders.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

namespace brandiron::experiments {
namespace {

using brandiron::testing::CombDecoder;
using brandiron::testing::IdentityDecoder;
using brandiron::testing::LowPassDecoder;
using brandiron::testing::NoisyDecoder;
using brandiron::testing::plucked_music;
using brandiron::testing::TemporaryFolder;

class DecoderStudy : public ::testing::Test {
 protected:
  DecoderStudy() {
    for (int i = 1; i <= 2; ++i) {
      const auto path = folder_.path() / ("song" + std::to_string(i) + ".wav");
      write_audio(path, plucked_music(8, 44100, 2, static_cast<std::uint64_t>(i)));
      options_.files.push_back({path.filename().string(), "songs", path});
    }
    options_.decoders = {{make_griffin_lim({.iterations = 4}), false, false},
                         {std::make_shared<IdentityDecoder>()},
                         {std::make_shared<CombDecoder>(-60), true},
                         {std::make_shared<LowPassDecoder>(6000)}};
    options_.mark_files = 0;
    options_.folder = folder_.path() / "out";
  }

  DecoderSummary summary() const {
    return summarise_decoders(read_decoder_results(options_.folder), options_.decoders);
  }

  static const TwinSummary& of(const DecoderSummary& summary, const std::string& decoder) {
    for (const TwinSummary& s : summary.twins) {
      if (s.decoder == decoder && s.source.empty()) return s;
    }
    throw std::runtime_error(decoder);
  }

  TemporaryFolder folder_;
  DecoderStudyOptions options_;
};

TEST_F(DecoderStudy, FindsWhatTheFakesDo) {
  EXPECT_TRUE(run_decoder_study(options_).empty());
  const DecoderSummary s = summary();
  EXPECT_EQ(of(s, "identity").stft.value, 0);
  EXPECT_EQ(of(s, "identity").stft_nearer.value, 1) << "nearer than Griffin-Lim";
  EXPECT_EQ(of(s, "identity").mel_grid_nearer.value, 1);
  EXPECT_LT(of(s, "identity").mel_grid_gain.high, 0);
  EXPECT_EQ(of(s, "identity").wide.value, 1);
  EXPECT_FALSE(of(s, "identity").combs.front().present());
  EXPECT_TRUE(of(s, "comb").combs.front().present());
  EXPECT_EQ(of(s, "comb").comb_files.value, 1);
  EXPECT_EQ(of(s, "low-pass").wide.value, 0);
  EXPECT_NEAR(of(s, "low-pass").hz_min, 6000, 260);
  EXPECT_FALSE(of(s, "griffin-lim").combs.front().present());
  EXPECT_NE(decoder_text(s).find("low-pass"), std::string::npos);
  EXPECT_NE(decoder_json(s).find("brandiron.decoder-study/1"), std::string::npos);
}

TEST_F(DecoderStudy, GivesTheSameResultsWithAnyNumberOfJobs) {
  run_decoder_study(options_);
  const auto figures = [](const DecoderSummary& s) {
    std::vector<double> all;
    for (const TwinSummary& t : s.twins) {
      all.insert(all.end(), {t.stft.value, t.mel.value, t.si_sdr_db.value, t.hz.value});
      for (const Comb& c : t.combs) all.insert(all.end(), {c.strength_db, c.rank});
    }
    return all;
  };
  const std::vector<double> one = figures(summary());
  options_.jobs = 2;
  options_.overwrite = true;
  run_decoder_study(options_);
  EXPECT_EQ(figures(summary()), one);
}

TEST_F(DecoderStudy, ResumesWithWhatIsMissingAndKeepsTheRest) {
  const auto all = options_.decoders;
  options_.decoders.resize(2);
  run_decoder_study(options_);
  EXPECT_THROW(run_decoder_study(options_), Error) << "results exist";
  const auto path = options_.folder / kResultsFile;
  std::ofstream(path, std::ios::app) << R"({"kind": "twin", "fi)";  // torn
  options_.decoders = all;
  options_.resume = true;
  run_decoder_study(options_);
  const DecoderResults results = read_decoder_results(options_.folder);
  EXPECT_EQ(results.twins.size(), 8U);
  options_.excerpt_s = 3;
  EXPECT_THROW(run_decoder_study(options_), Error) << "other settings";
}

TEST_F(DecoderStudy, OtherWeightsAreMeasuredAgain) {
  class Versioned : public IdentityDecoder {
   public:
    Versioned(std::string sha256, float gain) : sha256_(std::move(sha256)), gain_(gain) {}
    gen::DecoderIdentity identity() const override {
      gen::DecoderIdentity identity = IdentityDecoder::identity();
      identity.sha256 = sha256_;
      return identity;
    }
    AudioBuffer decode(const AudioBuffer& audio) const override {
      AudioBuffer out = audio;
      out.apply_gain(gain_);
      return out;
    }

   private:
    std::string sha256_;
    float gain_;
  };
  options_.decoders = {{std::make_shared<Versioned>("aa", 1.0F)}};
  run_decoder_study(options_);
  EXPECT_EQ(of(summary(), "identity").stft.value, 0);
  options_.resume = true;
  options_.decoders = {{std::make_shared<Versioned>("bb", 0.5F)}};
  run_decoder_study(options_);
  EXPECT_GT(of(summary(), "identity").stft.value, 0.5) << "that of half the gain";
  EXPECT_EQ(read_decoder_results(options_.folder).twins.size(), 2U);
}

TEST_F(DecoderStudy, ABadFileIsNamedAndTheRestGoesOn) {
  const auto bad = folder_.path() / "poem.wav";
  write_file(bad, "I met a traveller from an antique land");
  options_.files.insert(options_.files.begin(), {"poem.wav", "songs", bad});
  const auto silent = folder_.path() / "silent.wav";
  write_audio(silent, AudioBuffer(1, 44100, 44100));
  options_.files.push_back({"silent.wav", "songs", silent});
  options_.decoders.erase(options_.decoders.begin());
  const std::vector<std::string> left_out = run_decoder_study(options_);
  EXPECT_EQ(left_out.size(), 6U) << "two files, three decoders";
  EXPECT_NE(left_out.front().find("poem.wav"), std::string::npos);
  EXPECT_EQ(of(summary(), "identity").files, 2U);
}

TEST_F(DecoderStudy, OtherRatesAreConverted) {
  const auto path = folder_.path() / "speech.wav";
  write_audio(path, plucked_music(4, 16000, 1));
  options_.files = {{"speech.wav", "speech", path}};
  EXPECT_TRUE(run_decoder_study(options_).empty());
  const DecoderResults results = read_decoder_results(options_.folder);
  EXPECT_NEAR(results.twins.front().duration_s, 4, 1e-3);
  EXPECT_NEAR(results.twins.front().bandwidth.original_hz, 8000, 600);
}

TEST_F(DecoderStudy, MarksAreReadBackThroughWhatLeavesThem) {
  const auto path = folder_.path() / "long.wav";
  write_audio(path, plucked_music(40, 44100, 1, 5));
  options_.files.push_back({"long.wav", "songs", path});
  options_.twins = false;
  options_.mark_files = 5;
  options_.crops_s = {20, 40, 60};
  // One keeps the mark, one destroys the sound.
  options_.decoders = {{std::make_shared<NoisyDecoder>(0.5, 1, "gentle")},
                       {std::make_shared<LowPassDecoder>(40)}};
  EXPECT_TRUE(run_decoder_study(options_).empty());
  const DecoderSummary s = summary();
  ASSERT_EQ(s.marks.size(), 6U) << "a file of 40 s: two crops of three; the short ones not at all";
  for (const MarkSummary& m : s.marks) {
    EXPECT_EQ(m.files, 1U);
    EXPECT_EQ(m.wrong, 0U);
    if (m.crop_s < 40) continue;
    EXPECT_EQ(m.exact, m.decoder == "low-pass" ? 0U : 1U) << m.decoder;
  }
  EXPECT_NE(marks_csv(read_decoder_results(options_.folder)).find("gentle"), std::string::npos);
}

}  // namespace
}  // namespace brandiron::experiments
