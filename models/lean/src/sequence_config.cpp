#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/models/sequence_model.h"

namespace brandiron::models {
namespace {

using Json = nlohmann::json;

void require(bool ok, const std::string& what) {
  if (!ok) throw Error(ErrorCode::kModel, "sequence model: " + what);
}

void check_field(const std::string& name, int size, int width, std::set<std::string>& names) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  require(!name.empty() && plain && names.insert(name).second,
          fmt::format("name '{}' is not of a-z, 0-9 and _, or is used twice", name));
  require(size >= 1 && size <= 65536 && width >= 1 && width <= 1024,
          fmt::format("{}: size {} or width {} is outside 1-65536, 1-1024", name, size, width));
}

}  // namespace

int SequenceConfig::input_width() const {
  int width = 0;
  for (const SequenceInput& input : inputs) width += input.width;
  return width;
}

void SequenceConfig::validate() const {
  require(!inputs.empty() && inputs.size() <= 32, "expected 1-32 inputs");
  require(!heads.empty() && heads.size() <= 8, "expected 1-8 heads");
  require(hidden >= 8 && hidden <= 1024, fmt::format("hidden is {}, expected 8-1024", hidden));
  require(layers >= 1 && layers <= 3, fmt::format("layers is {}, expected 1-3", layers));
  std::set<std::string> input_names, head_names;
  for (const SequenceInput& i : inputs) check_field(i.name, i.size, i.width, input_names);
  for (const SequenceHead& h : heads) {
    check_field(h.name, h.size, h.width, head_names);
    if (h.tied_to.empty()) continue;
    const auto input = std::find_if(inputs.begin(), inputs.end(),
                                    [&](const SequenceInput& i) { return i.name == h.tied_to; });
    require(input != inputs.end() && input->width == h.width && input->size >= h.size,
            fmt::format("head {} is tied to {}, which is no input of its width and at least its "
                        "size",
                        h.name, h.tied_to));
  }
}

std::string sequence_config_json(const SequenceConfig& config) {
  Json inputs = Json::array(), heads = Json::array();
  for (const SequenceInput& i : config.inputs) {
    inputs.push_back({{"name", i.name}, {"size", i.size}, {"width", i.width}});
  }
  for (const SequenceHead& h : config.heads) {
    heads.push_back(
        {{"name", h.name}, {"size", h.size}, {"width", h.width}, {"tied_to", h.tied_to}});
  }
  return Json{
      {"inputs", inputs}, {"hidden", config.hidden}, {"layers", config.layers}, {"heads", heads}}
      .dump();
}

SequenceConfig parse_sequence_config(const std::string& json) {
  SequenceConfig config;
  try {
    const Json j = Json::parse(json);
    for (const Json& i : j.at("inputs")) {
      config.inputs.push_back(
          {i.at("name").get<std::string>(), i.at("size").get<int>(), i.at("width").get<int>()});
    }
    require(j.value("numbers", 0) == 0, "numbers: this version has categorical inputs only");
    config.hidden = j.at("hidden").get<int>();
    config.layers = j.at("layers").get<int>();
    for (const Json& h : j.at("heads")) {
      config.heads.push_back({h.at("name").get<std::string>(), h.at("size").get<int>(),
                              h.at("width").get<int>(), h.at("tied_to").get<std::string>()});
    }
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kModel,
                fmt::format("sequence model: net_config is unusable: {}", e.what()));
  }
  config.validate();
  return config;
}

std::vector<NamedTensor> sequence_tensor_shapes(const SequenceConfig& config) {
  std::vector<NamedTensor> shapes;
  const auto add = [&](std::string name, std::vector<std::int64_t> shape) {
    NamedTensor tensor;
    tensor.name = std::move(name);
    tensor.shape = std::move(shape);
    shapes.push_back(std::move(tensor));
  };
  for (const SequenceInput& i : config.inputs) add("input." + i.name, {i.size, i.width});
  const std::int64_t h = config.hidden;
  for (int l = 0; l < config.layers; ++l) {
    const std::string layer = fmt::format("lstm.{}.", l);
    add(layer + "input", {4 * h, l == 0 ? config.input_width() : h});
    add(layer + "recurrent", {4 * h, h});
    add(layer + "bias", {4 * h});
  }
  for (std::size_t k = 0; k < config.heads.size(); ++k) {
    const SequenceHead& head = config.heads[k];
    const std::string prefix = "head." + head.name + ".";
    add(prefix + "in", {head.width, h});
    add(prefix + "in_bias", {head.width});
    for (std::size_t j = 0; j < k; ++j) {
      add(prefix + "after." + config.heads[j].name, {config.heads[j].size, head.width});
    }
    if (head.tied_to.empty()) add(prefix + "out", {head.size, head.width});
    add(prefix + "out_bias", {head.size});
  }
  return shapes;
}

}  // namespace brandiron::models
