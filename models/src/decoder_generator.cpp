#include "decoder_activation.h"
#include "decoder_net_module.h"
#include "time_convolution.h"

namespace brandiron::models {
namespace {

constexpr int kResidualSizes[] = {3, 7};
constexpr int kResidualDilations[] = {1, 3};
constexpr std::size_t kResiduals = std::size(kResidualSizes) * std::size(kResidualDilations);

/// Frames seen at once: where they are many numbers wide, the strides' overlap has to do.
int first_size(const DecoderNetConfig& config) { return config.frame_channels > 0 ? 3 : 7; }

Rows rows_of(const torch::Tensor& x) {
  return {x.data_ptr<float>(), static_cast<std::size_t>(x.size(2))};
}

std::span<const float> numbers_of(const torch::Tensor& x) {
  return {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())};
}

/// As decoder_convolution() made it.
TimeConvolution packed(const torch::nn::Conv1d& layer) {
  const torch::Tensor weight = layer->weight.contiguous();
  return {numbers_of(weight), numbers_of(layer->bias), static_cast<int>(weight.size(1)),
          static_cast<int>(weight.size(2)), static_cast<int>(layer->options.dilation()->at(0))};
}

/// Frames to samples by strided convolutions, or by repeating and convolving: halved channels,
/// then residual convolutions of several sizes, at each stride.
class UpsamplingGenerator : public GeneratorModule {
 public:
  UpsamplingGenerator(const DecoderNetConfig& config, const DecoderFamily& family, int features)
      : strides_(family.strides),
        activation_(family.activation),
        lapped_(config.lapped_start),
        nearest_(family.upsampling == DecoderFamily::Upsampling::kNearest),
        leak_(config.leak) {
    int c = config.channels;
    int wide = config.frame_channels > 0 ? config.frame_channels : c;
    first_ = register_module("first", decoder_convolution(features, wide, first_size(config)));
    for (std::size_t i = 0; i < strides_.size(); ++i) {
      const std::string n = std::to_string(i);
      alpha_.push_back(alpha("alpha_up_" + n, wide));
      add_upsampling(n, wide, c / 2, strides_[i]);
      c /= 2;
      wide = c;
      add_residuals(n, c);
    }
    alpha_.push_back(alpha("alpha_out", c));
    last_ = register_module("last", decoder_convolution(c, 1, 7));
  }

  torch::Tensor forward(torch::Tensor x) override {
    namespace F = torch::nn::functional;
    x = first_(x);
    std::size_t next = 0, residual = 0;
    for (std::size_t i = 0; i < strides_.size(); ++i) {
      x = before_upsampling(x, alpha_[next++]);
      x = nearest_ ? resized_[i](x.repeat_interleave(strides_[i], 2)) : transposed_[i](x);
      if (straight(x)) {
        x = stage_in_tiles(x, residual);
        residual += kResiduals;
        next += kResiduals;
        continue;
      }
      // Both sizes begin with x bent; snakes bend it at frequencies of their own.
      const torch::Tensor begun = activation_ == DecoderFamily::Activation::kSnake
                                      ? torch::Tensor()
                                      : activate(activation_, x, torch::Tensor());
      torch::Tensor sum;
      for ([[maybe_unused]] const int size : kResidualSizes) {
        torch::Tensor y = x;
        for (const int dilation : kResidualDilations) {
          const torch::Tensor& alpha = alpha_[next++];
          const bool begins = dilation == kResidualDilations[0] && begun.defined();
          y = residual_[residual++](begins ? begun : activate(activation_, y, alpha)).add_(y);
        }
        sum = sum.defined() ? sum.add_(y) : y;
      }
      x = sum.div_(static_cast<double>(std::size(kResidualSizes)));
    }
    if (lapped_) return torch::clamp(last(x), -1.0, 1.0).squeeze(1);
    return torch::tanh(last(activate(activation_, x, alpha_[next]))).squeeze(1);
  }

 private:
  /// Whether nothing is learned from what is computed, and it is the kind that TimeConvolution
  /// does.
  bool straight(const torch::Tensor& x) const {
    return activation_ == DecoderFamily::Activation::kLeakyRelu && !torch::GradMode::is_enabled() &&
           x.device().is_cpu() && x.size(0) == 1 && x.is_contiguous() && has_time_convolution();
  }

  /// The residual convolutions from the `first` on of one stage.
  torch::Tensor stage_in_tiles(const torch::Tensor& x, std::size_t first) {
    std::vector<TimeConvolution> layers;
    for (std::size_t i = 0; i < kResiduals; ++i) layers.push_back(packed(residual_[first + i]));
    torch::Tensor out = torch::empty_like(x);
    residual_stage(layers, kLeak, rows_of(x), rows_of(out), static_cast<std::size_t>(x.size(2)));
    return out;
  }

  torch::Tensor last(const torch::Tensor& x) {
    if (!straight(x)) return last_(x);
    torch::Tensor out = torch::empty({1, 1, x.size(2)}, x.options());
    same_convolution(packed(last_), static_cast<int>(x.size(1)), rows_of(x), rows_of(out),
                     static_cast<std::size_t>(x.size(2)));
    return out;
  }

  /// What the layer reads has an offset from here on, and that is where a comb comes from.
  torch::Tensor before_upsampling(const torch::Tensor& x, const torch::Tensor& alpha) const {
    if (nearest_ && lapped_) return x;  // repetition copies no offset, and is far off as it is
    if (activation_ == DecoderFamily::Activation::kLeakyRelu) return torch::leaky_relu(x, leak_);
    return activate(activation_, x, alpha);
  }

  void add_upsampling(const std::string& n, int in, int out, int stride) {
    if (nearest_) {
      // Wide enough to smooth the steps that repeating makes.
      const int size = lapped_ ? 2 * stride + 1 : 2 * (stride / 2) + 1;
      resized_.push_back(register_module("up_" + n, decoder_convolution(in, out, size)));
      return;
    }
    const int window = 2 * stride, pad = (window - stride + 1) / 2;
    transposed_.push_back(register_module(
        "up_" + n, torch::nn::ConvTranspose1d(torch::nn::ConvTranspose1dOptions(in, out, window)
                                                  .stride(stride)
                                                  .padding(pad)
                                                  .output_padding(2 * pad - (window - stride)))));
  }

  torch::Tensor alpha(const std::string& name, int channels) {
    const torch::Tensor ones = torch::ones({1, channels, 1});
    return activation_ == DecoderFamily::Activation::kSnake ? register_parameter(name, ones) : ones;
  }

  void add_residuals(const std::string& n, int c) {
    for (const int size : kResidualSizes) {
      for (const int dilation : kResidualDilations) {
        const std::string name = n + "_" + std::to_string(size) + "_" + std::to_string(dilation);
        alpha_.push_back(alpha("alpha_" + name, c));
        residual_.push_back(
            register_module("residual_" + name, decoder_convolution(c, c, size, dilation)));
      }
    }
  }

  std::vector<int> strides_;
  DecoderFamily::Activation activation_;
  bool lapped_, nearest_;
  double leak_;
  torch::nn::Conv1d first_{nullptr}, last_{nullptr};
  std::vector<torch::nn::ConvTranspose1d> transposed_;
  std::vector<torch::nn::Conv1d> resized_, residual_;
  std::vector<torch::Tensor> alpha_;
};

/// Frames through ConvNeXt blocks to complex spectra, and their inverse transform.
class IstftGenerator : public GeneratorModule {
 public:
  IstftGenerator(const DecoderNetConfig& config, const DecoderFamily& family, int features)
      : hop_(family.hop()), layers_(config.layers) {
    const int c = config.channels;
    first_ = register_module("first", decoder_convolution(features, c, 7));
    norm_first_ = register_module("norm_first", norm(c));
    for (int i = 0; i < layers_; ++i) {
      const std::string n = std::to_string(i);
      depth_.push_back(register_module(
          "depth_" + n, torch::nn::Conv1d(torch::nn::Conv1dOptions(c, c, 7).padding(3).groups(c))));
      norms_.push_back(register_module("norm_" + n, norm(c)));
      wide_.push_back(register_module("wide_" + n, torch::nn::Linear(c, 3 * c)));
      narrow_.push_back(register_module("narrow_" + n, torch::nn::Linear(3 * c, c)));
    }
    if (config.lapped_start) {
      skip_ = register_module("skip", torch::nn::Linear(features, kDecoderWindow + 2));
    }
    norm_last_ = register_module("norm_last", norm(c));
    head_ = register_module("head", torch::nn::Linear(c, kDecoderWindow + 2));
  }

  torch::Tensor forward(torch::Tensor x) override {
    const torch::Tensor direct = skip_ ? skip_(x.transpose(1, 2)) : torch::Tensor();
    x = norm_first_(first_(x).transpose(1, 2));
    for (std::size_t i = 0; i < depth_.size(); ++i) {
      const torch::Tensor y = norms_[i](depth_[i](x.transpose(1, 2)).transpose(1, 2));
      x = x + narrow_[i](torch::gelu(wide_[i](y)));
    }
    return overlap_add(head_(norm_last_(x)), direct);
  }

 private:
  static torch::nn::LayerNorm norm(int c) {
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({c}));
  }

  /// (n, frames, window + 2), log magnitudes and phases, and real and imaginary parts to add where
  /// there are any, to (n, frames * hop).
  torch::Tensor overlap_add(const torch::Tensor& spectra, const torch::Tensor& direct) const {
    namespace F = torch::nn::functional;
    constexpr std::int64_t kBins = kDecoderWindow / 2 + 1;
    const torch::Tensor magnitude = torch::exp(spectra.slice(2, 0, kBins).clamp_max(7.0));
    const torch::Tensor phase = spectra.slice(2, kBins);
    torch::Tensor complex =
        torch::complex(magnitude * torch::cos(phase), magnitude * torch::sin(phase));
    if (direct.defined()) {
      complex = complex + torch::complex(direct.slice(2, 0, kBins), direct.slice(2, kBins));
    }
    const torch::Tensor window = torch::hann_window(kDecoderWindow, spectra.options());
    const torch::Tensor frames = torch::fft::irfft(complex, kDecoderWindow, 2) * window;
    const std::int64_t count = frames.size(1), total = (count - 1) * hop_ + kDecoderWindow;
    const torch::Tensor sum =
        F::fold(frames.transpose(1, 2),
                F::FoldFuncOptions({1, total}, {1, kDecoderWindow}).stride({1, hop_}))
            .view({frames.size(0), total});
    // Hann windows squared add up to this at a quarter of their length.
    const double gain = 0.375 * kDecoderWindow / hop_;
    const std::int64_t cut = (kDecoderWindow - hop_) / 2;
    return sum.slice(1, cut, cut + count * hop_) / gain;
  }

  int hop_, layers_;
  torch::nn::Conv1d first_{nullptr};
  torch::nn::LayerNorm norm_first_{nullptr}, norm_last_{nullptr};
  std::vector<torch::nn::Conv1d> depth_;
  std::vector<torch::nn::LayerNorm> norms_;
  std::vector<torch::nn::Linear> wide_, narrow_;
  torch::nn::Linear head_{nullptr}, skip_{nullptr};
};

}  // namespace

std::shared_ptr<GeneratorModule> make_generator(const DecoderNetConfig& config,
                                                const DecoderFamily& family, int features) {
  if (family.upsampling == DecoderFamily::Upsampling::kIstft) {
    return std::make_shared<IstftGenerator>(config, family, features);
  }
  return std::make_shared<UpsamplingGenerator>(config, family, features);
}

}  // namespace brandiron::models
