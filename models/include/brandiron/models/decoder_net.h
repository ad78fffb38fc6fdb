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

inline constexpr int kDecoderRateHz = 44100;

/// How a family of neural decoders works. The marks that it leaves depend on `strides` and
/// `upsampling`, hardly on the weights (Afchar, Meseguer-Brocal, Hennequin: "A Fourier explanation
/// of AI-music artifacts", ISMIR 2025).
struct DecoderFamily {
  enum class Latent { kContinuous, kCodes };
  enum class Upsampling { kTransposed, kNearest, kIstft };
  enum class Activation { kLeakyRelu, kElu, kSnake, kGelu };
  std::string name;
  Latent latent = Latent::kContinuous;
  Upsampling upsampling = Upsampling::kTransposed;
  Activation activation = Activation::kLeakyRelu;
  std::vector<int> strides;          ///< from frames to samples, in the order they are applied
  std::vector<int> encoder_strides;  ///< from samples to frames
  int hop() const;                   ///< samples a frame: the product of the strides
};

/// hifigan (Kong et al., NeurIPS 2020, over a learned latent as song models' autoencoders have it),
/// encodec (Defossez et al., TMLR 2023), dac (Kumar et al.,
/// NeurIPS 2023), nearest (resize and convolve: Pons et al., ICASSP 2021), istft (Vocos: Siuzdak,
/// ICLR 2024).
const std::vector<DecoderFamily>& decoder_families();
/// @throws Error(kInvalidArgument) naming the families.
const DecoderFamily& decoder_family(const std::string& name);

/// Shape of a DecoderNet. Stored in the weights file.
struct DecoderNetConfig {
  std::string family = "hifigan";
  int channels = 128;  ///< where it has frames; halved at each upsampling (istft: throughout)
  /// Where it has frames, if that is to be wider than the rest: what passes there is all that the
  /// sound is made of, and costs little at so low a rate. 0: `channels`, and in the encoder what
  /// doubling gives. In istft, the encoder's alone.
  int frame_channels = 0;
  /// Strided convolutions begin as lapped transforms (Malvar 1990), the generator's as the inverse
  /// of the encoder's, without an activation before the encoder's and a tanh at the end (as
  /// BigVGAN-v2: Lee et al., ICLR 2023): a fresh network nearly gives back what it is given, but
  /// for the frequencies that `frame_channels` and `code_size` have no room for, and learns the
  /// rest. Convolutions after repetition begin as near to that as they come; istft has a linear way
  /// from latents to spectra beside its blocks.
  bool lapped_start = false;
  /// Slope of leaky ReLUs before transposed convolutions. HiFi-GAN's 0.1 undoes a lapped start.
  double leak = 0.1;
  /// Transposed convolutions begin as linear interpolation, alike for every phase (as Aitken et
  /// al., 2017, begin sub-pixel convolutions): a fresh network has no comb, a trained one a weaker.
  bool smooth_start = false;
  int layers = 4;            ///< istft: blocks
  int encoder_channels = 8;  ///< at the full rate; doubled at each stride
  int code_size = 64;        ///< numbers a frame
  int codebooks = 16;        ///< codecs: residual stages, 1-64
  int codebook_size = 1024;
  int codebook_dims = 8;  ///< in which a stage looks its codes up
  /// @throws Error(kModel) outside.
  void validate() const;
  bool operator==(const DecoderNetConfig&) const = default;
};

/// A neural analysis-synthesis network over one channel of 44.1 kHz sound: a convolutional encoder,
/// for some families residual vector quantisation, and a generator back to samples.
///
/// Runs on one thread with deterministic algorithms. `decode` is thread safe.
class DecoderNet {
 public:
  /// Fresh weights drawn from `seed`. @throws Error(kModel) when the configuration is invalid.
  DecoderNet(const DecoderNetConfig& config, std::uint64_t seed);
  ~DecoderNet();
  DecoderNet(DecoderNet&&) noexcept;
  DecoderNet& operator=(DecoderNet&&) noexcept;

  const DecoderNetConfig& config() const;
  std::size_t num_parameters() const;
  /// Of `codebooks` stages; 0 for a family without quantisation.
  double bitrate_kbps(int codebooks) const;

  /// As many samples, without delay. `codebooks` stages are used (0: all). Stretches of digital
  /// silence that are longer than what the network sees stay silent and cost nothing.
  /// @throws Error(kInvalidArgument) for samples that are not finite, or too many codebooks.
  std::vector<float> decode(std::span<const float> samples, int codebooks = 0) const;

  /// With kF16 matrices and kernels are stored as halves, rounded to the nearest.
  Safetensors to_tensors(TensorStorage storage = TensorStorage::kF32) const;
  /// @throws Error(kModel) for another architecture, a missing or unexpected tensor, or a wrong
  /// shape.
  static DecoderNet from_tensors(const Safetensors& content);

 private:
  struct Impl;
  explicit DecoderNet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend class DecoderNetTrainer;
};

/// What is asked of the sound; 0 turns a term off.
struct DecoderObjective {
  double spectral = 1.0;   ///< log magnitudes and spectral convergence at three resolutions
  double mel = 1.0;        ///< log-mel at four resolutions
  double waveform = 10.0;  ///< one minus the correlation with the target (any gain will do)
  /// Complex spectra, each frequency by itself: mean over bins of |X - Y| / |X|. The waveform's
  /// correlation is that of its loud lows; here the quiet tops weigh as much.
  double phase = 0.0;
  double commitment = 0.25;       ///< codecs: latents to their codes
  double adversarial = 0.0;       ///< discriminators over spectrograms, least squares
  double adversarial_from = 0.5;  ///< share of the steps after which they join
};

struct DecoderTrainerOptions {
  double learning_rate = 1e-3;
  double discriminator_rate = 4e-4;
  double weight_decay = 1e-4;
  double gradient_clip = 1.0;
  std::uint64_t total_steps = 1000;
  std::uint64_t seed = 1;  ///< of the discriminators' weights and of how many stages are used
  std::string device = "cpu";
  DecoderObjective objective;
  /// @throws Error(kInvalidArgument) outside; Error(kUnsupported) for a device that is not here.
  void validate() const;
};

/// All before the step, of the batch.
struct DecoderLosses {
  double spectral = 0;  ///< mean absolute difference of log magnitudes, and convergence
  double mel = 0;       ///< mean absolute difference of natural log mel energies
  double waveform = 0;  ///< share of the energy that is not the target's
  double phase = 0;     ///< relative error of complex spectra, mean over frequencies
  double commitment = 0;
  double adversarial = 0;
  double codes_used = 0;  ///< share of the codebook entries used lately
};

/// AdamW on the objective. Deterministic; a checkpoint changes nothing. Not thread safe.
class DecoderNetTrainer {
 public:
  /// Trains `net` in place; it must outlive the trainer.
  DecoderNetTrainer(DecoderNet& net, const DecoderTrainerOptions& options);
  ~DecoderNetTrainer();
  /// Samples of a segment; the outer kMargin on both sides are context and cost nothing.
  static constexpr std::size_t kSegment = 20480, kMargin = 2048;
  /// Before the first step: codecs that begin lapped fit their codes to what the segments' latents
  /// are. Nothing for others.
  void prepare(std::span<const std::vector<float>> segments);
  /// One step over segments of kSegment samples each.
  DecoderLosses step(std::span<const std::vector<float>> segments);
  /// The same figures with all quantiser stages, without learning anything.
  DecoderLosses measure(std::span<const std::vector<float>> segments);
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
