#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "decoder_net_module.h"
#include "net_state.h"
#include "training.h"

namespace brandiron::models {
namespace {

/// One resolution of the objective.
struct Resolution {
  int window, mel_bands;
  bool spectral;  ///< bin by bin as well
};
constexpr Resolution kResolutions[] = {
    {128, 20, false}, {512, 64, true}, {1024, 96, true}, {2048, 128, true}};
constexpr int kRivalWindows[] = {512, 2048};
constexpr std::uint64_t kReviveEvery = 50, kFirstSteps = 10;
constexpr double kLogFloor = 1e-2, kMelFloor = 1e-5;

torch::Tensor log_distance(const torch::Tensor& a, const torch::Tensor& b, double floor) {
  return (torch::log(a + floor) - torch::log(b + floor)).abs().mean();
}

/// What both sounds look like.
struct Distances {
  torch::Tensor spectral;  ///< log magnitudes and convergence (Yamamoto et al., ICASSP 2020)
  torch::Tensor mel;       ///< log-mel, as Kumar et al. 2023 have it at several resolutions
};

class SpectralObjective {
 public:
  explicit SpectralObjective(torch::Device device) {
    for (const Resolution& r : kResolutions) {
      filters_.push_back(mel_filters(r.mel_bands, r.window).to(device));
    }
  }

  Distances operator()(const torch::Tensor& made, const torch::Tensor& target) const {
    Distances sum{torch::zeros({}, made.options()), torch::zeros({}, made.options())};
    int spectral = 0;
    for (std::size_t i = 0; i < filters_.size(); ++i) {
      const Resolution& r = kResolutions[i];
      const torch::Tensor a = magnitudes(made, r.window, r.window / 4);
      const torch::Tensor b = magnitudes(target, r.window, r.window / 4);
      sum.mel = sum.mel + log_distance(torch::matmul(filters_[i], a), torch::matmul(filters_[i], b),
                                       kMelFloor * r.window);
      if (!r.spectral) continue;
      // Over the batch: a quiet segment would weigh as much as its error is many times its level.
      const torch::Tensor convergence =
          (a - b).square().sum().sqrt() / (b.square().sum().sqrt() + 1e-2);
      sum.spectral = sum.spectral + log_distance(a, b, kLogFloor) + convergence;
      ++spectral;
    }
    return {sum.spectral / static_cast<double>(spectral),
            sum.mel / static_cast<double>(filters_.size())};
  }

 private:
  std::vector<torch::Tensor> filters_;  // of each resolution
};

/// Correlation of each segment with its target. One minus it has a gradient where a network that
/// knows no phase yet begins, at zero; one minus its square, the share of the energy that no gain
/// explains (scale-invariant SDR), has none there.
torch::Tensor correlation(const torch::Tensor& made, const torch::Tensor& target) {
  const torch::Tensor energy = made.square().sum(1) * target.square().sum(1);
  return (made * target).sum(1) / (energy + 1e-6).sqrt();
}

/// Mean over frequencies of ||X - Y|| / ||X||, over the batch. One where nothing is right.
torch::Tensor phase_distance(const torch::Tensor& made, const torch::Tensor& target) {
  constexpr int kWindow = 1024;
  constexpr double kFloor = 1e-6;
  const auto power = [](const torch::Tensor& x) {
    const std::vector<std::int64_t> all_but_frequency{0, 2};
    return magnitudes(x, kWindow, kWindow / 4).square().mean(all_but_frequency) + kFloor;
  };
  return (power(made - target) / power(target)).sqrt().mean();
}

torch::Tensor unexplained(const torch::Tensor& correlation) {
  return (1.0 - correlation * correlation.abs()).mean();
}

torch::Tensor as_batch(std::span<const std::vector<float>> segments, torch::Device device) {
  torch::Tensor batch = torch::empty({static_cast<std::int64_t>(segments.size()),
                                      static_cast<std::int64_t>(DecoderNetTrainer::kSegment)});
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].size() != DecoderNetTrainer::kSegment) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("decoder trainer: a segment of {} samples, expected {}",
                              segments[i].size(), DecoderNetTrainer::kSegment));
    }
    std::copy(segments[i].begin(), segments[i].end(),
              batch[static_cast<std::int64_t>(i)].data_ptr<float>());
  }
  return batch.to(device);
}

torch::Tensor inside(const torch::Tensor& x) {
  constexpr auto kMargin = static_cast<std::int64_t>(DecoderNetTrainer::kMargin);
  return x.slice(1, kMargin, x.size(1) - kMargin);
}

OptimiserOptions schedule(const DecoderTrainerOptions& o, double rate) {
  return {rate, o.weight_decay, o.gradient_clip, o.total_steps};
}

std::filesystem::path rival_path(const std::filesystem::path& path) {
  return path.string() + ".rival";
}

}  // namespace

DecoderRivalModule::DecoderRivalModule() {
  const int channels[] = {1, 8, 16, 16};
  for (const int window : kRivalWindows) {
    std::vector<torch::nn::Conv2d> stack;
    for (int i = 0; i < 3; ++i) {
      stack.push_back(register_module(
          fmt::format("layer_{}_{}", window, i),
          torch::nn::Conv2d(torch::nn::Conv2dOptions(channels[i], channels[i + 1], {9, 3})
                                .stride({4, 1})
                                .padding({4, 1}))));
    }
    stack.push_back(
        register_module(fmt::format("head_{}", window),
                        torch::nn::Conv2d(torch::nn::Conv2dOptions(channels[3], 1, 3).padding(1))));
    stacks_.push_back(std::move(stack));
  }
}

std::vector<torch::Tensor> DecoderRivalModule::forward(const torch::Tensor& samples) {
  std::vector<torch::Tensor> scores;
  for (std::size_t i = 0; i < stacks_.size(); ++i) {
    const int window = kRivalWindows[i];
    torch::Tensor x =
        torch::log(magnitudes(samples, window, window / 4) + kLogFloor).unsqueeze(1) * 0.3;
    for (std::size_t k = 0; k + 1 < stacks_[i].size(); ++k) {
      x = torch::leaky_relu(stacks_[i][k](x), 0.2);
    }
    scores.push_back(stacks_[i].back()(x));
  }
  return scores;
}

void DecoderTrainerOptions::validate() const {
  const DecoderObjective& o = objective;
  if (!(learning_rate > 0 && learning_rate < 1 && discriminator_rate > 0 &&
        discriminator_rate < 1 && weight_decay >= 0 && gradient_clip > 0 && total_steps > 0 &&
        o.spectral >= 0 && o.mel >= 0 && o.waveform >= 0 && o.phase >= 0 && o.commitment >= 0 &&
        o.adversarial >= 0 && o.adversarial_from >= 0 && o.adversarial_from <= 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                "decoder trainer: expected rates in (0, 1), weights >= 0, gradient_clip > 0, "
                "total_steps > 0, adversarial_from in 0-1");
  }
  parse_device(device);
}

struct DecoderNetTrainer::Impl {
  DecoderNet& net;
  DecoderTrainerOptions options;
  std::shared_ptr<DecoderRivalModule> rival;
  Optimiser optimiser, rival_optimiser;
  SpectralObjective distances;

  DecoderNetModule& module() { return *net.impl_->module; }

  bool with_rival() const {
    const DecoderObjective& o = options.objective;
    return o.adversarial > 0 && static_cast<double>(optimiser.steps_done()) >=
                                    o.adversarial_from * static_cast<double>(options.total_steps);
  }

  /// Half of the examples use all stages, so that one network serves every bit rate.
  std::vector<int> draw_stages(std::int64_t n) const {
    Rng draw = Rng(options.seed, "decoder-stages").child("step", optimiser.steps_done());
    const int all = net.config().codebooks;
    std::vector<int> stages;
    for (std::int64_t i = 0; i < n; ++i) {
      stages.push_back(draw.chance(0.5)
                           ? all
                           : 1 + static_cast<int>(draw.below(static_cast<std::uint32_t>(all))));
    }
    return stages;
  }

  void prepare(const torch::Tensor& batch) {
    const torch::NoGradGuard no_grad;
    if (!module().quantiser() || !net.config().lapped_start) return;
    module().quantiser()->fit(module().encode(batch), options.seed);
  }

  DecoderLosses measure(const torch::Tensor& batch) {
    const torch::NoGradGuard no_grad;
    module().eval();
    const torch::Tensor target = inside(batch);
    const DecoderNetModule::Output out = module().forward(batch, {});
    const torch::Tensor made = inside(out.samples);
    module().train();
    DecoderLosses losses;
    const Distances apart = distances(made, target);
    losses.spectral = apart.spectral.item<double>();
    losses.mel = apart.mel.item<double>();
    losses.waveform = unexplained(correlation(made, target)).item<double>();
    losses.phase = phase_distance(made, target).item<double>();
    losses.commitment = out.commitment.item<double>();
    if (module().quantiser()) losses.codes_used = module().quantiser()->share_used();
    return losses;
  }

  DecoderLosses step(const torch::Tensor& batch) {
    const DecoderObjective& o = options.objective;
    DecoderLosses losses;
    const bool judged = with_rival();
    const std::vector<int> stages = draw_stages(batch.size(0));
    const torch::Tensor target = inside(batch);
    torch::Tensor made;
    // Read after the step: a device is not waited for in the middle of it.
    std::vector<std::pair<double*, torch::Tensor>> figures;
    const auto note = [&](double& figure, const torch::Tensor& value) {
      figures.emplace_back(&figure, value.detach());
    };
    optimiser.step("decoder trainer", [&] {
      const DecoderNetModule::Output out = module().forward(batch, stages);
      const torch::Tensor sound = inside(out.samples);
      made = sound.detach();
      const auto [spectral, mel] = distances(sound, target);
      const torch::Tensor alike = correlation(sound, target);
      torch::Tensor loss = o.spectral * spectral + o.mel * mel + o.commitment * out.commitment;
      if (o.waveform > 0) loss = loss + o.waveform * (1.0 - alike).mean();
      if (o.phase > 0) {
        const torch::Tensor phase = phase_distance(sound, target);
        note(losses.phase, phase);
        loss = loss + o.phase * phase;
      }
      if (judged) {
        torch::Tensor fooled = torch::zeros({}, batch.options());
        for (const torch::Tensor& score : rival->forward(sound)) {
          fooled = fooled + (score - 1).square().mean();
        }
        note(losses.adversarial, fooled);
        loss = loss + o.adversarial * fooled;
      }
      note(losses.spectral, spectral);
      note(losses.mel, mel);
      note(losses.waveform, unexplained(alike.detach()));
      note(losses.commitment, out.commitment);
      return loss;
    });
    for (const auto& [figure, value] : figures) *figure = value.item<double>();
    if (judged) step_rival(made, target);
    if (ResidualQuantiserModule* quantiser = module().quantiser()) {
      const std::uint64_t done = optimiser.steps_done() - 1;
      if (done <= kFirstSteps || done % kReviveEvery == 0) {
        quantiser->revive(options.seed, done, !net.config().lapped_start && done <= kFirstSteps);
      }
      losses.codes_used = quantiser->share_used();
    }
    return losses;
  }

  void step_rival(const torch::Tensor& made, const torch::Tensor& target) {
    rival_optimiser.step("decoder trainer's rival", [&] {
      torch::Tensor loss = torch::zeros({}, made.options());
      for (const torch::Tensor& score : rival->forward(target)) {
        loss = loss + (score - 1).square().mean();
      }
      for (const torch::Tensor& score : rival->forward(made)) loss = loss + score.square().mean();
      return loss;
    });
  }
};

DecoderNetTrainer::DecoderNetTrainer(DecoderNet& net, const DecoderTrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("decoder trainer", [&] {
    auto rival = std::make_shared<DecoderRivalModule>();
    initialise_decoder(*rival, options.seed, "decoder-rival");
    const torch::Device device = parse_device(options.device);
    net.impl_->module->train();
    return std::unique_ptr<Impl>(
        new Impl{net,
                 options,
                 rival,
                 {*net.impl_->module, schedule(options, options.learning_rate), device},
                 {*rival, schedule(options, options.discriminator_rate), device},
                 SpectralObjective(device)});
  });
}

DecoderNetTrainer::~DecoderNetTrainer() { impl_->module().eval(); }

void DecoderNetTrainer::prepare(std::span<const std::vector<float>> segments) {
  set_up_torch();
  with_torch_errors("decoder trainer", [&] {
    impl_->prepare(as_batch(segments, impl_->optimiser.device()));
    return 0;
  });
}

DecoderLosses DecoderNetTrainer::step(std::span<const std::vector<float>> segments) {
  set_up_torch();
  return with_torch_errors("decoder trainer", [&] {
    return impl_->step(as_batch(segments, impl_->optimiser.device()));
  });
}

DecoderLosses DecoderNetTrainer::measure(std::span<const std::vector<float>> segments) {
  set_up_torch();
  return with_torch_errors("decoder trainer", [&] {
    return impl_->measure(as_batch(segments, impl_->optimiser.device()));
  });
}

std::uint64_t DecoderNetTrainer::steps_done() const { return impl_->optimiser.steps_done(); }

void DecoderNetTrainer::save_checkpoint(const std::filesystem::path& path) const {
  impl_->rival_optimiser.save(rival_path(path));
  impl_->optimiser.save(path);
}

void DecoderNetTrainer::load_checkpoint(const std::filesystem::path& path) {
  impl_->rival_optimiser.load(rival_path(path));
  impl_->optimiser.load(path);
}

}  // namespace brandiron::models
