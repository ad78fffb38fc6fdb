// What the files of a published song must agree on. The song is made by integration.song.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/audio/stft.h"
#include "brandiron/core/files.h"
#include "tests/unit/gen_band/onset_detector.h"

namespace {

using namespace brandiron;
using Json = nlohmann::json;
namespace fs = std::filesystem;

class PublishedSong : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* songs = std::getenv("BRANDIRON_SONGS");
    folder_ = fs::path(songs != nullptr ? songs : "build/songs") / "song";
    song_ = Json::parse(read_file(folder_ / "song.json"));
  }

  static fs::path folder_;
  static Json song_;
};
fs::path PublishedSong::folder_;
Json PublishedSong::song_;

TEST_F(PublishedSong, StemsSumToThePremasterBelowMinus90Dbfs) {
  AudioBuffer rest = read_audio(folder_ / "stems/premaster.flac");
  const double level = rest.rms();
  std::size_t stems = 0;
  for (const auto& stem : song_["stems"]) {
    rest.add(read_audio(folder_ / stem["file"].get<std::string>()), 0, -1.0F);
    ++stems;
  }
  ASSERT_GE(stems, 4U);
  EXPECT_GT(level, 0.01) << "the mix is silent: the sum proves nothing";
  const double residual_db = 20 * std::log10(static_cast<double>(rest.peak()) + 1e-12);
  std::printf("stems: %zu, largest residual %.1f dBFS\n", stems, residual_db);
  EXPECT_LT(residual_db, -90.0);
}

// 95 % of the strokes in song.json are heard on the stems within 10 ms; experiments/recipes/band
// measures 26 songs with another detector.
TEST_F(PublishedSong, TheBandsStrokesAreHeardWithin10MsOfTheStatedOnes) {
  int measured = 0;
  for (const auto& part : song_["parts"]) {
    const std::string name = part["name"];
    if (!std::set<std::string>{"stomp", "kick", "clap", "tambourine", "brush", "guitar"}.count(
            name))
      continue;
    std::vector<double> strokes;
    double last = -1.0;
    for (const auto& note : part["notes"]) {  // of a strum, the first string
      const double t = note["start_s"];
      if (t - last > 0.045) strokes.push_back(t);
      last = t;
    }
    if (strokes.size() < 10) continue;
    const auto heard = gen::testing::find_onsets(read_audio(folder_ / ("stems/" + name + ".flac")));
    const double found = gen::testing::share_matched(strokes, heard, 0.010);
    std::printf("%s: %.1f %% of %zu strokes\n", name.c_str(), 100 * found, strokes.size());
    EXPECT_GE(found, 0.95) << name;
    ++measured;
  }
  EXPECT_GE(measured, 3);
}

TEST_F(PublishedSong, TheHashInSongJsonIsThatOfTheFilesSamples) {
  const auto audio = read_audio(folder_ / song_["audio"]["file"].get<std::string>());
  EXPECT_EQ(pcm16_sha256(audio), song_["audio"]["pcm_sha256"].get<std::string>());
  EXPECT_NEAR(audio.duration_s(), song_["audio"]["duration_s"].get<double>(), 1e-6);
}

TEST_F(PublishedSong, LoudnessIsMinus9Within1LufsAndTheTruePeakBelowMinus1Dbtp) {
  const auto loudness =
      measure_loudness(read_audio(folder_ / song_["audio"]["file"].get<std::string>()));
  EXPECT_NEAR(loudness.integrated_lufs, -9.0, 1.0);
  EXPECT_LE(loudness.true_peak_dbtp, -1.0);
  EXPECT_NEAR(loudness.integrated_lufs, song_["audio"]["integrated_lufs"].get<double>(), 0.05);
  EXPECT_NEAR(loudness.true_peak_dbtp, song_["audio"]["true_peak_dbtp"].get<double>(), 0.05);
}

TEST_F(PublishedSong, ASongOfAMinuteOrMoreWasAskedForAndGiven) {
  EXPECT_GE(song_["audio"]["duration_s"].get<double>(), 60.0);
}

TEST_F(PublishedSong, SectionsAndChordsFollowOneAnotherInsideTheSong) {
  // The file ends on a whole sample.
  const double duration = song_["audio"]["duration_s"].get<double>() +
                          1.0 / song_["audio"]["sample_rate_hz"].get<double>();
  for (const char* list : {"sections", "chords"}) {
    double end = 0;
    ASSERT_FALSE(song_[list].empty()) << list;
    for (const auto& item : song_[list]) {
      EXPECT_NEAR(item["start_s"].get<double>(), end, 1e-6) << list;
      end = item["end_s"].get<double>();
      EXPECT_LE(end, duration) << list;
    }
  }
}

TEST_F(PublishedSong, WordsAreInOrderAndLieInTheirLines) {
  const auto& lyrics = song_["lyrics"];
  ASSERT_GT(lyrics["words"].size(), 20U);
  double last = 0;
  for (const auto& word : lyrics["words"]) {
    const auto& line = lyrics["lines"][word["line"].get<std::size_t>()];
    EXPECT_GE(word["start_s"].get<double>(), last - 1e-9) << word;
    EXPECT_LT(word["start_s"].get<double>(), word["end_s"].get<double>()) << word;
    EXPECT_GE(word["start_s"].get<double>(), line["start_s"].get<double>() - 1e-9) << word;
    EXPECT_LE(word["end_s"].get<double>(), line["end_s"].get<double>() + 1e-9) << word;
    last = word["start_s"].get<double>();
  }
}

/// Level in dB of 80-1000 Hz, one value each 128 samples.
std::vector<double> low_band_db(const AudioBuffer& audio) {
  StftOptions options;
  options.window_samples = 512;
  options.hop_samples = 128;
  const AudioBuffer mono = audio.to_mono();
  const auto power = power_spectrogram(mono.channel(0), options);
  const std::size_t bins = options.window_samples / 2 + 1;
  const double bin_hz = static_cast<double>(audio.rate_hz()) / 512;
  std::vector<double> level;
  for (std::size_t t = 0; t * bins < power.size(); ++t) {
    double sum = 1e-9;
    for (auto k = static_cast<std::size_t>(std::ceil(80 / bin_hz)); k * bin_hz < 1000; ++k) {
      sum += static_cast<double>(power[t * bins + k]);
    }
    level.push_back(10 * std::log10(sum));
  }
  return level;
}

/// Stated onsets of vowels that follow a pause or a voiceless consonant: those that energy shows.
std::vector<double> clear_vowel_onsets_s(const Json& phones) {
  const std::set<std::string> voiceless = {"P", "T", "K", "CH", "F", "TH", "S", "SH", "HH"};
  std::vector<double> onsets;
  std::string before;
  double before_end = -1;
  for (const auto& phone : phones) {
    const auto name = phone["phone"].get<std::string>();
    const double start = phone["start_s"].get<double>();
    const bool vowel = std::isdigit(static_cast<unsigned char>(name.back())) != 0;
    if (vowel && (voiceless.contains(before) || start - before_end > 0.08)) {
      onsets.push_back(start);
    }
    before = name;
    before_end = phone["end_s"].get<double>();
  }
  return onsets;
}

TEST_F(PublishedSong, MeasuredVowelOnsetsLieWithin20MsOfTheStatedOnes) {
  const auto vocal = read_audio(folder_ / "stems/lead_vocal_dry.flac");
  const auto level = low_band_db(vocal);
  const double step_s = 128.0 / vocal.rate_hz();
  std::vector<double> errors_s;
  for (const double stated : clear_vowel_onsets_s(song_["lyrics"]["phones"])) {
    const auto at = [&](double seconds) {
      return std::min(level.size() - 1, static_cast<std::size_t>(std::max(0.0, seconds) / step_s));
    };
    const double top = *std::max_element(level.begin() + static_cast<long>(at(stated - 0.02)),
                                         level.begin() + static_cast<long>(at(stated + 0.12)));
    // The last time the level was 12 dB below the vowel's before the vowel's own loudest moment.
    std::size_t t = at(stated + 0.12);
    while (t > at(stated - 0.02) && level[t] < top) {
      --t;
    }
    while (t > at(stated - 0.12) && level[t] > top - 12) {
      --t;
    }
    errors_s.push_back(std::abs(static_cast<double>(t + 1) * step_s - stated));
  }
  ASSERT_GE(errors_s.size(), 10U);
  std::nth_element(errors_s.begin(), errors_s.begin() + static_cast<long>(errors_s.size() / 2),
                   errors_s.end());
  const double median_s = errors_s[errors_s.size() / 2];
  RecordProperty("median_ms", std::to_string(median_s * 1000));
  std::printf("vowel onsets: %zu measured, median error %.1f ms\n", errors_s.size(),
              median_s * 1000);
  EXPECT_LE(median_s, 0.020);
}

}  // namespace
