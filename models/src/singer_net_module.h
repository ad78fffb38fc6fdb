// The LibTorch side of SingerNet: private to models.
#pragma once

#include <span>
#include <vector>

#include "brandiron/models/singer_net.h"
#include "torch_compat.h"

namespace brandiron::models {

inline constexpr int kSingerPhoneFeatures = kSingerPhones + 8;
inline constexpr int kSingerFrameFeatures = 10;
inline constexpr int kSingerVoiceSize = 16;
/// Odds of a noise share are clamped to this in the draft.
inline constexpr double kSingerLeastShare = 0.01;

/// (kSingerPhoneFeatures, phones).
torch::Tensor singer_phone_features(std::span<const SingerPhone> phones);
/// (kSingerFrameFeatures, count) of the frames [first, first + count), and the phone of each.
torch::Tensor singer_frame_features(std::span<const SingerPhone> phones, std::size_t first,
                                    std::size_t count, std::vector<std::int64_t>& phone_of_frame);

/// Module names here are the names in the weights file.
class SingerNetModule : public torch::nn::Module {
 public:
  explicit SingerNetModule(const SingerNetConfig& config);
  /// (n, features, phones) and (n, voices) to (n, channels, phones).
  torch::Tensor encode(const torch::Tensor& phones, const torch::Tensor& voice);
  /// Each frame's phone (n, channels, frames), (n, features, frames), a draft as `scaled` makes it
  /// and (n, voices) to (n, kSingerOutputs, frames): envelope points over their scale, shares as
  /// logits.
  torch::Tensor decode(const torch::Tensor& phone_of_frame, const torch::Tensor& frames,
                       const torch::Tensor& draft, const torch::Tensor& voice);
  /// (n, kSingerOutputs, frames) of dB and shares, over their scale and as logits.
  torch::Tensor scaled(const torch::Tensor& envelopes) const;
  torch::Tensor mean_db, deviation_db;  ///< (kSingerBands)

 private:
  torch::nn::Linear voice_{nullptr}, voice_frames_{nullptr};
  torch::nn::Conv1d phones_in_{nullptr}, phones_mid_{nullptr}, phones_out_{nullptr};
  torch::nn::Conv1d place_{nullptr}, gate_{nullptr}, draft_{nullptr}, mix_{nullptr};
  std::vector<torch::nn::Conv1d> frames_;
  torch::nn::Conv1d head_in_{nullptr}, head_{nullptr};
};

/// Tells learnt envelopes from spoken ones, patch by patch: (n, 1, bands, frames) to scores.
class SingerRivalModule : public torch::nn::Module {
 public:
  SingerRivalModule();
  torch::Tensor forward(torch::Tensor x);

 private:
  std::vector<torch::nn::Conv2d> layers_;
};

/// He initialisation from our own Rng; `head` layers start near zero.
void initialise_singer(torch::nn::Module& module, std::uint64_t seed, const char* stream);

struct SingerNet::Impl {
  SingerNetConfig config;
  std::shared_ptr<SingerNetModule> module;
};

}  // namespace brandiron::models
