#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/models/segment_net.h"
#include "segment_net_module.h"

namespace brandiron::models {
namespace {

constexpr double kWarmUpShare = 0.05;
constexpr double kFinalRateShare = 0.02;

/// Linear warm-up, then half a cosine.
double scheduled_rate(const TrainerOptions& options, std::uint64_t step) {
  const double position =
      (static_cast<double>(step) + 1) / static_cast<double>(options.total_steps);
  if (position < kWarmUpShare) return options.learning_rate * position / kWarmUpShare;
  const double x = std::min(1.0, (position - kWarmUpShare) / (1 - kWarmUpShare));
  const double share =
      kFinalRateShare + (1 - kFinalRateShare) * 0.5 * (1 + std::cos(std::numbers::pi * x));
  return options.learning_rate * share;
}

}  // namespace

void TrainerOptions::validate() const {
  const bool ok = learning_rate > 0 && learning_rate < 1 && weight_decay >= 0 &&
                  label_smoothing >= 0 && label_smoothing < 0.5 && gradient_clip > 0 &&
                  total_steps > 0;
  if (!ok) {
    throw Error(ErrorCode::kInvalidArgument,
                "trainer: expected learning_rate in (0, 1), weight_decay >= 0, label_smoothing in "
                "[0, 0.5), gradient_clip > 0, total_steps > 0");
  }
}

struct SegmentNetTrainer::Impl {
  SegmentNet& net;
  TrainerOptions options;
  torch::Device device;
  std::unique_ptr<torch::optim::AdamW> optimizer;
  std::uint64_t steps = 0;

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
                                .to(device);
    const torch::Tensor y =
        torch::from_blob(const_cast<float*>(labels.data()), {n}).clone().to(device);
    const torch::Tensor target = y * (1 - options.label_smoothing) + options.label_smoothing / 2;
    return torch::binary_cross_entropy_with_logits(module().forward(x), target);
  }
};

SegmentNetTrainer::SegmentNetTrainer(SegmentNet& net, const TrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("trainer", [&] {
    auto impl = std::unique_ptr<Impl>(new Impl{net, options, parse_device(options.device), {}, 0});
    impl->module().to(impl->device);
    impl->optimizer = std::make_unique<torch::optim::AdamW>(
        impl->module().parameters(),
        torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
    return impl;
  });
}

SegmentNetTrainer::~SegmentNetTrainer() {
  // The network goes back to the processor on which it is used and saved.
  impl_->module().to(torch::kCPU);
  impl_->module().eval();
}

double SegmentNetTrainer::step(std::span<const float> segments, std::span<const float> labels) {
  set_up_torch();
  return with_torch_errors("trainer", [&] {
    // Dropout draws from a seed that is a function of the step: resuming changes nothing.
    torch::manual_seed(impl_->options.seed * 1000003 + impl_->steps);
    impl_->module().train();
    for (auto& group : impl_->optimizer->param_groups()) {
      group.options().set_lr(scheduled_rate(impl_->options, impl_->steps));
    }
    impl_->optimizer->zero_grad();
    const torch::Tensor loss = impl_->loss(segments, labels);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(impl_->module().parameters(), impl_->options.gradient_clip);
    impl_->optimizer->step();
    impl_->module().eval();
    ++impl_->steps;
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::kModel,
                  fmt::format("trainer: the loss is not finite at step {}; lower the learning rate",
                              impl_->steps));
    }
    return value;
  });
}

std::uint64_t SegmentNetTrainer::steps_done() const { return impl_->steps; }

std::map<std::string, double> SegmentNetTrainer::gradient_norms(std::span<const float> segments,
                                                                std::span<const float> labels) {
  return with_torch_errors("trainer", [&] {
    impl_->optimizer->zero_grad();
    impl_->loss(segments, labels).backward();
    std::map<std::string, double> norms;
    for (const auto& item : impl_->module().named_parameters()) {
      const torch::Tensor grad = item.value().grad();
      norms[item.key()] = grad.defined() ? grad.norm().item<double>() : 0.0;
    }
    impl_->optimizer->zero_grad();
    return norms;
  });
}

void SegmentNetTrainer::save_checkpoint(const std::filesystem::path& path) const {
  with_torch_errors("checkpoint", [&] {
    torch::serialize::OutputArchive archive, weights, optimizer;
    impl_->module().save(weights);
    impl_->optimizer->save(optimizer);
    archive.write("weights", weights);
    archive.write("optimizer", optimizer);
    archive.write("steps", torch::tensor(static_cast<std::int64_t>(impl_->steps)));
    AtomicFile file(path, /*overwrite=*/true);
    archive.save_to(file.path().string());
    file.commit();
    return 0;
  });
}

void SegmentNetTrainer::load_checkpoint(const std::filesystem::path& path) {
  with_torch_errors("checkpoint", [&] {
    torch::serialize::InputArchive archive, weights, optimizer;
    archive.load_from(path.string(), impl_->device);
    archive.read("weights", weights);
    impl_->module().load(weights);
    archive.read("optimizer", optimizer);
    impl_->optimizer->load(optimizer);
    torch::Tensor steps;
    archive.read("steps", steps);
    impl_->steps = static_cast<std::uint64_t>(steps.item<std::int64_t>());
    return 0;
  });
}

}  // namespace brandiron::models
