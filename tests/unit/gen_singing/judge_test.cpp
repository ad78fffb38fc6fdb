// The independent judges of ../shared/tools/judge: a speech recogniser and a speaker encoder that
// no part of this project made. Skipped where they, or what they need, are absent.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/files.h"
#include "brandiron/gen/singer.h"
#include "test_songs.h"

namespace brandiron::gen {
namespace {

namespace fs = std::filesystem;

const fs::path kJudges = fs::path(BRANDIRON_SOURCE_DIR).parent_path() / "shared/tools/judge";

bool runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  char block[4096];
  while (pipe != nullptr) {
    const std::size_t n = std::fread(block, 1, sizeof block, pipe);
    if (n == 0) break;
    out.append(block, n);
  }
  if (pipe != nullptr) pclose(pipe);
  return out;
}

class Judges : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("brandiron-judge-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Sings a test song with a bank; leaves NAME.wav and NAME.json as the judges want them.
  fs::path sing_to_file(std::size_t song, const std::string& bank, const std::string& name) {
    Persona persona;
    persona.voice.bank = bank;
    const Score score = testing::make_song(testing::test_songs().at(song));
    const SungPart part = sing(score, persona, 44100, Rng(1, "judge"));
    nlohmann::json json;
    json["phones"] = nlohmann::json::array();
    for (const SungPhone& p : part.phones) {
      json["phones"].push_back({{"phone", p.phone}, {"start_s", p.start_s}, {"end_s", p.end_s}});
    }
    json["words"] = nlohmann::json::array();
    for (std::size_t w = 0; w < score.words.size(); ++w) {
      double start = 1e9, end = 0;
      for (const SungPhone& p : part.phones) {
        if (p.word != static_cast<int>(w)) continue;
        start = std::min(start, p.start_s);
        end = std::max(end, p.end_s);
      }
      json["words"].push_back({{"text", score.words[w].text}, {"start_s", start}, {"end_s", end}});
    }
    write_file(folder_ / (name + ".json"), json.dump());
    write_audio(folder_ / (name + ".wav"), part.audio);
    return folder_ / name;
  }

  fs::path folder_;
};

TEST_F(Judges, NameMoreThanHalfOfTheSungWordsOutOf200) {
  if (!fs::exists(kJudges / "word_accuracy.py") ||
      !runs("command -v pocketsphinx_batch && command -v sox && "
            "/usr/bin/python3 -c 'import numpy, scipy'")) {
    GTEST_SKIP() << "no shared/tools/judge, pocketsphinx, sox or python3-scipy here";
  }
  double right = 0, words = 0;
  for (std::size_t song = 0; song < testing::test_songs().size(); ++song) {
    const std::string base = sing_to_file(song, "kal16", "song" + std::to_string(song)).string();
    const auto result = nlohmann::json::parse(
        output_of("/usr/bin/python3 '" + (kJudges / "word_accuracy.py").string() + "' '" + base +
                  ".wav' '" + base + ".json' --json"),
        nullptr, false);
    ASSERT_TRUE(result.is_object());
    right += result["word_accuracy"].get<double>() * result["words"].get<double>();
    words += result["words"].get<double>();
  }
  RecordProperty("word_accuracy_percent", std::to_string(100 * right / words));
  RecordProperty("words", std::to_string(static_cast<int>(words)));
  ASSERT_GT(words, 100);
  // Measured 60-69 %; three standard deviations of 118 words below that is 48.
  EXPECT_GT(right / words, 0.5);
}

TEST_F(Judges, HearTheSameManInDifferentSongsAndAnotherInTheOtherBank) {
  if (!fs::exists(kJudges / "speaker_similarity.py") ||
      !runs("command -v sox && /usr/bin/python3 -c 'import numpy, scipy, torch'")) {
    GTEST_SKIP() << "no shared/tools/judge, sox or python3-torch here";
  }
  std::string files;
  for (const char* bank : {"kal16", "rms"}) {
    for (const std::size_t song : {0UL, 1UL}) {
      const fs::path base = sing_to_file(song, bank, std::string(bank) + std::to_string(song));
      files += " '" + base.string() + ".wav'";
    }
  }
  const auto result = nlohmann::json::parse(
      output_of("/usr/bin/python3 '" + (kJudges / "speaker_similarity.py").string() + "' --json" +
                files),
      nullptr, false);
  ASSERT_TRUE(result.is_object());
  const auto cosine = [&](int a, int b) {
    return result["cosine"][static_cast<std::size_t>(a)][static_cast<std::size_t>(b)].get<double>();
  };
  const double same = std::min(cosine(0, 1), cosine(2, 3));
  const double other = std::max({cosine(0, 2), cosine(0, 3), cosine(1, 2), cosine(1, 3)});
  RecordProperty("same_persona_cosine", std::to_string(same));
  RecordProperty("other_bank_cosine", std::to_string(other));
  EXPECT_GT(same, 0.9);
  EXPECT_LT(other, same);
}

}  // namespace
}  // namespace brandiron::gen
