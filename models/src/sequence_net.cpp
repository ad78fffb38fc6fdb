#include "brandiron/models/sequence_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/rng.h"
#include "net_state.h"
#include "sequence_net_module.h"

namespace brandiron::models {
namespace {

/// The file's name as a parameter's: LibTorch keeps dots for itself.
std::string parameter_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// Tables and matrices near zero; the gate that forgets starts open.
void initialise(SequenceNetModule& module, const SequenceConfig& config, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const Rng rng(seed, "sequence-net");
  for (auto& [name, tensor] : module.named_tensors()) {
    if (tensor.dim() < 2) {
      tensor.zero_();
      if (name.rfind("lstm.", 0) == 0) tensor.slice(0, config.hidden, 2 * config.hidden).fill_(1.0);
      continue;
    }
    const bool table = name.rfind("input.", 0) == 0 || name.find(".after.") != std::string::npos;
    const double scale = table ? 0.1 : 1 / std::sqrt(static_cast<double>(tensor.size(1)));
    Rng draw = rng.child(name);
    auto* data = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      data[i] = static_cast<float>(draw.uniform(-scale, scale));
    }
  }
}

}  // namespace

SequenceNetModule::SequenceNetModule(const SequenceConfig& config) : config_(config) {
  for (const SequenceInput& input : config.inputs) {
    embeddings_.push_back(register_parameter(parameter_name("input." + input.name),
                                             torch::zeros({input.size, input.width})));
  }
  for (int l = 0; l < config.layers; ++l) {
    const int in = l == 0 ? config.input_width() : config.hidden;
    layers_.push_back(register_module(
        fmt::format("lstm_{}", l),
        torch::nn::LSTM(torch::nn::LSTMOptions(in, config.hidden).batch_first(true))));
    torch::Tensor second = layers_.back()->named_parameters()["bias_hh_l0"];
    second.set_requires_grad(false);
    second.zero_();
  }
  for (std::size_t k = 0; k < config.heads.size(); ++k) {
    const SequenceHead& shape = config.heads[k];
    const std::string prefix = "head." + shape.name + ".";
    const auto matrix = [&](const std::string& name, std::vector<std::int64_t> sizes) {
      return register_parameter(parameter_name(prefix + name), torch::zeros(sizes));
    };
    Head head;
    head.in = matrix("in", {shape.width, config.hidden});
    head.in_bias = matrix("in_bias", {shape.width});
    for (std::size_t j = 0; j < k; ++j) {
      head.after.push_back(
          matrix("after." + config.heads[j].name, {config.heads[j].size, shape.width}));
    }
    if (shape.tied_to.empty()) head.out = matrix("out", {shape.size, shape.width});
    head.out_bias = matrix("out_bias", {shape.size});
    heads_.push_back(std::move(head));
  }
}

torch::Tensor SequenceNetModule::drop(const torch::Tensor& x, double share) const {
  return share > 0 && is_training() ? torch::dropout(x, share, true) : x;
}

torch::Tensor SequenceNetModule::encode(const torch::Tensor& inputs) {
  std::vector<torch::Tensor> parts;
  for (std::size_t i = 0; i < embeddings_.size(); ++i) {
    parts.push_back(
        torch::embedding(embeddings_[i], inputs.select(2, static_cast<std::int64_t>(i))));
  }
  torch::Tensor x = drop(torch::cat(parts, 2), dropout.input);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (l > 0) x = drop(x, dropout.hidden);
    x = std::get<0>(layers_[l](x));
  }
  return drop(x, dropout.output);
}

torch::Tensor SequenceNetModule::logits(const torch::Tensor& hidden, std::size_t head,
                                        const torch::Tensor& values) {
  const Head& h = heads_[head];
  torch::Tensor z = torch::addmm(h.in_bias, hidden, h.in.t());
  for (std::size_t j = 0; j < head; ++j) {
    z = z + torch::embedding(h.after[j], values.select(1, static_cast<std::int64_t>(j)));
  }
  torch::Tensor out = h.out;
  const SequenceHead& shape = config_.heads[head];
  for (std::size_t i = 0; i < embeddings_.size() && !shape.tied_to.empty(); ++i) {
    if (config_.inputs[i].name == shape.tied_to) out = embeddings_[i].slice(0, 0, shape.size);
  }
  return torch::addmm(h.out_bias, drop(torch::tanh(z), dropout.output), out.t());
}

std::vector<std::pair<std::string, torch::Tensor>> SequenceNetModule::named_tensors() const {
  const auto parameters = named_parameters();
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const NamedTensor& shape : sequence_tensor_shapes(config_)) {
    std::string name = parameter_name(shape.name);
    if (shape.name.rfind("lstm.", 0) == 0) {
      const std::size_t dot = shape.name.rfind('.');
      const std::string part = shape.name.substr(dot + 1);
      name = parameter_name(shape.name.substr(0, dot)) +
             (part == "input" ? ".weight_ih_l0"
                              : (part == "recurrent" ? ".weight_hh_l0" : ".bias_ih_l0"));
    }
    tensors.emplace_back(shape.name, parameters[name]);
  }
  return tensors;
}

SequenceNet::SequenceNet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SequenceNet::~SequenceNet() = default;
SequenceNet::SequenceNet(SequenceNet&&) noexcept = default;
SequenceNet& SequenceNet::operator=(SequenceNet&&) noexcept = default;

SequenceNet::SequenceNet(const SequenceConfig& config, std::uint64_t seed) {
  config.validate();
  set_up_torch();
  impl_ = with_torch_errors("sequence net", [&] {
    auto impl = std::make_unique<Impl>();
    impl->config = config;
    impl->module = std::make_shared<SequenceNetModule>(config);
    initialise(*impl->module, config, seed);
    impl->module->eval();
    return impl;
  });
}

const SequenceConfig& SequenceNet::config() const { return impl_->config; }

std::size_t SequenceNet::num_parameters() const {
  std::size_t count = 0;
  for (const auto& [name, tensor] : impl_->module->named_tensors()) {
    count += static_cast<std::size_t>(tensor.numel());
  }
  return count;
}

Safetensors SequenceNet::to_tensors(TensorStorage storage) const {
  Safetensors content;
  content.metadata["architecture"] = SequenceModel::kArchitecture;
  content.metadata["net_config"] = sequence_config_json(impl_->config);
  for (const auto& [name, tensor] : impl_->module->named_tensors()) {
    const torch::Tensor flat = tensor.detach().to(torch::kCPU).contiguous();
    const auto* data = flat.data_ptr<float>();
    NamedTensor stored;
    stored.name = name;
    stored.shape = flat.sizes().vec();
    stored.data.assign(data, data + flat.numel());
    if (storage == TensorStorage::kF16 && flat.dim() == 2) {
      stored.storage = storage;
      for (float& x : stored.data) x = rounded_to_half(x);
    }
    require(std::all_of(stored.data.begin(), stored.data.end(),
                        [](float x) { return std::isfinite(x); }),
            fmt::format("sequence net: tensor {} holds numbers that do not fit its storage", name));
    content.tensors.push_back(std::move(stored));
  }
  return content;
}

SequenceNet SequenceNet::from_tensors(const Safetensors& content) {
  // The reader checks names, shapes and numbers.
  const SequenceModel model = SequenceModel::from_tensors(content);
  SequenceNet net(model.config(), 0);
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : net.impl_->module->named_tensors()) {
    const NamedTensor& stored = content.tensor(name);
    std::copy(stored.data.begin(), stored.data.end(), tensor.data_ptr<float>());
  }
  return net;
}

}  // namespace brandiron::models
