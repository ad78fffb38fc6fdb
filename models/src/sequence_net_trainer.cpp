#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/rng.h"
#include "net_state.h"
#include "sequence_net_module.h"
#include "training.h"

namespace brandiron::models {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, "sequence trainer: " + what);
}

/// Every value of column `column` lies in its table.
void check_column(std::span<const int> values, std::size_t columns, std::size_t column,
                  const std::string& name, int size) {
  for (std::size_t i = column; i < values.size(); i += columns) {
    if (values[i] < 0 || values[i] >= size) {
      refuse(fmt::format("{} is {}, expected 0-{}", name, values[i], size - 1));
    }
  }
}

void check_batch(const SequenceBatch& b, const SequenceConfig& config) {
  const std::size_t n = b.sequences * b.steps;
  if (n == 0 || b.inputs.size() != n * config.inputs.size() ||
      b.targets.size() != n * config.heads.size() || b.weights.size() != b.targets.size()) {
    refuse("the batch's sizes do not agree with its sequences and steps");
  }
  for (std::size_t i = 0; i < config.inputs.size(); ++i) {
    check_column(b.inputs, config.inputs.size(), i, config.inputs[i].name, config.inputs[i].size);
  }
  for (std::size_t k = 0; k < config.heads.size(); ++k) {
    check_column(b.targets, config.heads.size(), k, config.heads[k].name, config.heads[k].size);
  }
}

torch::Tensor integers(std::span<const int> values, std::vector<std::int64_t> sizes) {
  return torch::from_blob(const_cast<int*>(values.data()), sizes, torch::kInt32).to(torch::kInt64);
}

torch::Tensor reals(std::span<const float> values, std::vector<std::int64_t> sizes) {
  return torch::from_blob(const_cast<float*>(values.data()), sizes).clone();
}

}  // namespace

void SequenceTrainerOptions::validate() const {
  const auto share = [](double x) { return x >= 0 && x < 1; };
  if (!(learning_rate > 0 && learning_rate < 1 && weight_decay >= 0 && gradient_clip > 0 &&
        total_steps > 0 && share(dropout_input) && share(dropout_hidden) && share(dropout_output) &&
        self_normalisation >= 0)) {
    refuse(
        "expected a rate in (0, 1), weight_decay >= 0, gradient_clip > 0, total_steps > 0 and "
        "dropout in [0, 1), self_normalisation >= 0");
  }
  parse_device(device);
}

struct SequenceTrainer::Impl {
  SequenceNet& net;
  SequenceTrainerOptions options;
  Optimiser optimiser;

  SequenceNetModule& module() { return *net.impl_->module; }

  /// Summed cost of each head, on the graph; `normalisation` weighs (ln Z)^2.
  std::vector<torch::Tensor> costs(const SequenceBatch& b, double normalisation = 0) {
    const SequenceConfig& config = net.impl_->config;
    const auto n = static_cast<std::int64_t>(b.sequences), t = static_cast<std::int64_t>(b.steps);
    const auto num_heads = static_cast<std::int64_t>(config.heads.size());
    const torch::Device device = optimiser.device();
    const torch::Tensor hidden =
        module()
            .encode(integers(b.inputs, {n, t, static_cast<std::int64_t>(config.inputs.size())})
                        .to(device))
            .reshape({n * t, config.hidden});
    const torch::Tensor targets = integers(b.targets, {n * t, num_heads}).to(device);
    const torch::Tensor weights = reals(b.weights, {n * t, num_heads}).to(device);
    std::vector<torch::Tensor> sums;
    for (std::int64_t k = 0; k < num_heads; ++k) {
      // Only what is asked for: a wide head costs more than all the layers.
      const torch::Tensor weight = weights.select(1, k);
      const torch::Tensor asked = weight.nonzero().squeeze(1);
      const torch::Tensor values = targets.index_select(0, asked);
      const torch::Tensor logits =
          module().logits(hidden.index_select(0, asked), static_cast<std::size_t>(k), values);
      const torch::Tensor nats = torch::nll_loss(torch::log_softmax(logits, 1), values.select(1, k),
                                                 {}, at::Reduction::None);
      torch::Tensor cost = nats;
      if (normalisation > 0) {
        cost = cost + normalisation * torch::logsumexp(logits, {1}).square();
      }
      sums.push_back((cost * weight.index_select(0, asked)).sum());
    }
    return sums;
  }

  std::vector<double> weight_sums(const SequenceBatch& b) const {
    const std::size_t heads = net.impl_->config.heads.size();
    std::vector<double> sums(heads, 0.0);
    for (std::size_t i = 0; i < b.weights.size(); ++i) {
      sums[i % heads] += static_cast<double>(b.weights[i]);
    }
    return sums;
  }
};

SequenceTrainer::SequenceTrainer(SequenceNet& net, const SequenceTrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("sequence trainer", [&] {
    return std::unique_ptr<Impl>(new Impl{
        net,
        options,
        {*net.impl_->module,
         {options.learning_rate, options.weight_decay, options.gradient_clip, options.total_steps},
         parse_device(options.device)}});
  });
  impl_->module().dropout = {options.dropout_input, options.dropout_hidden, options.dropout_output};
}

SequenceTrainer::~SequenceTrainer() { impl_->module().eval(); }

double SequenceTrainer::step(const SequenceBatch& batch) {
  check_batch(batch, impl_->net.impl_->config);
  set_up_torch();
  const std::vector<double> weights = impl_->weight_sums(batch);
  const double scale = *std::max_element(weights.begin(), weights.end());
  if (!(scale > 0)) refuse("nothing in the batch has a weight");
  return with_torch_errors("sequence trainer", [&] {
    torch::manual_seed(
        Rng(impl_->options.seed, "sequence-net/dropout").child("step", steps_done()).next_u64());
    impl_->module().train();
    const double loss = impl_->optimiser.step("sequence trainer", [&] {
      torch::Tensor sum = torch::zeros({}, impl_->optimiser.device());
      for (const torch::Tensor& cost : impl_->costs(batch, impl_->options.self_normalisation))
        sum = sum + cost;
      return sum / scale;
    });
    impl_->module().eval();
    return loss;
  });
}

std::vector<SequenceCost> SequenceTrainer::evaluate(const SequenceBatch& batch) {
  check_batch(batch, impl_->net.impl_->config);
  set_up_torch();
  return with_torch_errors("sequence trainer", [&] {
    const torch::NoGradGuard no_grad;
    impl_->module().eval();
    std::vector<SequenceCost> out;
    const std::vector<double> weights = impl_->weight_sums(batch);
    for (const torch::Tensor& cost : impl_->costs(batch)) {
      out.push_back({cost.item<double>(), weights[out.size()]});
    }
    return out;
  });
}

std::uint64_t SequenceTrainer::steps_done() const { return impl_->optimiser.steps_done(); }

void SequenceTrainer::save_checkpoint(const std::filesystem::path& path) const {
  impl_->optimiser.save(path);
}

void SequenceTrainer::load_checkpoint(const std::filesystem::path& path) {
  impl_->optimiser.load(path);
}

}  // namespace brandiron::models
