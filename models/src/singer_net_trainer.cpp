#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "net_state.h"
#include "singer_net_module.h"
#include "training.h"

namespace brandiron::models {
namespace {

constexpr float kPauseWeight = 0.3F;  // silence is easy and says little

/// Mean |a - b| over all but the first dimension's weights: w is (n, 1, frames).
torch::Tensor distance(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& w) {
  return ((a - b).abs() * w).mean() / w.mean();
}

torch::Tensor along(const torch::Tensor& x, std::int64_t dim, std::int64_t step) {
  return x.slice(dim, step) - x.slice(dim, 0, x.size(dim) - step);
}

torch::Tensor contrast(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& w) {
  torch::Tensor sum = torch::zeros({}, a.options());
  for (const int step : {1, 2, 4, 8}) sum = sum + distance(along(a, 1, step), along(b, 1, step), w);
  return sum / 4;
}

torch::Tensor deltas(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& w) {
  torch::Tensor sum = torch::zeros({}, a.options());
  for (const int step : {1, 2, 4}) {
    sum = sum + distance(along(a, 2, step), along(b, 2, step), w.slice(2, step));
  }
  return sum / 3;
}

torch::Tensor log_spread(const torch::Tensor& x, std::int64_t dim) {
  return 0.5 * torch::log(x.var(dim, /*unbiased=*/false) + 1e-3);
}

/// What an average loses: spread over time in each band, and over frequency in each frame.
torch::Tensor spread(const torch::Tensor& a, const torch::Tensor& b) {
  return (log_spread(a, 2) - log_spread(b, 2)).abs().mean() +
         (log_spread(a, 1) - log_spread(b, 1)).abs().mean();
}

/// Steps from frame to frame at phone joins: (n, bands, frames - 1), `w` likewise is (n, 1, ...).
/// Mean of what lies over the allowed share of the draft's own steps.
torch::Tensor rough_joins(const torch::Tensor& steps, const torch::Tensor& drafted, double share,
                          const torch::Tensor& w) {
  const torch::Tensor over = torch::relu(steps.abs() - share * drafted.abs());
  return (over * w).mean() / (w.mean() + 1e-6);
}

struct Batch {
  torch::Tensor phones, align, frames, voice, draft, target, weight, joins;
};

/// 1 at the steps across a phone's join and beside it: between frame f and f + 1.
void mark_joins(const std::vector<std::int64_t>& phone_of_frame, torch::Tensor joins) {
  auto at = joins.accessor<float, 1>();
  const std::int64_t last = joins.size(0) - 1;
  for (std::int64_t f = 0; f <= last; ++f) {
    const auto i = static_cast<std::size_t>(f);
    if (phone_of_frame[i] == phone_of_frame[i + 1]) continue;
    for (std::int64_t k = std::max<std::int64_t>(0, f - 1); k <= std::min(last, f + 1); ++k) {
      at[k] = 1;
    }
  }
}

torch::Tensor numbers(std::span<const float> values, std::int64_t count) {
  return torch::from_blob(const_cast<float*>(values.data()), {count, kSingerOutputs})
      .transpose(0, 1)
      .contiguous();
}

Batch make_batch(std::span<const SingerExample> examples, torch::Device device) {
  const auto n = static_cast<std::int64_t>(examples.size());
  const auto count = static_cast<std::int64_t>(examples.front().count);
  std::int64_t longest = 1;
  for (const SingerExample& e : examples) {
    longest = std::max(longest, static_cast<std::int64_t>(e.phones.size()));
    if (static_cast<std::int64_t>(e.count) != count || e.count <= 2 * SingerNetTrainer::kMargin ||
        e.target.size() != e.count * kSingerOutputs || e.draft.size() != e.target.size()) {
      throw Error(ErrorCode::kInvalidArgument, "singer trainer: examples differ in length");
    }
  }
  Batch b;
  b.phones = torch::zeros({n, kSingerPhoneFeatures, longest});
  b.align = torch::zeros({n, longest, count});
  b.weight = torch::ones({n, 1, count});
  b.joins = torch::zeros({n, 1, count - 1});
  std::vector<torch::Tensor> frames, drafts, targets, voices;
  for (std::int64_t i = 0; i < n; ++i) {
    const SingerExample& e = examples[static_cast<std::size_t>(i)];
    b.phones[i]
        .slice(1, 0, static_cast<std::int64_t>(e.phones.size()))
        .copy_(singer_phone_features(e.phones));
    std::vector<std::int64_t> phone_of_frame;
    frames.push_back(singer_frame_features(e.phones, e.first, e.count, phone_of_frame));
    auto align = b.align.accessor<float, 3>();
    auto weight = b.weight.accessor<float, 3>();
    for (std::int64_t f = 0; f < count; ++f) {
      const std::int64_t p = phone_of_frame[static_cast<std::size_t>(f)];
      align[i][p][f] = 1;
      if (e.phones[static_cast<std::size_t>(p)].id == kSingerPhones - 1) {
        weight[i][0][f] = kPauseWeight;
      }
    }
    mark_joins(phone_of_frame, b.joins[i][0]);
    drafts.push_back(numbers(e.draft, count));
    targets.push_back(numbers(e.target, count));
    voices.push_back(torch::tensor(e.voice));
  }
  b.phones = b.phones.to(device);
  b.align = b.align.to(device);
  b.weight = b.weight.to(device);
  b.frames = torch::stack(frames).to(device);
  b.draft = torch::stack(drafts).to(device);
  b.target = torch::stack(targets).to(device);
  b.joins = b.joins.to(device);
  b.voice = torch::stack(voices).to(device);
  return b;
}

torch::Tensor inside(const torch::Tensor& x) {
  constexpr auto kMargin = static_cast<std::int64_t>(SingerNetTrainer::kMargin);
  return x.slice(-1, kMargin, x.size(-1) - kMargin);
}

OptimiserOptions schedule(const SingerTrainerOptions& o, double rate) {
  return {rate, o.weight_decay, o.gradient_clip, o.total_steps};
}

std::filesystem::path rival_path(const std::filesystem::path& path) {
  return path.string() + ".rival";
}

}  // namespace

SingerRivalModule::SingerRivalModule() {
  const int channels[] = {1, 12, 24, 32};
  for (int i = 0; i < 3; ++i) {
    layers_.push_back(register_module(
        "layer_" + std::to_string(i),
        torch::nn::Conv2d(torch::nn::Conv2dOptions(channels[i], channels[i + 1], {5, 3})
                              .stride({2, 2})
                              .padding({2, 1}))));
  }
  layers_.push_back(register_module(
      "head", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels[3], 1, 3).padding(1))));
}

torch::Tensor SingerRivalModule::forward(torch::Tensor x) {
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    x = torch::leaky_relu(layers_[i](x), 0.2);
  }
  return layers_.back()(x);
}

void SingerTrainerOptions::validate() const {
  const SingerObjective& o = objective;
  if (!(learning_rate > 0 && learning_rate < 1 && discriminator_rate > 0 &&
        discriminator_rate < 1 && weight_decay >= 0 && gradient_clip > 0 && total_steps > 0 &&
        o.joins >= 0 && o.join_share >= 0 && o.join_share <= 1 && o.contrast >= 0 && o.delta >= 0 &&
        o.variance >= 0 && o.shares >= 0 && o.adversarial >= 0 && o.adversarial_from >= 0 &&
        o.adversarial_from <= 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                "singer trainer: expected rates in (0, 1), weights >= 0, gradient_clip > 0, "
                "total_steps > 0, adversarial_from and join_share in 0-1");
  }
  parse_device(device);
}

struct SingerNetTrainer::Impl {
  SingerNet& net;
  SingerTrainerOptions options;
  std::shared_ptr<SingerRivalModule> rival;
  Optimiser optimiser, rival_optimiser;

  SingerNetModule& module() { return *net.impl_->module; }

  bool with_rival() const {
    const SingerObjective& o = options.objective;
    return o.adversarial > 0 && static_cast<double>(optimiser.steps_done()) >=
                                    o.adversarial_from * static_cast<double>(options.total_steps);
  }

  SingerLosses step(const Batch& batch) {
    const SingerObjective& o = options.objective;
    SingerNetModule& m = module();
    SingerLosses losses;
    const torch::Tensor draft = m.scaled(batch.draft);
    const torch::Tensor target = inside(m.scaled(batch.target).slice(1, 0, kSingerBands));
    const torch::Tensor shares = inside(batch.target.slice(1, kSingerBands));
    const torch::Tensor weight = inside(batch.weight);
    const bool judged = with_rival();
    torch::Tensor made;
    optimiser.step("singer trainer", [&] {
      const torch::Tensor encoded = torch::bmm(m.encode(batch.phones, batch.voice), batch.align);
      const torch::Tensor out = inside(m.decode(encoded, batch.frames, draft, batch.voice));
      const torch::Tensor bands = out.slice(1, 0, kSingerBands);
      made = bands.detach();
      const torch::Tensor plain = distance(bands, target, weight);
      const torch::Tensor sharp = contrast(bands, target, weight);
      const torch::Tensor noise =
          distance(torch::sigmoid(out.slice(1, kSingerBands)), shares, weight);
      torch::Tensor loss = plain + o.contrast * sharp + o.shares * noise;
      if (o.delta > 0) loss = loss + o.delta * deltas(bands, target, weight);
      if (o.variance > 0) loss = loss + o.variance * spread(bands, target);
      const torch::Tensor steps = along(bands, 2, 1), joins = inside(batch.joins);
      if (o.joins > 0) {
        const torch::Tensor drafted = along(inside(draft).slice(1, 0, kSingerBands), 2, 1);
        loss = loss + o.joins * rough_joins(steps, drafted, o.join_share, joins);
      }
      if (judged) {
        const torch::Tensor fooled = (rival->forward(bands.unsqueeze(1)) - 1).square().mean();
        losses.adversarial = fooled.item<double>();
        loss = loss + o.adversarial * fooled;
      }
      const double typical_db = m.deviation_db.mean().item<double>();
      losses.joins_db =
          ((steps.detach().abs() * joins).mean() / (joins.mean() + 1e-6)).item<double>() *
          typical_db;
      losses.distance_db = plain.item<double>() * typical_db;
      losses.contrast_db = sharp.item<double>() * typical_db;
      losses.shares = noise.item<double>();
      return loss;
    });
    if (judged) {
      rival_optimiser.step("singer trainer's rival", [&] {
        return (rival->forward(target.unsqueeze(1)) - 1).square().mean() +
               rival->forward(made.unsqueeze(1)).square().mean();
      });
    }
    return losses;
  }
};

SingerNetTrainer::SingerNetTrainer(SingerNet& net, const SingerTrainerOptions& options) {
  options.validate();
  set_up_torch();
  impl_ = with_torch_errors("singer trainer", [&] {
    auto rival = std::make_shared<SingerRivalModule>();
    initialise_singer(*rival, options.seed, "singer-rival");
    const torch::Device device = parse_device(options.device);
    return std::unique_ptr<Impl>(
        new Impl{net,
                 options,
                 rival,
                 {*net.impl_->module, schedule(options, options.learning_rate), device},
                 {*rival, schedule(options, options.discriminator_rate), device}});
  });
}

SingerNetTrainer::~SingerNetTrainer() { impl_->module().eval(); }

SingerLosses SingerNetTrainer::step(std::span<const SingerExample> examples) {
  set_up_torch();
  return with_torch_errors("singer trainer", [&] {
    return impl_->step(make_batch(examples, impl_->optimiser.device()));
  });
}

std::uint64_t SingerNetTrainer::steps_done() const { return impl_->optimiser.steps_done(); }

void SingerNetTrainer::save_checkpoint(const std::filesystem::path& path) const {
  impl_->rival_optimiser.save(rival_path(path));
  impl_->optimiser.save(path);
}

void SingerNetTrainer::load_checkpoint(const std::filesystem::path& path) {
  impl_->rival_optimiser.load(rival_path(path));
  impl_->optimiser.load(path);
}

}  // namespace brandiron::models
