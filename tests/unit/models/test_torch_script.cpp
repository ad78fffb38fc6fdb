#include <gtest/gtest.h>
#include <torch/script.h>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/models/torch_script.h"
#include "tests/support/temporary_folder.h"

namespace brandiron::models {
namespace {

using brandiron::testing::TemporaryFolder;

std::filesystem::path saved(const TemporaryFolder& folder, const std::string& body) {
  torch::jit::script::Module module("toy");
  module.define(body);
  const auto path = folder / "toy.pt";
  module.save(path.string());
  return path;
}

TEST(TorchScript, GivesWhatForwardGives) {
  const TemporaryFolder folder;
  const TorchScriptScorer scorer(saved(folder, "def forward(self, x):\n  return x.mean() * 10\n"));
  EXPECT_NEAR(scorer.score(std::vector<float>{0.1F, 0.3F}), 2.0, 1e-6);
  EXPECT_NEAR(scorer.score(std::vector<float>{-0.1F, -0.3F, -0.2F}), -2.0, 1e-6);
}

TEST(TorchScript, SeesOneRowOfSamples) {
  const TemporaryFolder folder;
  const TorchScriptScorer scorer(
      saved(folder, "def forward(self, x):\n  return x.size(0) * 1000 + x.sum(1)\n"));
  EXPECT_NEAR(scorer.score(std::vector<float>(7, 1.0F)), 1007, 1e-3);
}

TEST(TorchScript, SaysWhichFileIsNoNetwork) {
  const TemporaryFolder folder;
  write_file(folder / "bad.pt", "not a network");
  try {
    TorchScriptScorer scorer(folder / "bad.pt");
    FAIL() << "read nonsense";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_NE(std::string(error.what()).find("bad.pt"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

TEST(TorchScript, AFailingForwardIsOneLine) {
  const TemporaryFolder folder;
  const TorchScriptScorer scorer(
      saved(folder, "def forward(self, x):\n  return x.reshape(3, 3, 3).mean()\n"));
  try {
    scorer.score(std::vector<float>{1.0F});
    FAIL() << "reshaped one sample to 27";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace brandiron::models
