#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/models/lattice_net.h"
#include "lattice_net_module.h"
#include "segment_net_module.h"

namespace brandiron::models {
namespace {

constexpr double kWarmUpShare = 0.05;
constexpr double kFinalRateShare = 0.02;

/// Linear warm-up, then half a cosine.
double scheduled_rate(const LatticeTrainerOptions& options, std::uint64_t step) {
  const double position =
      (static_cast<double>(step) + 1) / static_cast<double>(options.total_steps);
  if (position < kWarmUpShare) return options.learning_rate * position / kWarmUpShare;
  const double x = std::min(1.0, (position - kWarmUpShare) / (1 - kWarmUpShare));
  const double share =
      kFinalRateShare + (1 - kFinalRateShare) * 0.5 * (1 + std::cos(std::numbers::pi * x));
  return options.learning_rate * share;
}

torch::Tensor rows_of(std::span<const float> data, std::size_t rows) {
  const auto n = static_cast<std::int64_t>(rows);
  return torch::from_blob(const_cast<float*>(data.data()),
                          {n, static_cast<std::int64_t>(data.size()) / n});
}

}  // namespace

void LatticeTrainerOptions::validate() const {
  if (!(learning_rate > 0 && learning_rate < 1 && weight_decay >= 0 && gradient_clip > 0 &&
        total_steps > 0)) {
    throw Error(ErrorCode::kInvalidArgument,
                "lattice trainer: expected learning_rate in (0, 1), weight_decay >= 0, "
                "gradient_clip > 0, total_steps > 0");
  }
}

struct LatticeNetTrainer::Impl {
  LatticeNet& net;
  LatticeTrainerOptions options;
  std::unique_ptr<torch::optim::AdamW> optimizer;
  std::uint64_t steps = 0;

  LatticeNetModule& module() { return *net.impl_->module; }

  /// Mean of z / reference_z over the pairs.
  torch::Tensor response(std::span<const LatticePair> pairs) {
    const int bands = net.impl_->config.num_bands;
    std::vector<torch::Tensor> features, depths, signs;
    std::vector<float> share;
    for (const LatticePair& pair : pairs) {
      for (const LatticeInput* input : {&pair.first, &pair.second}) {
        if (input->rows != pairs.front().first.rows) {
          throw Error(ErrorCode::kInvalidArgument, "lattice trainer: pairs differ in length");
        }
        features.push_back(lattice_features(*input, bands));
        depths.push_back(rows_of(input->depth_db, input->rows));
      }
      signs.push_back((rows_of(pair.first_signs, pair.first.rows) -
                       rows_of(pair.second_signs, pair.second.rows)) *
                      0.5);
      share.push_back(static_cast<float>(1.0 / pair.reference_z));
    }
    const torch::Tensor weights = module().forward(torch::stack(features)) * torch::stack(depths);
    const std::int64_t n = static_cast<std::int64_t>(pairs.size());
    const torch::Tensor both = weights.reshape({n, 2, -1});
    const torch::Tensor differ = both.select(1, 0) - both.select(1, 1);
    const torch::Tensor sum = (differ * torch::stack(signs).reshape({n, -1})).sum(1);
    const torch::Tensor norm = torch::sqrt(both.square().sum({1, 2}) * 0.5 + 1e-12);
    return (sum / norm * torch::from_blob(share.data(), {n}).clone()).mean();
  }
};

LatticeNetTrainer::LatticeNetTrainer(LatticeNet& net, const LatticeTrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("lattice trainer", [&] {
    auto impl = std::unique_ptr<Impl>(new Impl{net, options, {}, 0});
    impl->optimizer = std::make_unique<torch::optim::AdamW>(
        impl->module().parameters(),
        torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
    return impl;
  });
}

LatticeNetTrainer::~LatticeNetTrainer() { impl_->module().eval(); }

double LatticeNetTrainer::step(std::span<const LatticePair> pairs) {
  set_up_torch();
  return with_torch_errors("lattice trainer", [&] {
    for (auto& group : impl_->optimizer->param_groups()) {
      static_cast<torch::optim::AdamWOptions&>(group.options())
          .lr(scheduled_rate(impl_->options, impl_->steps));
    }
    impl_->optimizer->zero_grad();
    const torch::Tensor response = impl_->response(pairs);
    (-response).backward();
    torch::nn::utils::clip_grad_norm_(impl_->module().parameters(), impl_->options.gradient_clip);
    impl_->optimizer->step();
    ++impl_->steps;
    const double value = response.item<double>();
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::kModel,
                  fmt::format("lattice trainer: the loss is not finite at step {}; lower the "
                              "learning rate",
                              impl_->steps));
    }
    return value;
  });
}

std::uint64_t LatticeNetTrainer::steps_done() const { return impl_->steps; }

void LatticeNetTrainer::save_checkpoint(const std::filesystem::path& path) const {
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

void LatticeNetTrainer::load_checkpoint(const std::filesystem::path& path) {
  with_torch_errors("checkpoint", [&] {
    torch::serialize::InputArchive archive, weights, optimizer;
    archive.load_from(path.string());
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
