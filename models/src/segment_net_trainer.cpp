#include <fmt/format.h>

#include "brandiron/core/error.h"
#include "brandiron/models/segment_net.h"
#include "net_state.h"
#include "segment_net_module.h"
#include "training.h"

namespace brandiron::models {
void TrainerOptions::validate() const {
  const bool ok = learning_rate > 0 && learning_rate < 1 && weight_decay >= 0 &&
                  label_smoothing >= 0 && label_smoothing < 0.5 && gradient_clip > 0 &&
                  total_steps > 0;
  if (!ok) {
    throw Error(ErrorCode::kInvalidArgument,
                "trainer: expected learning_rate in (0, 1), weight_decay >= 0, label_smoothing in "
                "[0, 0.5), gradient_clip > 0, total_steps > 0");
  }
  parse_device(device);
}

struct SegmentNetTrainer::Impl {
  SegmentNet& net;
  TrainerOptions options;
  Optimiser optimiser;

  SegmentNetModule& module() { return *net.impl_->module; }

  torch::Tensor loss(std::span<const float> segments, std::span<const float> labels) {
    const auto& config = net.impl_->config;
    if (labels.empty() || segments.size() != labels.size() * config.segment_size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("trainer: {} numbers do not make {} segments of {}", segments.size(),
                              labels.size(), config.segment_size()));
    }
    const auto n = static_cast<std::int64_t>(labels.size());
    const torch::Tensor x = torch::from_blob(const_cast<float*>(segments.data()),
                                             {n, config.num_mels, config.num_windows})
                                .to(optimiser.device());
    const torch::Tensor y =
        torch::from_blob(const_cast<float*>(labels.data()), {n}).clone().to(optimiser.device());
    const torch::Tensor target = y * (1 - options.label_smoothing) + options.label_smoothing / 2;
    return torch::binary_cross_entropy_with_logits(module().forward(x), target);
  }
};

SegmentNetTrainer::SegmentNetTrainer(SegmentNet& net, const TrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("trainer", [&] {
    const OptimiserOptions optimiser{options.learning_rate, options.weight_decay,
                                     options.gradient_clip, options.total_steps};
    return std::unique_ptr<Impl>(
        new Impl{net, options, {*net.impl_->module, optimiser, parse_device(options.device)}});
  });
}

SegmentNetTrainer::~SegmentNetTrainer() { impl_->module().eval(); }

double SegmentNetTrainer::step(std::span<const float> segments, std::span<const float> labels) {
  set_up_torch();
  return with_torch_errors("trainer", [&] {
    // Dropout draws from a seed that is a function of the step: resuming changes nothing.
    torch::manual_seed(impl_->options.seed * 1000003 + impl_->optimiser.steps_done());
    impl_->module().train();
    const double value =
        impl_->optimiser.step("trainer", [&] { return impl_->loss(segments, labels); });
    impl_->module().eval();
    return value;
  });
}

std::uint64_t SegmentNetTrainer::steps_done() const { return impl_->optimiser.steps_done(); }

std::map<std::string, double> SegmentNetTrainer::gradient_norms(std::span<const float> segments,
                                                                std::span<const float> labels) {
  return with_torch_errors("trainer", [&] {
    impl_->optimiser.zero_grad();
    impl_->loss(segments, labels).backward();
    std::map<std::string, double> norms;
    for (const auto& item : impl_->module().named_parameters()) {
      const torch::Tensor grad = item.value().grad();
      norms[item.key()] = grad.defined() ? grad.norm().item<double>() : 0.0;
    }
    impl_->optimiser.zero_grad();
    return norms;
  });
}

void SegmentNetTrainer::save_checkpoint(const std::filesystem::path& path) const {
  impl_->optimiser.save(path);
}

void SegmentNetTrainer::load_checkpoint(const std::filesystem::path& path) {
  impl_->optimiser.load(path);
}

}  // namespace brandiron::models
