#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace brandiron::models {

/// Somebody else's network as a TorchScript file: float[1, N] samples in, one number out.
///
/// Runs on one thread. `score` is thread safe.
class TorchScriptScorer {
 public:
  /// @throws Error(kModel) naming the file when it cannot be read or has no `forward`.
  explicit TorchScriptScorer(const std::filesystem::path& file);
  ~TorchScriptScorer();
  TorchScriptScorer(TorchScriptScorer&&) noexcept;
  TorchScriptScorer& operator=(TorchScriptScorer&&) noexcept;

  /// The first number that `forward` gives for these samples of one channel.
  /// @throws Error(kModel) when it fails, or gives no tensor or an empty one.
  double score(std::span<const float> samples) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::models
