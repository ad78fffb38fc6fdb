#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/models/segment_net.h"
#include "net_state.h"
#include "segment_net_module.h"
#include "training.h"

namespace brandiron::models {

void TrainerOptions::validate() const {
  const bool ok = learning_rate > 0 && learning_rate < 1 && weight_decay >= 0 &&
                  label_smoothing >= 0 && label_smoothing < 0.5 && gradient_clip > 0 &&
                  step_weight >= 0 && total_steps > 0 && adversary_weight >= 0 &&
                  (adversary_weight == 0 || num_sources >= 2);
  if (!ok) {
    throw Error(ErrorCode::kInvalidArgument,
                "trainer: expected learning_rate in (0, 1), weight_decay >= 0, label_smoothing in "
                "[0, 0.5), gradient_clip > 0, step_weight >= 0, total_steps > 0, "
                "adversary_weight >= 0 with two sources or more");
  }
  parse_device(device);
}

/// What is trained: the net, and the adversary where there is one. Without one the names are the
/// net's own.
class TrainedModule : public torch::nn::Module {
 public:
  TrainedModule(std::shared_ptr<SegmentNetModule> net, std::int64_t channels, int num_sources) {
    register_module("net", std::move(net));
    adversary_ =
        register_module("adversary", torch::nn::Linear(channels, std::int64_t{num_sources}));
    const torch::NoGradGuard no_grad;
    adversary_->weight.zero_();
    adversary_->bias.zero_();
  }
  const torch::Tensor& weight() const { return adversary_->weight; }
  const torch::Tensor& bias() const { return adversary_->bias; }

 private:
  torch::nn::Linear adversary_{nullptr};
};

struct SegmentNetTrainer::Impl {
  SegmentNet& net;
  TrainerOptions options;
  std::shared_ptr<TrainedModule> with_adversary;  ///< none without one
  Optimiser optimiser;

  SegmentNetModule& module() { return *net.impl_->module; }

  void check(const SegmentBatch& batch) const {
    const auto& config = net.impl_->config;
    const std::size_t bags = batch.targets.size() / config.groups.size();
    const std::size_t segments = bags * batch.bag;
    const bool ok = bags > 0 && batch.bag > 0 &&
                    batch.targets.size() == bags * config.groups.size() &&
                    batch.segments.size() == segments * config.segment_size() &&
                    batch.step_targets.size() == segments * config.num_steps() &&
                    (!with_adversary || batch.sources.size() == bags);
    if (!ok) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("trainer: {} numbers, {} targets and {} step targets do not make bags "
                      "of {} segments of {}",
                      batch.segments.size(), batch.targets.size(), batch.step_targets.size(),
                      batch.bag, config.segment_size()));
    }
  }

  /// Mean cross entropy over the rows whose class is known; nothing when none is.
  torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets) const {
    const torch::Tensor known = targets.ge(0).to(torch::kFloat32);
    const torch::Tensor log_p = torch::log_softmax(logits, 1);
    const torch::Tensor hit = log_p.gather(1, targets.clamp_min(0).unsqueeze(1)).squeeze(1);
    const double smooth = options.label_smoothing;
    const torch::Tensor each = hit * (1 - smooth) + log_p.mean(1) * smooth;
    return -(each * known).sum() / known.sum().clamp_min(1);
  }

  /// The adversary learns to name sources by embeddings as they are; the net learns embeddings of
  /// which it, as it is, holds all sources for equally likely. (To make it name the wrong one, by
  /// its gradient reversed, drives the sources apart again.)
  torch::Tensor adversarial_loss(const torch::Tensor& embedding,
                                 const torch::Tensor& sources) const {
    const auto progress =
        static_cast<double>(optimiser.steps_done()) / static_cast<double>(options.total_steps);
    const double weight = options.adversary_weight * std::min(1.0, 2 * progress);
    const auto name = [](const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& b) {
      return torch::nn::functional::linear(x, w, b);
    };
    const torch::Tensor &w = with_adversary->weight(), &b = with_adversary->bias();
    const torch::Tensor known = sources.ge(0).to(torch::kFloat32);
    const torch::Tensor said = torch::log_softmax(name(embedding, w.detach(), b.detach()), 1);
    const torch::Tensor doubt = -(said.mean(1) * known).sum() / known.sum().clamp_min(1);
    return cross_entropy(name(embedding.detach(), w, b), sources) + weight * doubt;
  }

  torch::Tensor loss(const SegmentBatch& batch) {
    check(batch);
    const auto& config = net.impl_->config;
    const auto num_groups = static_cast<std::int64_t>(config.groups.size());
    const auto bags = static_cast<std::int64_t>(batch.targets.size()) / num_groups;
    const auto bag = static_cast<std::int64_t>(batch.bag);
    const auto on_device = [&](const std::vector<std::int64_t>& values,
                               std::vector<std::int64_t> shape) {
      return torch::from_blob(const_cast<std::int64_t*>(values.data()), shape, torch::kInt64)
          .clone()
          .to(optimiser.device());
    };
    const torch::Tensor x = torch::from_blob(const_cast<float*>(batch.segments.data()),
                                             {bags * bag, config.num_mels, config.num_windows})
                                .to(optimiser.device());
    const torch::Tensor targets = on_device(batch.targets, {bags, num_groups});
    const torch::Tensor step_targets =
        on_device(batch.step_targets, {static_cast<std::int64_t>(batch.step_targets.size())});

    const SegmentSteps steps = module().steps(x);
    const std::int64_t channels = steps.hidden.size(2);
    const SegmentSteps bagged{steps.hidden.reshape({bags, -1, channels}),
                              steps.attention.reshape({bags, -1})};
    const torch::Tensor embedding = SegmentNetModule::pool(bagged);
    const torch::Tensor logits = module().head(embedding);
    torch::Tensor sum = torch::zeros({}, logits.options());
    if (with_adversary) sum = adversarial_loss(embedding, on_device(batch.sources, {bags}));
    std::int64_t at = 0;
    for (std::int64_t g = 0; g < num_groups; ++g) {
      const int classes = config.groups[static_cast<std::size_t>(g)];
      const double weight = options.group_weights.empty()
                                ? 1.0
                                : options.group_weights.at(static_cast<std::size_t>(g));
      sum = sum + weight * cross_entropy(logits.narrow(1, at, classes), targets.select(1, g));
      at += classes;
    }
    if (options.step_weight == 0) return sum;
    const torch::Tensor each = module().head(steps.hidden.reshape({-1, channels}));
    return sum +
           options.step_weight * cross_entropy(each.narrow(1, 0, config.groups[0]), step_targets);
  }
};

SegmentNetTrainer::SegmentNetTrainer(SegmentNet& net, const TrainerOptions& options) {
  options.validate();
  if (!options.group_weights.empty() &&
      options.group_weights.size() != net.config().groups.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("trainer: {} group weights for {} groups", options.group_weights.size(),
                            net.config().groups.size()));
  }
  set_up_torch();
  impl_ = with_torch_errors("trainer", [&] {
    const OptimiserOptions optimiser{options.learning_rate, options.weight_decay,
                                     options.gradient_clip, options.total_steps};
    std::shared_ptr<TrainedModule> both;
    torch::nn::Module* trained = net.impl_->module.get();
    if (options.adversary_weight > 0) {
      const int channels = net.config().channels.back();
      both = std::make_shared<TrainedModule>(net.impl_->module, channels, options.num_sources);
      trained = both.get();
    }
    return std::unique_ptr<Impl>(
        new Impl{net, options, both, {*trained, optimiser, parse_device(options.device)}});
  });
}

SegmentNetTrainer::~SegmentNetTrainer() { impl_->module().eval(); }

double SegmentNetTrainer::step(const SegmentBatch& batch) {
  set_up_torch();
  return with_torch_errors("trainer", [&] {
    // Dropout draws from a seed that is a function of the step: resuming changes nothing.
    torch::manual_seed(impl_->options.seed * 1000003 + impl_->optimiser.steps_done());
    impl_->module().train();
    const double value = impl_->optimiser.step("trainer", [&] { return impl_->loss(batch); });
    impl_->module().eval();
    return value;
  });
}

std::uint64_t SegmentNetTrainer::steps_done() const { return impl_->optimiser.steps_done(); }

std::map<std::string, double> SegmentNetTrainer::gradient_norms(const SegmentBatch& batch) {
  return with_torch_errors("trainer", [&] {
    impl_->optimiser.zero_grad();
    impl_->loss(batch).backward();
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
