#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "gen/src/band/loudness_meter.h"
#include "gen/src/band/timeline.h"
#include "tests/unit/gen_band/test_score.h"

namespace brandiron::gen {
namespace {

using testing::fake_vocal;
using testing::make_score;
using testing::ScoreRecipe;

constexpr int kRate = 44100;

struct MixedSong {
  Score score;
  std::vector<Stem> raw;
  MixResult mix;
};

MixedSong mix_of(const ScoreRecipe& recipe, const MixOptions& options = {}, int rate_hz = kRate,
                 std::uint64_t seed = 1) {
  MixedSong song{make_score(recipe), {}, {}};
  song.raw = play_band(song.score, Persona{}, rate_hz, Rng(seed)).stems;
  song.raw.push_back({"lead_vocal", fake_vocal(song.score, rate_hz)});
  song.mix = mix_song(song.raw, options, Rng(seed));
  return song;
}

const MixedSong& stomp_song() {
  static const MixedSong song = mix_of({});
  return song;
}

double worst_difference(const MixResult& mix) {
  double worst = 0.0;
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::size_t i = 0; i < mix.premaster.num_frames(); ++i) {
      double sum = 0.0;
      for (const Stem& stem : mix.stems) sum += stem.audio.channel(c)[i];
      worst = std::max(worst, std::fabs(sum - mix.premaster.channel(c)[i]));
    }
  }
  return worst;
}

TEST(Mix, StemsSumToThePremasterBelowMinusNinety) {
  EXPECT_LT(worst_difference(stomp_song().mix), std::pow(10.0, -120.0 / 20.0));
}

TEST(Mix, LeavesRoomInThePremasterAndInEveryStem) {
  const MixResult& mix = stomp_song().mix;
  EXPECT_LT(mix.premaster.peak(), 0.95F);
  EXPECT_GT(mix.premaster.peak(), 0.1F);
  for (const Stem& stem : mix.stems) {
    EXPECT_LT(stem.audio.peak(), 0.95F) << stem.name;
    EXPECT_EQ(stem.audio.num_channels(), 2U);
  }
}

TEST(Mix, MeetsLoudnessAndTruePeakInEveryMetre) {
  struct Case {
    const char* groove;
    double tempo;
    int beats, rate;
    bool compound;
  };
  for (const Case& c : {Case{"stomp", 84, 4, 44100, false}, Case{"train", 108, 4, 48000, false},
                        Case{"waltz", 96, 3, 44100, false}, Case{"ballad", 66, 4, 48000, true}}) {
    ScoreRecipe recipe;
    recipe.groove = c.groove;
    recipe.tempo_bpm = c.tempo;
    recipe.beats_per_bar = c.beats;
    recipe.compound = c.compound;
    const MixedSong song = mix_of(recipe, {}, c.rate);
    const Loudness loudness = measure_loudness(song.mix.master);
    EXPECT_NEAR(loudness.integrated_lufs, -9.5, 0.5) << c.groove;
    EXPECT_LE(loudness.true_peak_dbtp, -1.1) << c.groove;
    EXPECT_NEAR(song.mix.report.integrated_lufs, loudness.integrated_lufs, 0.1);
    EXPECT_NEAR(song.mix.report.true_peak_dbtp, loudness.true_peak_dbtp, 0.1);
    EXPECT_FALSE(song.mix.master.has_non_finite());
    EXPECT_EQ(song.mix.master.num_frames(), song.raw[0].audio.num_frames());
  }
}

TEST(Mix, MeetsOtherTargetsToo) {
  for (const double target : {-14.0, -11.0, -20.0}) {
    MixOptions options;
    options.target_lufs = target;
    options.producedness = 0.4;
    ScoreRecipe recipe;
    recipe.form = {{"intro", 2}, {"verse", 8}, {"chorus", 8}};
    const MixedSong song = mix_of(recipe, options);
    EXPECT_NEAR(song.mix.report.integrated_lufs, target, 0.5);
    EXPECT_LE(song.mix.report.true_peak_dbtp, -1.1);
  }
}

// Without K-weighting and without the mixer's own meter: 300 Hz to 5 kHz, where speech lives.
TEST(Mix, PutsTheVoiceTwoToFourDecibelsOverTheBand) {
  const MixedSong& song = stomp_song();
  EXPECT_NEAR(song.mix.report.vocal_over_band_db, 3.0, 0.5);
  AudioBuffer lead(2, song.mix.premaster.num_frames(), kRate), rest = lead;
  for (const Stem& stem : song.mix.stems) {
    if (stem.name == "reverb") continue;
    (stem.name == "lead_vocal" ? lead : rest).add(stem.audio);
  }
  const auto energy = [&](AudioBuffer audio) {
    filter(audio, {Biquad::highpass(kRate, 60)});
    double sum = 0;
    for (const band::Interval& phrase : band::sung_phrases(song.score)) {
      for (std::size_t c = 0; c < 2; ++c) {
        for (const float v :
             audio.channel(c).subspan(static_cast<std::size_t>(phrase.start_s * kRate),
                                      static_cast<std::size_t>(phrase.length_s() * kRate))) {
          sum += static_cast<double>(v) * v;
        }
      }
    }
    return sum;
  };
  const double over_db = 10 * std::log10(energy(lead) / energy(rest));
  EXPECT_GT(over_db, 0.0);
  EXPECT_LT(over_db, 5.0);
}

TEST(Mix, IsMonoInTheBass) {
  AudioBuffer side(1, stomp_song().mix.master.num_frames(), kRate), mid = side;
  const AudioBuffer& master = stomp_song().mix.master;
  for (std::size_t i = 0; i < master.num_frames(); ++i) {
    side.channel(0)[i] = master.channel(0)[i] - master.channel(1)[i];
    mid.channel(0)[i] = master.channel(0)[i] + master.channel(1)[i];
  }
  for (AudioBuffer* b : {&side, &mid}) {
    filter(*b, butterworth_lowpass(kRate, 90, 8));
  }
  EXPECT_LT(20 * std::log10(side.rms() / mid.rms()), -35.0);
}

// Left and right as a listener's meter has them, between 30 and 120 Hz.
TEST(Mix, HasTheSameBassOnBothSides) {
  AudioBuffer low = stomp_song().mix.master;
  filter(low, butterworth_lowpass(kRate, 120, 8));
  filter(low, butterworth_highpass(kRate, 30, 4));
  double product = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < low.num_frames(); ++i) {
    const double l = low.channel(0)[i], r = low.channel(1)[i];
    product += l * r;
    left += l * l;
    right += r * r;
  }
  EXPECT_GT(product / std::sqrt(left * right), 0.995);
}

// The same notes at the same loudness: only the dynamics differ.
TEST(Mix, TakesProducednessApartFromContentAndLoudness) {
  std::vector<double> peak_to_loudness, crest;
  for (const double produced : {0.0, 0.6, 1.0, 1.5}) {
    MixOptions options;
    options.target_lufs = -18.0;
    options.producedness = produced;
    options.keep_stems = false;
    const MixResult mix = mix_song(stomp_song().raw, options, Rng(1));
    const Loudness loudness = measure_loudness(mix.master);
    EXPECT_NEAR(loudness.integrated_lufs, -18.0, 0.5) << produced;
    EXPECT_NEAR(mix.report.vocal_over_band_db, 3.0, 0.5) << produced;
    peak_to_loudness.push_back(loudness.true_peak_dbtp - loudness.integrated_lufs);
    crest.push_back(20 * std::log10(mix.master.peak() / mix.master.rms()));
    if (produced > 0.0) continue;
    for (const MixChannel& channel : mix.report.channels) {
      EXPECT_EQ(channel.reduction_db, 0.0) << channel.stem;
    }
  }
  for (std::size_t i = 1; i < crest.size(); ++i) {
    EXPECT_LT(peak_to_loudness[i], peak_to_loudness[i - 1] - 0.6) << i;
    EXPECT_LT(crest[i], crest[i - 1] - 0.4) << i;
  }
  EXPECT_GT(peak_to_loudness.front(), peak_to_loudness.back() + 5.0);
}

TEST(Mix, KeepsUnderAnyCeiling) {
  for (const double ceiling : {-6.0, -3.0, -0.5}) {
    MixOptions options;
    options.true_peak_dbtp = ceiling;
    options.target_lufs = -14.0;
    const MixResult mix = mix_song(stomp_song().raw, options, Rng(1));
    EXPECT_LE(measure_loudness(mix.master).true_peak_dbtp, ceiling + 0.05);
    EXPECT_NEAR(mix.report.integrated_lufs, -14.0, 0.5) << ceiling;
  }
}

TEST(Mix, KeepsTheDynamicsOfALoudButUnbrokenMaster) {
  const MixReport& report = stomp_song().mix.report;
  const double plr = report.true_peak_dbtp - report.integrated_lufs;
  EXPECT_GE(plr, 7.5);
  EXPECT_LE(plr, 9.5);
  // Few samples sit on the ceiling: limiting, not squaring.
  const AudioBuffer& master = stomp_song().mix.master;
  const float near = 0.985F * master.peak();
  const auto x = master.samples();
  const auto flat = std::count_if(x.begin(), x.end(), [&](float v) { return std::fabs(v) > near; });
  EXPECT_LT(static_cast<double>(flat) / static_cast<double>(x.size()), 0.01);
}

TEST(Mix, IsDeterministicAndTheSameWithoutKeptStems) {
  const MixedSong& song = stomp_song();
  MixOptions options;
  options.keep_stems = false;
  const MixResult again = mix_song(song.raw, options, Rng(1));
  EXPECT_TRUE(again.stems.empty());
  EXPECT_TRUE(std::equal(again.master.samples().begin(), again.master.samples().end(),
                         song.mix.master.samples().begin(), song.mix.master.samples().end()));
  EXPECT_TRUE(std::equal(again.premaster.samples().begin(), again.premaster.samples().end(),
                         song.mix.premaster.samples().begin(), song.mix.premaster.samples().end()));
}

TEST(Mix, MastersWhatBecameOfThePremaster) {
  const MixedSong& song = stomp_song();
  MixOptions options;
  options.keep_stems = false;
  MixResult parts = mix_stems(song.raw, options);
  EXPECT_TRUE(parts.master.empty());
  parts.premaster.apply_gain(0.25F);
  master_mix(parts, options);
  EXPECT_NEAR(parts.report.integrated_lufs, song.mix.report.integrated_lufs, 0.1);
  EXPECT_NEAR(parts.report.master_gain_db, song.mix.report.master_gain_db + 12.04, 0.1);
  EXPECT_EQ(parts.report.chain.substr(0, 100), song.mix.report.chain.substr(0, 100));
  MixResult mono;
  mono.premaster = AudioBuffer(1, kRate, kRate);
  EXPECT_THROW(master_mix(mono, options), Error);
}

TEST(Mix, ReportsEverySetting) {
  const MixReport& report = stomp_song().mix.report;
  EXPECT_EQ(report.stem_gains_db.size(), stomp_song().raw.size());
  for (const char* word : {"lead_vocal: highpass(hz=70, q=0.707)", "compressor(", "limiter(",
                           "plate(rt60_s=0.75", "side: highpass(hz=120"}) {
    EXPECT_NE(report.chain.find(word), std::string::npos) << word;
  }
  ASSERT_EQ(report.channels.size(), stomp_song().raw.size());
  for (const MixChannel& channel : report.channels) {
    EXPECT_FALSE(channel.steps.empty()) << channel.stem;
    for (const MixStep& step : channel.steps) EXPECT_GE(step.settings.size(), 2U) << step.effect;
  }
  const auto count = [](const std::vector<MixStep>& steps, const std::string& effect) {
    return std::count_if(steps.begin(), steps.end(),
                         [&](const MixStep& s) { return s.effect == effect; });
  };
  const MixChannel& lead = report.channels.back();
  EXPECT_EQ(lead.stem, "lead_vocal");
  EXPECT_EQ(count(lead.steps, "compressor"), 2);
  EXPECT_EQ(count(report.room, "reflection"), 6);
  EXPECT_EQ(count(report.room, "plate"), 1);
  for (const char* effect : {"compressor", "softclip", "limiter"}) {
    EXPECT_EQ(count(report.master, effect), 1) << effect;
  }
  const auto has = [&](const std::string& name) {
    return std::any_of(report.figures.begin(), report.figures.end(),
                       [&](const auto& f) { return f.first == name && std::isfinite(f.second); });
  };
  for (const char* name : {"guitar.pan", "lead_vocal.reduction_db", "bus.reduction_db",
                           "limiter.reduction_db", "master.drive_db"}) {
    EXPECT_TRUE(has(name)) << name;
  }
}

TEST(Mix, CompressesTheVoiceByFourToFourteenDecibels) {
  for (const auto& [name, value] : stomp_song().mix.report.figures) {
    if (name == "lead_vocal.reduction_db") {
      EXPECT_GT(value, 4.0);
      EXPECT_LT(value, 14.0);
    }
  }
}

TEST(Mix, TakesStereoStemsStrangersAndSilence) {
  AudioBuffer stereo(2, kRate * 4, kRate), silent(1, kRate * 4, kRate);
  Rng rng(1);
  for (float& v : stereo.samples()) v = static_cast<float>(0.05 * rng.normal());
  const MixResult mix =
      mix_song({{"gang", stereo}, {"kazoo", stereo}, {"clap", silent}}, {}, Rng(1));
  EXPECT_EQ(mix.stems.size(), 4U);  // three and the reverb
  EXPECT_LT(worst_difference(mix), 1e-6);
  EXPECT_NEAR(mix.report.integrated_lufs, -9.5, 1.0);
  EXPECT_EQ(mix.report.vocal_over_band_db, 0.0);

  const MixResult nothing = mix_song({{"guitar", silent}}, {}, Rng(1));
  EXPECT_EQ(nothing.master.peak(), 0.0F);
  EXPECT_TRUE(std::isinf(nothing.report.integrated_lufs));

  const MixResult alone = mix_song({{"lead_vocal", fake_vocal(make_score(), kRate)}}, {}, Rng(1));
  EXPECT_NEAR(alone.report.integrated_lufs, -9.5, 0.7);
}

TEST(Mix, RefusesUnequalStemsAndNonsense) {
  const AudioBuffer a(1, 1000, kRate), b(1, 999, kRate), c(3, 1000, kRate);
  EXPECT_THROW(mix_song({}, {}, Rng(1)), Error);
  EXPECT_THROW(mix_song({{"a", a}, {"b", b}}, {}, Rng(1)), Error);
  EXPECT_THROW(mix_song({{"a", c}}, {}, Rng(1)), Error);
  MixOptions options;
  options.target_lufs = 3;
  EXPECT_THROW(mix_song({{"a", a}}, options, Rng(1)), Error);
  AudioBuffer broken = a;
  broken.channel(0)[7] = NAN;
  EXPECT_THROW(mix_song({{"a", broken}}, {}, Rng(1)), Error);
}

TEST(LoudnessMeter, AgreesWithTheReferenceWithinATenthOfADecibel) {
  for (const int rate : {44100, 48000}) {
    AudioBuffer audio(2, static_cast<std::size_t>(rate) * 12, rate);
    Rng rng(5);
    for (std::size_t c = 0; c < 2; ++c) {
      auto x = audio.channel(c);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double loud = i < x.size() / 3 ? 0.2 : (i < x.size() / 2 ? 0.001 : 0.1);
        x[i] = static_cast<float>(loud * rng.normal());
      }
    }
    EXPECT_NEAR(band::integrated_lufs(band::k_weighted_blocks(audio)),
                measure_loudness(audio).integrated_lufs, 0.1);
  }
}

}  // namespace
}  // namespace brandiron::gen
