// What every network here does with its weights and with LibTorch's errors: private to models.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/models/safetensors.h"
#include "torch_compat.h"

namespace brandiron::models {

/// Parameters and running statistics by their name in the file, sorted by it.
using NamedState = std::vector<std::pair<std::string, torch::Tensor>>;

/// @throws Error(kModel) with `message` unless `ok`.
void require(bool ok, const std::string& message);

/// Runs `work`; a c10::Error becomes Error(kModel) with one line.
template <typename Work>
auto with_torch_errors(const char* what, Work&& work) {
  try {
    return work();
  } catch (const c10::Error& e) {
    throw Error(ErrorCode::kModel, std::string(what) + ": " + e.what_without_backtrace());
  }
}

/// Without batch norm's step counter, which only training needs.
NamedState named_state(const torch::nn::Module& module);
std::size_t count_numbers(const NamedState& state);

/// The state on the processor, with `architecture` and `net_config` in the metadata.
Safetensors pack(const torch::nn::Module& module, const std::string& architecture,
                 const nlohmann::json& net_config);

/// What `pack` was given as `net_config`. @throws Error(kModel) for another architecture, or
/// without a configuration that is JSON.
nlohmann::json packed_config(const Safetensors& content, const std::string& architecture);

/// The member `key` of a packed configuration. @throws Error(kModel) when missing or of another
/// type.
template <typename Value>
void read_member(const nlohmann::json& net_config, const char* key, Value& value) {
  try {
    value = net_config.at(key).get<Value>();
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::kModel, std::string("weights: net_config is unusable: ") + e.what());
  }
}

/// Copies the tensors into the module. @throws Error(kModel) for a missing or unexpected tensor,
/// another shape, or a number that is not finite.
void unpack(const Safetensors& content, torch::nn::Module& module);

}  // namespace brandiron::models
