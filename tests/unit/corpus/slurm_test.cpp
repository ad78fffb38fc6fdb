#include "brandiron/experiments/corpus_slurm.h"

#include <gtest/gtest.h>

#include <fstream>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "process/child_process.h"
#include "support/temporary_folder.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

SlurmJob job_in(const fs::path& folder) {
  SlurmJob job;
  job.name = "two roads";
  job.program = folder / "bin" / "brandiron";
  job.folder = folder / "it's 50% done";
  job.arguments = {"--watermark-key", (folder / "my key").string()};
  job.shards = 7;
  return job;
}

SlurmJob plain_job_in(const fs::path& folder) {
  SlurmJob job = job_in(folder);
  job.folder = folder / "50% of it";
  return job;
}

void write_program(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  write_file(path, "#!/bin/sh\n" + text, true, 0755);
  fs::permissions(path, fs::perms::owner_all);
}

TEST(SlurmShards, AreThoseOfMissingSongs) {
  using List = std::vector<std::size_t>;
  EXPECT_EQ(slurm_shards({0, 1, 2, 7, 10, 22}, 10), (List{0, 1, 2, 7}));
  EXPECT_EQ(slurm_shards({17, 41}, 1), (List{0}));
  EXPECT_EQ(slurm_shards({}, 10), (List{}));
}

TEST(SlurmTasks, AreTwentySongsEachAsFarAsArraysReach) {
  EXPECT_EQ(slurm_tasks(400, 0, 1001), 20u);
  EXPECT_EQ(slurm_tasks(401, 0, 1001), 21u);
  EXPECT_EQ(slurm_tasks(1000000, 0, 1001), 1001u);
  EXPECT_EQ(slurm_tasks(400, 50, 1001), 50u);
  EXPECT_EQ(slurm_tasks(3, 50, 1001), 3u);
  EXPECT_EQ(slurm_tasks(3, 0, 1001), 1u);
}

TEST(SlurmTasks, RefuseMoreThanTheClustersArraysHold) {
  try {
    slurm_tasks(100000, 5000, 1001);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("1001 tasks (MaxArraySize)"), std::string::npos);
  }
}

TEST(SlurmScripts, HoldWhatWasAskedForAndNothingElse) {
  SlurmOptions options;
  options.partition = "cpu,long";
  options.time = "2-04:00:00";
  options.memory = "4G";
  options.cpus_per_task = 3;
  options.lines = {"--constraint=\"avx2&intel\"", "--mail-type=END"};
  const SlurmScripts scripts = slurm_scripts(plain_job_in("/data/x y"), options);
  for (const std::string& script : {scripts.array, scripts.merge}) {
    EXPECT_NE(script.find("\n#SBATCH --partition=cpu,long\n"), std::string::npos);
    EXPECT_NE(script.find("\n#SBATCH --time=2-04:00:00\n"), std::string::npos);
    EXPECT_NE(script.find("\n#SBATCH --mem=4G\n"), std::string::npos);
    EXPECT_NE(script.find("\n#SBATCH --constraint=\"avx2&intel\"\n"), std::string::npos);
    EXPECT_NE(script.find("\n#SBATCH --requeue\n"), std::string::npos);
  }
  EXPECT_NE(scripts.array.find("--cpus-per-task=3\n"), std::string::npos);
  EXPECT_NE(scripts.merge.find("--cpus-per-task=1\n"), std::string::npos);
  EXPECT_NE(scripts.array.find("--output=\"/data/x y/50%% of it/slurm/%A_%a.log\"\n"),
            std::string::npos);
  const SlurmScripts bare = slurm_scripts(plain_job_in("/data"), {});
  for (const char* option : {"--partition", "--time", "--mem"}) {
    EXPECT_EQ(bare.array.find(option), std::string::npos) << option;
  }
}

TEST(SlurmScripts, RefuseWhatWouldBeAnotherOption) {
  const auto refused = [](const SlurmOptions& options) {
    EXPECT_THROW(options.validate(), Error);
    EXPECT_THROW(slurm_scripts(plain_job_in("/data"), options), Error);
  };
  SlurmOptions options;
  options.partition = "cpu\n#SBATCH --uid=0";
  refused(options);
  options = {};
  options.memory = "4G --exclusive";
  refused(options);
  options = {};
  options.lines = {"constraint=avx2"};
  refused(options);
  options.lines = {"--comment=x\nrm -rf ."};
  refused(options);
  options = {};
  options.cpus_per_task = 0;
  refused(options);
}

TEST(SlurmScripts, RefuseAFolderThatCannotStandInThem) {
  EXPECT_THROW(slurm_scripts(job_in("/data"), {}), Error);
}

TEST(ShellWords, ComeBackFromAShellAsTheyWere) {
  const std::vector<std::string> words = {"printf", "%s|", "a b",   "it's",
                                          "$HOME",  "",    "\"x\"", "a\\b"};
  const ChildResult found = run_child({"bash", "-c", shell_words(words)});
  EXPECT_EQ(found.output, "a b|it's|$HOME||\"x\"|a\\b|");
}

/// Runs the scripts as Slurm would, with programs that write down what they were asked.
class SlurmScriptRun : public ::testing::Test {
 protected:
  SlurmScriptRun() : job_(plain_job_in(folder_.path())) {
    fs::create_directories(job_.folder / "slurm");
    write_program(bin() / "scontrol", "echo \"$*\" >> \"$0.asked\"\nkill -TERM $PPID\n");
    state("RUNNING");
  }
  fs::path bin() const { return folder_.path() / "bin"; }
  void worker(const std::string& text) {
    write_program(job_.program, "echo \"$*\" >> \"$0.asked\"\n" + text);
  }
  void state(const std::string& text) { write_program(bin() / "squeue", "echo " + text + "\n"); }

  int run(bool merge, int restarts = 0) {
    const SlurmScripts scripts = slurm_scripts(job_, options_);
    const fs::path script = folder_.path() / "script";
    write_file(script, merge ? scripts.merge : scripts.array, true);
    const ChildResult found =
        run_child({"env", "PATH=" + bin().string() + ":/usr/bin:/bin", "SLURM_JOB_ID=31",
                   merge ? "NO_ARRAY=1" : "SLURM_ARRAY_JOB_ID=31", "SLURM_ARRAY_TASK_ID=5",
                   "SLURM_RESTART_COUNT=" + std::to_string(restarts), "SLURM_CPUS_PER_TASK=2",
                   "bash", script.string()});
    output_ = found.output;
    return found.status;
  }
  std::string asked(const fs::path& program) const {
    const fs::path log = program.string() + ".asked";
    return fs::exists(log) ? read_file(log) : "";
  }
  std::string requeued() const { return asked(bin() / "scontrol"); }

  testing::TemporaryFolder folder_;
  SlurmJob job_;
  SlurmOptions options_;
  std::string output_;
};

TEST_F(SlurmScriptRun, ATaskMakesItsShard) {
  worker("exit 0\n");
  EXPECT_EQ(run(false), 0) << output_;
  EXPECT_EQ(asked(job_.program), "corpus build " + (job_.folder / "recipe.toml").string() + " -o " +
                                     job_.folder.string() + " --watermark-key " +
                                     folder_.path().string() +
                                     "/my key --shard 5/7 -j 2 --no-progress\n");
  EXPECT_EQ(requeued(), "");
}

TEST_F(SlurmScriptRun, AWorkerThatSaysRetryIsQueuedAgain) {
  worker("exit 75\n");
  EXPECT_EQ(run(false, 2), 128 + 15) << output_;  // by scontrol, as Slurm ends it
  EXPECT_EQ(requeued(), "requeue 31_5\n");
}

TEST_F(SlurmScriptRun, AKilledWorkerIsQueuedAgain) {
  worker("kill -KILL $$\n");
  run(false);
  EXPECT_EQ(requeued(), "requeue 31_5\n") << output_;
}

TEST_F(SlurmScriptRun, AWorkerIsNotQueuedAgainForEver) {
  worker("kill -KILL $$\n");
  EXPECT_EQ(run(false, 3), 128 + 9) << output_;
  EXPECT_EQ(requeued(), "");
}

TEST_F(SlurmScriptRun, AWorkerWhoseDiskIsFullIsNotQueuedAgain) {
  worker("exit 74\n");
  EXPECT_EQ(run(false), 74) << output_;
  EXPECT_EQ(requeued(), "");
}

TEST_F(SlurmScriptRun, ACancelledTaskIsNotQueuedAgain) {
  state("COMPLETING");
  worker("exit 75\n");
  EXPECT_EQ(run(false), 75) << output_;
  EXPECT_EQ(requeued(), "");
}

TEST_F(SlurmScriptRun, AWorkerIsToldWhenItsTimeEnds) {
  // It asks for the signal that Slurm sends to the script alone.
  worker(
      "trap 'echo told; exit 75' TERM\nkill -TERM $PPID\nfor i in 1 2 3 4 5 6 7 8 9 10; do sleep "
      "0.2; done\n"
      "echo not told\n");
  run(false);
  EXPECT_NE(output_.find("told"), std::string::npos) << output_;
  EXPECT_EQ(output_.find("not told"), std::string::npos) << output_;
  EXPECT_EQ(requeued(), "requeue 31_5\n");
}

TEST_F(SlurmScriptRun, AKilledMergeIsQueuedAgain) {
  worker("kill -KILL $$\n");
  run(true);
  EXPECT_EQ(requeued(), "requeue 31\n") << output_;
}

TEST_F(SlurmScriptRun, AMergeThatMissesSongsGivesTheArrayThatMakesThem) {
  worker("[ \"$2\" = status ] && echo 1,4-6 && exit 0\nexit 4\n");
  EXPECT_EQ(run(true), 4) << output_;
  EXPECT_NE(output_.find("sbatch --array=1,4-6 '" + (job_.folder / "slurm/array.sbatch").string() +
                         "'\n"),
            std::string::npos)
      << output_;
}

/// sbatch, squeue and scontrol as a cluster without hurry would answer.
class SlurmClusterRun : public ::testing::Test {
 protected:
  SlurmClusterRun() : path_(std::getenv("PATH")) {
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    program("scancel", "echo \"$*\" >> \"$0.asked\"");
    program("scontrol", "echo 'MaxArraySize            = 301'");
    program("squeue", "exit 0");
    program("sbatch",
            "echo \"$*\" >> \"$0.asked\"; echo 'sbatch: a word of the site' >&2; echo '12;far'");
  }
  ~SlurmClusterRun() override { ::setenv("PATH", path_.c_str(), 1); }
  void program(const std::string& name, const std::string& text) {
    write_program(folder_.path() / name, text + "\n");
  }
  std::string asked(const std::string& program) const {
    const fs::path log = folder_.path() / (program + ".asked");
    return fs::exists(log) ? read_file(log) : "";
  }
  testing::TemporaryFolder folder_;
  std::string path_;
};

TEST_F(SlurmClusterRun, SubmitsTheArrayAndAMergeThatWaitsForAllOfIt) {
  const SlurmJobs jobs = SlurmCluster().submit("/c/a.sbatch", "/c/m.sbatch", "0-6", 4);
  EXPECT_EQ(jobs.array, "12");
  EXPECT_EQ(jobs.merge, "12");
  EXPECT_EQ(asked("sbatch"),
            "--parsable --array=0-6%4 /c/a.sbatch\n"
            "--parsable --dependency=afterany:12 /c/m.sbatch\n");
}

TEST_F(SlurmClusterRun, SubmitsTheMergeAloneWhereNothingIsMissing) {
  EXPECT_EQ(SlurmCluster().submit("/c/a.sbatch", "/c/m.sbatch", "", 0).array, "");
  EXPECT_EQ(asked("sbatch"), "--parsable /c/m.sbatch\n");
}

TEST_F(SlurmClusterRun, CancelsAnArrayWhoseMergeIsRefused) {
  program(
      "sbatch",
      "case \"$*\" in *--dependency*) echo 'QOSMaxSubmitJobPerUserLimit'; exit 1;; esac; echo 12");
  try {
    SlurmCluster().submit("/c/a.sbatch", "/c/m.sbatch", "0-6", 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kRetry);
    EXPECT_NE(std::string(error.what()).find("QOSMaxSubmitJobPerUserLimit"), std::string::npos);
  }
  EXPECT_EQ(asked("scancel"), "12\n");
}

TEST_F(SlurmClusterRun, ReadsHowLargeAnArrayMayBe) {
  EXPECT_EQ(SlurmCluster().max_array_size(), 301u);
  program("scontrol", "echo 'Unable to contact slurm controller'; exit 1");
  EXPECT_EQ(SlurmCluster().max_array_size(), 1001u);
}

TEST_F(SlurmClusterRun, WaitsUntilTheQueueForgotTheJobs) {
  program("squeue",
          "n=$(cat \"$0.n\" 2>/dev/null || echo 0); echo $((n + 1)) > \"$0.n\"\n"
          "case $n in 0) printf '12 RUNNING\\n12 PENDING\\n13 PENDING\\n';;\n"
          "1) echo 'slurm_load_jobs error: Unable to contact slurm controller'; exit 1;;\n"
          "*) echo 'slurm_load_jobs error: Invalid job id specified'; exit 1;; esac");
  std::vector<std::size_t> left;
  SlurmCluster().wait({"12", "13"}, [&](std::size_t tasks) { left.push_back(tasks); });
  EXPECT_EQ(left, (std::vector<std::size_t>{2, 0}));
}

}  // namespace
}  // namespace brandiron::experiments
