#include "net_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace brandiron::models {
namespace {

constexpr const char* kCounterSuffix = "num_batches_tracked";

}  // namespace

void require(bool ok, const std::string& message) {
  if (!ok) throw Error(ErrorCode::kModel, message);
}

NamedState named_state(const torch::nn::Module& module) {
  NamedState state;
  for (const auto& item : module.named_parameters()) state.emplace_back(item.key(), item.value());
  for (const auto& item : module.named_buffers()) {
    if (item.key().find(kCounterSuffix) == std::string::npos) {
      state.emplace_back(item.key(), item.value());
    }
  }
  std::sort(state.begin(), state.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return state;
}

std::size_t count_numbers(const NamedState& state) {
  std::size_t count = 0;
  for (const auto& [name, tensor] : state) count += static_cast<std::size_t>(tensor.numel());
  return count;
}

Safetensors pack(const torch::nn::Module& module, const std::string& architecture,
                 const nlohmann::json& net_config) {
  Safetensors content;
  content.metadata["architecture"] = architecture;
  content.metadata["net_config"] = net_config.dump();
  for (const auto& [name, tensor] : named_state(module)) {
    const torch::Tensor flat = tensor.detach().to(torch::kCPU).contiguous();
    const auto* data = flat.data_ptr<float>();
    content.tensors.push_back({name, flat.sizes().vec(), {data, data + flat.numel()}});
  }
  return content;
}

nlohmann::json packed_config(const Safetensors& content, const std::string& architecture) {
  const auto found = content.metadata.find("architecture");
  const std::string name = found == content.metadata.end() ? "" : found->second;
  require(name == architecture,
          fmt::format("weights: architecture is '{}', expected '{}'", name, architecture));
  const auto config = content.metadata.find("net_config");
  require(config != content.metadata.end(), "weights: net_config is missing");
  try {
    return nlohmann::json::parse(config->second);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::kModel, fmt::format("weights: net_config is unusable: {}", e.what()));
  }
}

void unpack(const Safetensors& content, torch::nn::Module& module) {
  const NamedState state = named_state(module);
  require(state.size() == content.tensors.size(),
          fmt::format("weights: {} tensors, expected {}", content.tensors.size(), state.size()));
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state) {
    const NamedTensor& stored = content.tensor(name);
    require(stored.shape == tensor.sizes().vec(),
            fmt::format("weights: tensor {} has another shape than this network's", name));
    require(std::all_of(stored.data.begin(), stored.data.end(),
                        [](float x) { return std::isfinite(x); }),
            fmt::format("weights: tensor {} holds numbers that are not finite", name));
    std::copy(stored.data.begin(), stored.data.end(), tensor.data_ptr<float>());
  }
}

}  // namespace brandiron::models
