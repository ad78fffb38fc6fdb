#include <gtest/gtest.h>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "detector_study/answers.h"
#include "fixtures.h"
#include "process/limited_child.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

TEST(LimitedChild, KeepsStreamsApartAndCounts) {
  const auto found = run_limited_child({"sh", "-c", "echo result; echo words >&2; exit 3"});
  EXPECT_EQ(found.status, 3);
  EXPECT_EQ(found.output, "result\n");
  EXPECT_EQ(found.words, "words\n");
  EXPECT_FALSE(found.timed_out);
}

TEST(LimitedChild, KillsWhatHangsAndWhatThatStarted) {
  const auto start = std::chrono::steady_clock::now();
  const auto found =
      run_limited_child({"sh", "-c", "sleep 60 & echo one; sleep 60"}, {.timeout_s = 0.3});
  EXPECT_TRUE(found.timed_out);
  EXPECT_EQ(found.output, "one\n");
  EXPECT_NE(found.status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(LimitedChild, KillsWhatClosesItsStreamsAndHangs) {
  const auto found = run_limited_child({"sh", "-c", "exec >&- 2>&-; sleep 60"}, {.timeout_s = 0.3});
  EXPECT_TRUE(found.timed_out);
}

TEST(LimitedChild, KillsWhatPrintsWithoutEnd) {
  const auto found = run_limited_child({"yes"}, {.timeout_s = 20, .most_output = 100000});
  EXPECT_TRUE(found.too_much);
  EXPECT_FALSE(found.timed_out);
}

TEST(LimitedChild, KeepsTheEndOfWhatWasSaid) {
  const auto found = run_limited_child(
      {"sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done"},
      {.most_words = 100});
  EXPECT_LE(found.words.size(), 100U);
  EXPECT_TRUE(found.words.ends_with("line 2999\n"));
}

TEST(LimitedChild, SaysWhichProgramIsMissing) {
  EXPECT_THROW(run_limited_child({"no-such-program-here"}), Error);
}

TEST(Answers, AreNumbersOrObjects) {
  EXPECT_DOUBLE_EQ(parse_answer(" -1.5 ").score, -1.5);
  EXPECT_FALSE(parse_answer("0.5").p.has_value());
  const auto object = parse_answer(
      R"({"p_ai":0.9,"log_likelihood_ratio":2.2,"segments":[{"start_s":0,"end_s":5,"p_ai":0.7}]})");
  EXPECT_DOUBLE_EQ(object.score, 2.2);
  EXPECT_DOUBLE_EQ(*object.p, 0.9);
  ASSERT_EQ(object.segments.size(), 1U);
  EXPECT_DOUBLE_EQ(object.segments[0].score, 0.7);
  EXPECT_DOUBLE_EQ(parse_answer(R"({"p":0.25})").score, 0.25);
}

TEST(Answers, ThatAreNoneSayWhatWasThere) {
  for (const char* line :
       {"nan", "inf", "", "score 0.5", "0.5 0.6", "{}", "{\"error\":\"x\"}", "{"}) {
    EXPECT_NE(parse_answer(line).error, "") << line;
  }
}

struct Bench {
  TemporaryFolder folder;
  std::vector<fs::path> files;

  Bench() {
    fs::create_directory(folder / "blind");
    for (const char* name : {"a", "b", "c"}) {
      files.push_back(folder.path() / "blind" / name);
      write_file(files.back(), name);
    }
  }
  // A script, so that a command needs no shell's quotes.
  Hearing hear(const std::string& script, const std::string& arguments = "{filelist}",
               double timeout_s = 20) const {
    write_file(folder / "run.sh", script, true);
    return make_command_detector("toy=sh " + (folder / "run.sh").string() + " " + arguments,
                                 timeout_s)
        ->hear(files);
  }
};

TEST(CommandDetector, ReadsOneScoreAFileInOrder) {
  const Bench bench;
  const Hearing heard = bench.hear("while read f; do cat $f | tr abc 123; echo; done < $1\n");
  ASSERT_EQ(heard.failure, "");
  ASSERT_EQ(heard.scores.size(), 3U);
  EXPECT_DOUBLE_EQ(heard.scores[0].score, 1);
  EXPECT_DOUBLE_EQ(heard.scores[2].score, 3);
  EXPECT_GT(heard.wall_s, 0);
  EXPECT_EQ(bench.hear("for f in \"$@\"; do echo 7; done\n", "{files}").scores.size(), 3U);
}

TEST(CommandDetector, FindsOnlyAudioBesideTheFiles) {
  const Bench bench;
  const Hearing heard =
      bench.hear("d=$(dirname $(head -1 $1)); for i in 1 2 3; do ls $d | wc -l; done\n");
  EXPECT_DOUBLE_EQ(heard.scores.at(0).score, 3);
}

TEST(CommandDetector, FailsInOneLineWhenTheDetectorDoes) {
  const Bench bench;
  const auto fails = [](const Hearing& heard, const std::string& word) {
    EXPECT_TRUE(heard.scores.empty());
    EXPECT_NE(heard.failure.find(word), std::string::npos) << heard.failure;
    EXPECT_EQ(heard.failure.find('\n'), std::string::npos);
  };
  fails(bench.hear("echo 1; echo oh no >&2; exit 9\n"), "status 9; it said: oh no");
  fails(bench.hear("echo 1; echo 2\n"), "2 lines on standard output for 3 files");
  fails(bench.hear("echo hello; echo 1; echo 2; echo 3\n"), "4 lines");
  fails(bench.hear("kill -9 $$\n"), "137");
  fails(bench.hear("echo 1; sleep 60\n", "{filelist}", 0.05), "no end after");
}

TEST(CommandDetector, ANumberThatIsNoneIsThatFilesAlone) {
  const Bench bench;
  const Hearing heard = bench.hear("echo 0.5; echo nan; echo 0.25\n");
  ASSERT_EQ(heard.scores.size(), 3U);
  EXPECT_EQ(heard.scores[0].error, "");
  EXPECT_NE(heard.scores[1].error, "");
  EXPECT_DOUBLE_EQ(heard.scores[2].score, 0.25);
}

TEST(CommandDetector, MustSayWhereTheFilesGo) {
  EXPECT_THROW(make_command_detector("sh run.sh", 1), Error);
  EXPECT_THROW(make_command_detector("", 1), Error);
  EXPECT_THROW(make_command_detector("no-such-program-here {filelist}", 1), Error);
  EXPECT_EQ(make_command_detector("sh -c x=1 {filelist}", 1)->name(), "sh");
  EXPECT_EQ(make_command_detector("mine=sh {filelist}", 1)->name(), "mine");
}

TEST(ScoreFiles, AreReadByColumnNames) {
  const TemporaryFolder folder;
  write_file(folder / "s.csv", "score,id,row\n0.5,a,\n-2,b,mp3\nnan,c,\n");
  const auto scores = read_score_file({"theirs", folder / "s.csv"});
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[0].row, "none");
  EXPECT_EQ(scores[1].row, "mp3");
  EXPECT_DOUBLE_EQ(scores[1].score, -2);
  EXPECT_NE(scores[2].error, "");
  write_file(folder / "t.csv", "id,value\na,1\n");
  EXPECT_THROW(read_score_file({"theirs", folder / "t.csv"}), Error);
}

}  // namespace
}  // namespace brandiron::experiments
