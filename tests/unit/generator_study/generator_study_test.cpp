#include "brandiron/experiments/generator_study.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/lyric_tools.h"
#include "generator_study/chord_measures.h"
#include "generator_study/copying.h"
#include "generator_study/estimate.h"
#include "generator_study/lyric_measures.h"
#include "generator_study/tune_measures.h"
#include "support/temporary_folder.h"

namespace brandiron::experiments {
namespace {

Tune tune(const std::vector<std::array<int, 3>>& notes) {
  Tune t;
  t.scale = scale_of_mode("major");
  for (const auto& [start, duration, pitch] : notes) {
    TuneNote note;
    note.start = start;
    note.duration = duration;
    note.pitch = pitch;
    t.notes.push_back(note);
  }
  return t;
}

/// A scale upwards: `n` notes of a quarter from `pitch`.
Tune climb(int n, int pitch, int step = 1) {
  std::vector<std::array<int, 3>> notes;
  for (int i = 0; i < n; ++i) notes.push_back({48 * i, 48, pitch + step * i});
  return tune(notes);
}

TEST(GeneratorStudy, TheLongestSharedRunIsFoundWhateverTheKey) {
  Tune training = climb(20, 40);
  Tune song = climb(9, 52);
  song.notes.push_back({9 * 48, 24, 60});  // another duration ends the run
  const MelodyIndex index({melody_tokens(training), melody_tokens(climb(5, 30, 2))});
  EXPECT_EQ(index.longest_shared_run(melody_tokens(song)), 8u);
  EXPECT_EQ(index.longest_shared_run(melody_tokens(climb(5, 30, 2))), 4u);
  EXPECT_EQ(index.longest_shared_run(melody_tokens(climb(5, 30, 5))), 0u);
  EXPECT_EQ(index.longest_shared_run({}), 0u);
}

TEST(GeneratorStudy, TheSuffixAutomatonAgreesWithTryingEveryRun) {
  Rng rng(7, "runs");
  const auto draw = [&](std::size_t n) {
    MelodyTokens tokens;
    for (std::size_t i = 0; i < n; ++i) tokens.push_back(1 + rng.below(3));
    return tokens;
  };
  const std::vector<MelodyTokens> training = {draw(60), draw(40), draw(50)};
  const MelodyIndex index(training);
  for (int trial = 0; trial < 40; ++trial) {
    const MelodyTokens song = draw(30);
    std::size_t longest = 0;
    for (std::size_t i = 0; i < song.size(); ++i) {
      for (const MelodyTokens& other : training) {
        for (std::size_t j = 0; j < other.size(); ++j) {
          std::size_t n = 0;
          while (i + n < song.size() && j + n < other.size() && song[i + n] == other[j + n]) ++n;
          longest = std::max(longest, n);
        }
      }
    }
    EXPECT_EQ(index.longest_shared_run(song), longest);
  }
}

TEST(GeneratorStudy, RepeatedNotesCountOnce) {
  const Tune hammered = tune({{0, 24, 60}, {24, 24, 60}, {48, 24, 60}, {72, 24, 60}, {96, 48, 62}});
  EXPECT_EQ(melody_tokens(hammered).size(), 2u);
}

TEST(GeneratorStudy, PhrasesOfOtherBooksAreFoundAndThoseOfOnesOwnAreNot) {
  const std::vector<Poem> poems = {
      {"one", "A", {{"as I walked out one evening fair", "to hear the river run"}}},
      {"two", "B", {{"the long road home again"}}}};
  const PhraseIndex index(poems, 6);
  const auto shared = [&](const char* line, const char* except = "") {
    return index.shared_phrase(gen::comparable_words(line), except);
  };
  EXPECT_EQ(shared("Well, as I walked out one evening!"), "as i walked out one evening");
  EXPECT_EQ(shared("one evening fair, to hear the"), "one evening fair to hear the");
  EXPECT_EQ(shared("as I walked out one morning"), "");
  EXPECT_EQ(shared("as I walked out one evening", "one"), "");
}

TEST(GeneratorStudy, DivergenceIsNoughtForTheSameAndOneBitForDisjoint) {
  EXPECT_DOUBLE_EQ(divergence_bits({{"I", 2}, {"V", 2}}, {{"I", 50}, {"V", 50}}), 0);
  EXPECT_DOUBLE_EQ(divergence_bits({{"I", 3}}, {{"V", 1}}), 1);
  EXPECT_NEAR(divergence_bits({{"a", 1}, {"b", 1}}, {{"a", 1}}), 0.311278, 1e-6);
}

TEST(GeneratorStudy, RatiosAreClusteredBySong) {
  const Figure same = ratio_figure({{9, 10}, {90, 100}});
  EXPECT_DOUBLE_EQ(same.value, 0.9);
  const Figure f = ratio_figure({{10, 10}, {0, 10}, {5, 10}, {5, 10}, {10, 10}, {0, 10}});
  EXPECT_DOUBLE_EQ(f.value, 0.5);
  EXPECT_EQ(f.n, 60u);
  EXPECT_LT(f.low, 0.35);
  EXPECT_GT(f.high, 0.65);
}

TEST(GeneratorStudy, ATuneIsMeasuredAsDefined) {
  // C major, 4/4: bar line, beat, middle, beat; the fourth note is chromatic.
  Tune t = tune({{0, 48, 60}, {48, 48, 62}, {96, 48, 67}, {144, 48, 66}, {192, 96, 60}});
  const int c_major = chord_mask(0, "maj");
  const int weights[] = {4, 2, 3, 2, 4}, stresses[] = {1, 0, 1, 1, 0};
  for (std::size_t n = 0; n < t.notes.size(); ++n) {
    t.notes[n].chord = c_major;
    t.notes[n].weight = weights[n];
    t.notes[n].stress = stresses[n];
  }
  t.notes.front().line_start = t.notes.back().line_end = true;
  const TuneParts parts = measure_tune(t);
  EXPECT_EQ(parts.diatonic.k, 4);
  EXPECT_EQ(parts.diatonic.n, 5);
  EXPECT_EQ(parts.strong_chord.k, 3);
  EXPECT_EQ(parts.strong_chord.n, 3);
  EXPECT_EQ(parts.final_tonic.k, 1);
  EXPECT_EQ(parts.steps.k, 2);  // 2, 5, 1, 6 semitones
  EXPECT_EQ(parts.steps.n, 4);
  EXPECT_EQ(parts.range, 7);
  // Stressed: bar line over beat, middle over beat, and a beat below the bar line after it.
  EXPECT_EQ(parts.stress.k, 2);
  EXPECT_EQ(parts.stress.n, 3);
  EXPECT_EQ(parts.stress_all.k, 2);
  EXPECT_EQ(parts.long_line_ends.k, 1);
}

TEST(GeneratorStudy, MetricWeightsFollowTheMetre) {
  EXPECT_EQ(metric_weight(0, 4, 4), 4);
  EXPECT_EQ(metric_weight(96, 4, 4), 3);
  EXPECT_EQ(metric_weight(48, 4, 4), 2);
  EXPECT_EQ(metric_weight(24, 4, 4), 1);
  EXPECT_EQ(metric_weight(12, 4, 4), 0);
  EXPECT_EQ(metric_weight(48, 3, 4), 2);
  EXPECT_EQ(metric_weight(72, 6, 8), 2);
  EXPECT_EQ(metric_weight(144, 12, 8), 3);
  EXPECT_EQ(metric_weight(24, 12, 8), 1);
}

TEST(GeneratorStudy, ChordsAreCountedByTheBarAndByTheChange) {
  gen::Score score;
  score.tonic_pc = 4;  // E
  score.sections = {{"verse", 0, 3}};
  score.chords = {{0, 8, 4, "maj"}, {8, 10, 11, "7"}, {10, 12, 6, "min"}};
  const SongChords song = measure_chords(score);
  EXPECT_EQ(song.unigram, (Counts{{"I", 2}, {"V7", 1}, {"ii", 1}}));
  EXPECT_EQ(song.bigram, (Counts{{"I V7", 1}, {"V7 ii", 1}}));
  EXPECT_EQ(song.section_bars.at("verse"), (Counts{{"3", 1}}));
  EXPECT_EQ(numeral(10, "maj"), "bVII");
  EXPECT_EQ(numeral(-1, "dim"), "viio");
}

TEST(GeneratorStudy, PromisedPairsAreNeighboursOfTheirClass) {
  const Lyric lyric{"t",
                    {{"verse",
                      {"an old road", "a cold day", "a heavy load", "gone away"},
                      {"A", "B", "A", "B"}}}};
  const std::vector<WordPair> wanted = {{"load", "road"}, {"away", "day"}};
  EXPECT_EQ(promised_pairs(lyric), wanted);
  EXPECT_TRUE(is_rhyme({"load", "road"}));
  EXPECT_TRUE(is_rhyme({"line", "time"}));
  EXPECT_FALSE(is_rhyme({"road", "road"}));
  EXPECT_FALSE(is_rhyme({"road", "whiskey"}));
}

TEST(GeneratorStudy, SharedLinesAndTitlesNameTheSongsThatShareThem) {
  const auto lyric = [](const char* title, const char* line) {
    return Lyric{title, {{"verse", {line, "and a line of " + std::string(title)}, {}}}};
  };
  const std::vector<Lyric> lyrics = {lyric("Dust", "the road is long"),
                                     lyric("Rust", "The road is long!"),
                                     lyric("dust", "nobody home")};
  double k = 0;
  for (const Part& part : shared_verse_lines(lyrics)) k += part.k;
  EXPECT_EQ(k, 4);  // both lines of two songs, for "dust" is a title twice
  std::vector<std::string> examples;
  EXPECT_EQ(shared_titles(lyrics, &examples).k, 2);
  EXPECT_EQ(examples, std::vector<std::string>{"dust (2 songs)"});
  EXPECT_EQ(distinct_pairs({lyric("a b", "x y"), lyric("a b", "x y")}, 0).k, 6);
}

class TinyPack : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "lyrics");
    std::ofstream(folder_.path() / "melodies.jsonl")
        << tune_line("a", "A", "train", "openewld") << tune_line("b", "A-US", "test", "openewld")
        << tune_line("c", "B", "train", "nottingham");
    std::ofstream(folder_.path() / "lyrics/book.txt")
        << "# ONE\n\nThe day was long\nAnd far away\nI sang a song\nAt break of day\n";
    std::ofstream(folder_.path() / "chord_stats.json")
        << R"({"country":{"songs":2,"unigram":[["I",5],["V",3]],"bigram":[["I V",2]],)"
        << R"("section_bars":{"verse":[[16,3],[8,2]]}},)"
        << R"("country_adj":{"songs":1,"unigram":[["I",5]],"bigram":[["I V",2]],)"
        << R"("section_bars":{"verse":[[16,3]]}}})";
  }
  static std::string tune_line(const char* id, const char* tier, const char* split,
                               const char* source) {
    return nlohmann::json{{"id", id},
                          {"tier", tier},
                          {"split", split},
                          {"source", source},
                          {"mode", "major"},
                          {"tonic_pc", 0},
                          {"meter", "4/4"},
                          {"bars", {0, 192}},
                          {"chords", {{0, 0, "maj", nullptr}}},
                          {"chords_source", "notated"},
                          {"verses", {{"hap-", "py", "day", "_"}}},
                          {"notes", {{0, 48, 60}, {48, 48, 62}, {96, 96, 64}, {192, 96, 60}}}}
               .dump() +
           "\n";
  }
  GeneratorStudyOptions options() const {
    GeneratorStudyOptions o;
    o.songs = 6;
    o.human = folder_.path();
    return o;
  }
  brandiron::testing::TemporaryFolder folder_;
};

TEST_F(TinyPack, EveryFigureIsMeasuredOnBothSidesAndTheJobsDoNotMatter) {
  GeneratorStudyOptions o = options();
  const std::string one = generator_json(run_generator_study(o));
  o.jobs = 2;
  const GeneratorSummary summary = run_generator_study(o);
  EXPECT_EQ(generator_json(summary), one);
  EXPECT_TRUE(summary.skipped.empty());
  std::size_t with_human = 0;
  for (const GeneratorRow& row : summary.rows) {
    if (row.id.starts_with("style.tempo")) continue;  // six songs may lack a groove
    EXPECT_TRUE(row.ours) << row.id;
    with_human += row.human ? 1 : 0;
  }
  EXPECT_GE(with_human, 15u);
  EXPECT_NE(generator_page(summary).find("</html>"), std::string::npos);
  EXPECT_NE(generator_text(summary).find("targets reached"), std::string::npos);
}

TEST_F(TinyPack, WithoutHumanSongsTheirRowsAreSkippedAndSaySo) {
  GeneratorStudyOptions o = options();
  o.human.clear();
  const GeneratorSummary summary = run_generator_study(o);
  EXPECT_EQ(summary.skipped.size(), 3u);
  for (const GeneratorRow& row : summary.rows) EXPECT_FALSE(row.human) << row.id;
  EXPECT_NE(generator_text(summary).find("skipped"), std::string::npos);
}

TEST_F(TinyPack, BrokenFilesAreNamedWithTheirLine) {
  std::ofstream(folder_.path() / "melodies.jsonl", std::ios::app) << "{\"tier\":\"A\"}\n";
  try {
    run_generator_study(options());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFormat);
    EXPECT_NE(std::string(error.what()).find("melodies.jsonl:4"), std::string::npos);
  }
}

TEST(GeneratorStudy, TargetsAreClosedBounds) {
  GeneratorRow row{"id", "g", "what", "songs"};
  EXPECT_FALSE(row.reached());
  row.least = 0.6;
  row.most = 0.72;
  row.ours = Figure{0.72, 0.7, 0.8, 10};
  EXPECT_TRUE(row.reached());
  row.ours->value = 0.73;
  EXPECT_FALSE(row.reached());
  row.within_error = true;
  EXPECT_TRUE(row.reached());
}

}  // namespace
}  // namespace brandiron::experiments
