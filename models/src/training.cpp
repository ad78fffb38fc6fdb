#include "training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "brandiron/core/files.h"
#include "net_state.h"

namespace brandiron::models {
namespace {

constexpr double kWarmUpShare = 0.05;
constexpr double kFinalRateShare = 0.02;

}  // namespace

double scheduled_rate(const OptimiserOptions& options, std::uint64_t steps_done) {
  const double position =
      (static_cast<double>(steps_done) + 1) / static_cast<double>(options.total_steps);
  if (position < kWarmUpShare) return options.learning_rate * position / kWarmUpShare;
  const double x = std::min(1.0, (position - kWarmUpShare) / (1 - kWarmUpShare));
  const double share =
      kFinalRateShare + (1 - kFinalRateShare) * 0.5 * (1 + std::cos(std::numbers::pi * x));
  return options.learning_rate * share;
}

Optimiser::Optimiser(torch::nn::Module& module, const OptimiserOptions& options,
                     torch::Device device)
    : module_(module), options_(options), device_(device) {
  module_.to(device_);
  optimizer_ = std::make_unique<torch::optim::AdamW>(
      module_.parameters(),
      torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
}

Optimiser::~Optimiser() { module_.to(torch::kCPU); }

void Optimiser::zero_grad() {
  for (auto& group : optimizer_->param_groups()) {
    for (torch::Tensor& parameter : group.params()) parameter.mutable_grad().reset();
  }
}

double Optimiser::step(const char* what, const std::function<torch::Tensor()>& loss) {
  for (auto& group : optimizer_->param_groups()) {
    group.options().set_lr(scheduled_rate(options_, steps_));
  }
  zero_grad();
  const torch::Tensor value = loss();
  value.backward();
  torch::nn::utils::clip_grad_norm_(module_.parameters(), options_.gradient_clip);
  optimizer_->step();
  ++steps_;
  const auto number = value.item<double>();
  require(
      std::isfinite(number),
      fmt::format("{}: the loss is not finite at step {}; lower the learning rate", what, steps_));
  return number;
}

void Optimiser::save(const std::filesystem::path& path) const {
  with_torch_errors("checkpoint", [&] {
    torch::serialize::OutputArchive archive, weights, optimizer;
    module_.save(weights);
    optimizer_->save(optimizer);
    archive.write("weights", weights);
    archive.write("optimizer", optimizer);
    archive.write("steps", torch::tensor(static_cast<std::int64_t>(steps_)));
    AtomicFile file(path, /*overwrite=*/true);
    archive.save_to(file.path().string());
    file.commit();
    return 0;
  });
}

void Optimiser::load(const std::filesystem::path& path) {
  with_torch_errors("checkpoint", [&] {
    torch::serialize::InputArchive archive, weights, optimizer;
    archive.load_from(path.string(), device_);
    archive.read("weights", weights);
    module_.load(weights);
    archive.read("optimizer", optimizer);
    optimizer_->load(optimizer);
    torch::Tensor steps;
    archive.read("steps", steps);
    steps_ = static_cast<std::uint64_t>(steps.item<std::int64_t>());
    return 0;
  });
}

}  // namespace brandiron::models
