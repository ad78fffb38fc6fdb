#include "brandiron/core/error.h"
#include "brandiron/models/lattice_net.h"
#include "lattice_net_module.h"
#include "net_state.h"
#include "training.h"

namespace brandiron::models {
namespace {

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
  parse_device(device);
}

struct LatticeNetTrainer::Impl {
  LatticeNet& net;
  Optimiser optimiser;

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
    const auto batch = [&](const std::vector<torch::Tensor>& tables) {
      return torch::stack(tables).to(optimiser.device());
    };
    const torch::Tensor weights = module().forward(batch(features)) * batch(depths);
    const std::int64_t n = static_cast<std::int64_t>(pairs.size());
    const torch::Tensor both = weights.reshape({n, 2, -1});
    const torch::Tensor differ = both.select(1, 0) - both.select(1, 1);
    const torch::Tensor sum = (differ * batch(signs).reshape({n, -1})).sum(1);
    const torch::Tensor norm = torch::sqrt(both.square().sum({1, 2}) * 0.5 + 1e-12);
    return (sum / norm * torch::from_blob(share.data(), {n}).clone().to(optimiser.device())).mean();
  }
};

LatticeNetTrainer::LatticeNetTrainer(LatticeNet& net, const LatticeTrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("lattice trainer", [&] {
    const OptimiserOptions optimiser{options.learning_rate, options.weight_decay,
                                     options.gradient_clip, options.total_steps};
    return std::unique_ptr<Impl>(
        new Impl{net, {*net.impl_->module, optimiser, parse_device(options.device)}});
  });
}

LatticeNetTrainer::~LatticeNetTrainer() { impl_->module().eval(); }

double LatticeNetTrainer::step(std::span<const LatticePair> pairs) {
  set_up_torch();
  return with_torch_errors("lattice trainer", [&] {
    return -impl_->optimiser.step("lattice trainer", [&] { return -impl_->response(pairs); });
  });
}

std::uint64_t LatticeNetTrainer::steps_done() const { return impl_->optimiser.steps_done(); }

void LatticeNetTrainer::save_checkpoint(const std::filesystem::path& path) const {
  impl_->optimiser.save(path);
}

void LatticeNetTrainer::load_checkpoint(const std::filesystem::path& path) {
  impl_->optimiser.load(path);
}

}  // namespace brandiron::models
