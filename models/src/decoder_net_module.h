// The LibTorch side of DecoderNet: private to models.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/models/decoder_net.h"
#include "torch_compat.h"

namespace brandiron::models {

/// Samples of a window of the inverse transform.
inline constexpr int kDecoderWindow = 2048;

/// Triangles (bands, window / 2 + 1) that sum to one each, over 0 Hz to half the rate, HTK scale.
torch::Tensor mel_filters(int bands, int window);

/// Magnitudes (n, window / 2 + 1, frames) without padding.
torch::Tensor magnitudes(const torch::Tensor& samples, int window, int hop);

/// (n, samples) to (n, code_size, frames).
class DecoderEncoderModule : public torch::nn::Module {
 public:
  DecoderEncoderModule(const DecoderNetConfig& config, const DecoderFamily& family);
  torch::Tensor forward(torch::Tensor x);

 private:
  /// A snake's frequency; nothing to learn for other activations.
  torch::Tensor alpha(const std::string& name, int channels);

  DecoderFamily::Activation activation_;
  bool lapped_;
  torch::nn::Conv1d first_{nullptr}, last_{nullptr};
  std::vector<torch::nn::Conv1d> residual_, down_;
  std::vector<torch::Tensor> alpha_;
};

/// What residual quantisation did.
struct Quantised {
  torch::Tensor codes;       ///< (n, code_size, frames), gradients pass straight through
  torch::Tensor commitment;  ///< scalar, mean of the stages: latents to codes and back
};

/// Residual vector quantisation in few dimensions (Zeghidour et al. 2021): the nearest entry, or as
/// DAC does the nearest direction (Yu et al. 2021).
class ResidualQuantiserModule : public torch::nn::Module {
 public:
  ResidualQuantiserModule(const DecoderNetConfig& config, bool by_direction);
  /// After `initialise_decoder`.
  void initialise();
  /// Begins at what it is to code, latents (n, code_size, frames): each stage looks where the
  /// stages before it left most energy, and its entries are means of what is there.
  void fit(const torch::Tensor& latents, std::uint64_t seed);
  /// `stages[i]` quantiser stages for example i.
  Quantised forward(const torch::Tensor& x, const std::vector<int>& stages);
  /// While training: entries that nothing chose lately move to where latents are.
  /// `all`: every entry.
  void revive(std::uint64_t seed, std::uint64_t step, bool all);
  double share_used() const;

 private:
  /// Which entry each row of (rows, dims) is coded by.
  torch::Tensor look_up(const torch::Tensor& rows, const torch::Tensor& codebook) const;
  torch::Tensor bounded(const torch::Tensor& latents) const;
  /// Moves the entries of a stage to fading means of the rows (rows, dims) that chose them (van den
  /// Oord et al., NeurIPS 2017, appendix A.1).
  void follow(std::size_t stage, const torch::Tensor& rows, const torch::Tensor& chosen);
  torch::Tensor fitted_entries(const torch::Tensor& rows, Rng draw) const;

  int size_, dims_;
  bool by_direction_;
  double bound_;  ///< of latents
  std::vector<torch::nn::Conv1d> into_, out_of_;
  std::vector<torch::Tensor> codebooks_;  ///< (size, dims)
  std::vector<torch::Tensor> usage_;      ///< (size), a fading count
  std::vector<torch::Tensor> seen_;       ///< latents of the last step
};

/// (n, features, frames) to (n, samples).
class GeneratorModule : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(torch::Tensor x) = 0;
};
std::shared_ptr<GeneratorModule> make_generator(const DecoderNetConfig& config,
                                                const DecoderFamily& family, int features);

/// Module names here are the names in the weights file.
class DecoderNetModule : public torch::nn::Module {
 public:
  explicit DecoderNetModule(const DecoderNetConfig& config);
  struct Output {
    torch::Tensor samples, commitment;
  };
  /// (n, samples), a multiple of the hop. `stages`: see ResidualQuantiserModule; empty: all.
  Output forward(const torch::Tensor& samples, const std::vector<int>& stages);
  torch::Tensor encode(const torch::Tensor& samples) { return encoder_->forward(samples); }
  ResidualQuantiserModule* quantiser() { return quantiser_.get(); }

 private:
  int codebooks_;
  std::shared_ptr<DecoderEncoderModule> encoder_;
  std::shared_ptr<ResidualQuantiserModule> quantiser_;
  std::shared_ptr<GeneratorModule> generator_;
};

/// Tells decoded from recorded sound on log-magnitude spectrograms of one resolution: (n, samples)
/// to scores.
class DecoderRivalModule : public torch::nn::Module {
 public:
  DecoderRivalModule();
  /// Scores of every resolution, one after the other.
  std::vector<torch::Tensor> forward(const torch::Tensor& samples);

 private:
  std::vector<std::vector<torch::nn::Conv2d>> stacks_;
};

/// Weights from our own Rng, scaled to keep variances (He).
void initialise_decoder(torch::nn::Module& module, std::uint64_t seed, const char* stream);

/// Transposed convolutions as linear interpolation of one drawn tap.
void smooth_upsampling(torch::nn::Module& module);

/// Strided convolutions as lapped transforms and their inverses, the rest near nothing.
void begin_lapped(torch::nn::Module& module, const DecoderNetConfig& config);

struct DecoderNet::Impl {
  DecoderNetConfig config;
  std::shared_ptr<DecoderNetModule> module;
};

}  // namespace brandiron::models
