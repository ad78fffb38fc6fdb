#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brandiron/models/safetensors.h"

namespace brandiron::models {

inline constexpr int kSingerPhones = 41;  ///< American English phones and the pause
inline constexpr int kSingerBands = 64;   ///< envelope points, dB
inline constexpr int kSingerShares = 5;   ///< noise shares, 0..1
inline constexpr int kSingerOutputs = kSingerBands + kSingerShares;

/// Shape of a SingerNet. Stored in the weights file.
struct SingerNetConfig {
  std::vector<std::string> voices = {"kal16"};  ///< whose envelopes it learns
  int channels = 96;                            ///< of every hidden layer
  int layers = 5;                               ///< dilated convolutions over frames: 1, 2, 4, ...
  /// @throws Error(kModel) outside: 1-32 voices with different names, 8-512 channels, 1-8 layers.
  void validate() const;
};

/// One phone of a phrase.
struct SingerPhone {
  int id = 40;
  int frames = 0;       ///< 5 ms each, 1 .. 20000
  int stress = 0;       ///< 0, 1 or 2
  float pitch = 0;      ///< ln(f0 / the phrase's mean f0)
  float slope = 0;      ///< of that, a second
  float effort_db = 0;  ///< level over what is usual
};

/// Phones, a persona's mixture of voices and a draft (the bank's recorded halves, one after the
/// other) to envelopes: convolutions over the phones (who stands beside whom), then dilated
/// convolutions over 5 ms frames that see the draft and know where in its phone each lies. What
/// comes out is the draft and what the network changes in it.
///
/// Runs on one thread with deterministic algorithms. `envelopes` is thread safe.
class SingerNet {
 public:
  /// Fresh weights drawn from `seed`. @throws Error(kModel) when the configuration is invalid.
  SingerNet(const SingerNetConfig& config, std::uint64_t seed);
  ~SingerNet();
  SingerNet(SingerNet&&) noexcept;
  SingerNet& operator=(SingerNet&&) noexcept;

  const SingerNetConfig& config() const;
  std::size_t num_parameters() const;
  /// What the envelope points are usually: outputs are scaled by it. One number a band, dB.
  void set_scale(std::span<const float> mean_db, std::span<const float> deviation_db);

  /// kSingerOutputs numbers a frame. `draft`: as many, dB and shares. `voice`: weights of the
  /// voices, one each, summing to 1.
  /// @throws Error(kInvalidArgument) for phones, a draft or weights outside their ranges.
  std::vector<float> envelopes(std::span<const SingerPhone> phones, std::span<const float> draft,
                               std::span<const float> voice) const;

  Safetensors to_tensors() const;
  /// @throws Error(kModel) for another architecture, a missing or unexpected tensor, or a wrong
  /// shape.
  static SingerNet from_tensors(const Safetensors& content);

 private:
  struct Impl;
  explicit SingerNet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend class SingerNetTrainer;
};

/// A piece of a spoken phrase: all of its phones, and the frames [first, first + count).
struct SingerExample {
  std::span<const SingerPhone> phones;
  std::size_t first = 0, count = 0;
  std::vector<float> voice;
  std::span<const float> draft, target;  ///< count x kSingerOutputs
};

/// What is asked of the envelopes beside their plain distance; 0 turns a term off.
struct SingerObjective {
  double contrast = 1.0;  ///< differences along frequency, at 1, 2, 4 and 8 points
  double delta = 0.5;     ///< differences along time, at 1, 2 and 4 frames
  double variance = 0.2;  ///< spread over time and over frequency, in log
  double shares = 1.0;    ///< noise shares
  double joins = 1.0;     ///< steps at phone joins beyond `join_share` of the draft's own
  double join_share = 0.6;
  double adversarial = 0.05;      ///< a discriminator over patches, least squares
  double adversarial_from = 0.3;  ///< share of the steps after which it joins
};

struct SingerTrainerOptions {
  double learning_rate = 2e-3;
  double discriminator_rate = 5e-4;
  double weight_decay = 1e-4;
  double gradient_clip = 1.0;
  std::uint64_t total_steps = 1000;
  std::uint64_t seed = 1;  ///< of the discriminator's first weights
  std::string device = "cpu";
  SingerObjective objective;
  /// @throws Error(kInvalidArgument) outside; Error(kUnsupported) for a device that is not here.
  void validate() const;
};

struct SingerLosses {
  double distance_db = 0;  ///< mean absolute, of the envelope points
  double contrast_db = 0;  ///< of their differences along frequency
  double joins_db = 0;     ///< mean absolute step at phone joins
  double shares = 0;
  double adversarial = 0;
};

/// AdamW on the objective. Deterministic; a checkpoint changes nothing. Not thread safe.
class SingerNetTrainer {
 public:
  /// Trains `net` in place; it must outlive the trainer.
  SingerNetTrainer(SingerNet& net, const SingerTrainerOptions& options);
  ~SingerNetTrainer();
  /// One step; all examples have the same `count`, more than 2 * kMargin. The loss is of the
  /// frames that lie kMargin inside.
  SingerLosses step(std::span<const SingerExample> examples);
  static constexpr std::size_t kMargin = 12;
  std::uint64_t steps_done() const;
  /// Weights, optimisers and step, for resuming only: `path` and `path`.rival. Atomic each.
  void save_checkpoint(const std::filesystem::path& path) const;
  /// @throws Error(kModel) when a file is missing or does not fit.
  void load_checkpoint(const std::filesystem::path& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::models
