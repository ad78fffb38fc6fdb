#include "brandiron/models/sequence_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/error.h"
#include "sequence_kernels.h"

namespace brandiron::models {
namespace {

/// (rows, columns) stored column by column, as `lean::add_product` reads it.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> data;

  void add_product(const float* x, float* y) const {
    lean::add_product(y, data.data(), x, rows, columns);
  }
};

/// The first `rows` rows of a row-major tensor.
Matrix by_columns(const NamedTensor& tensor, std::size_t rows) {
  Matrix m;
  m.rows = rows;
  m.columns = static_cast<std::size_t>(tensor.shape[1]);
  m.data.resize(m.rows * m.columns);
  for (std::size_t r = 0; r < m.rows; ++r) {
    for (std::size_t c = 0; c < m.columns; ++c) {
      m.data[c * m.rows + r] = tensor.data[r * m.columns + c];
    }
  }
  return m;
}

struct Layer {
  Matrix input, recurrent;
  std::vector<float> bias;
};

struct Head {
  Matrix in, out;
  std::vector<float> in_bias, out_bias;
  std::vector<std::vector<float>> after;  ///< of each earlier head, (size, width) row-major
};

void check_tensors(const SequenceConfig& config, const Safetensors& content) {
  const std::vector<NamedTensor> shapes = sequence_tensor_shapes(config);
  if (shapes.size() != content.tensors.size()) {
    throw Error(ErrorCode::kModel, fmt::format("sequence model: {} tensors, expected {}",
                                               content.tensors.size(), shapes.size()));
  }
  for (const NamedTensor& expected : shapes) {
    const NamedTensor& stored = content.tensor(expected.name);
    if (stored.shape != expected.shape) {
      throw Error(ErrorCode::kModel, fmt::format("sequence model: tensor {} has another shape than "
                                                 "net_config says",
                                                 expected.name));
    }
    if (!std::all_of(stored.data.begin(), stored.data.end(),
                     [](float x) { return std::isfinite(x); })) {
      throw Error(ErrorCode::kModel, fmt::format("sequence model: tensor {} holds numbers that are "
                                                 "not finite",
                                                 expected.name));
    }
  }
}

std::string metadata_of(const Safetensors& content, const std::string& key) {
  const auto found = content.metadata.find(key);
  return found == content.metadata.end() ? std::string() : found->second;
}

void check_value(const std::string& name, int value, int size) {
  if (value < 0 || value >= size) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("sequence model: {} is {}, expected 0-{}", name, value, size - 1));
  }
}

}  // namespace

struct SequenceModel::Impl {
  SequenceConfig config;
  std::map<std::string, std::string> metadata;
  std::size_t parameters = 0;
  std::vector<std::vector<float>> embeddings;  ///< of each input, row-major
  std::vector<Layer> layers;
  std::vector<Head> heads;

  void load_head(std::size_t k, const Safetensors& content) {
    const SequenceHead& shape = config.heads[k];
    const std::string prefix = "head." + shape.name + ".";
    Head head;
    head.in = by_columns(content.tensor(prefix + "in"), static_cast<std::size_t>(shape.width));
    head.in_bias = content.tensor(prefix + "in_bias").data;
    for (std::size_t j = 0; j < k; ++j) {
      head.after.push_back(content.tensor(prefix + "after." + config.heads[j].name).data);
    }
    const std::string out = shape.tied_to.empty() ? prefix + "out" : "input." + shape.tied_to;
    head.out = by_columns(content.tensor(out), static_cast<std::size_t>(shape.size));
    head.out_bias = content.tensor(prefix + "out_bias").data;
    heads.push_back(std::move(head));
  }

  void load(const Safetensors& content) {
    for (const NamedTensor& tensor : content.tensors) parameters += tensor.data.size();
    for (const SequenceInput& input : config.inputs) {
      embeddings.push_back(content.tensor("input." + input.name).data);
    }
    const auto gates = static_cast<std::size_t>(4 * config.hidden);
    for (int l = 0; l < config.layers; ++l) {
      const std::string prefix = fmt::format("lstm.{}.", l);
      layers.push_back({by_columns(content.tensor(prefix + "input"), gates),
                        by_columns(content.tensor(prefix + "recurrent"), gates),
                        content.tensor(prefix + "bias").data});
    }
    for (std::size_t k = 0; k < config.heads.size(); ++k) load_head(k, content);
  }

  void check_earlier(int head, std::span<const int> earlier) const {
    check_value("head", head, static_cast<int>(heads.size()));
    if (earlier.size() != static_cast<std::size_t>(head)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("sequence model: {} values of earlier heads, expected {}",
                              earlier.size(), head));
    }
    for (std::size_t j = 0; j < earlier.size(); ++j) {
      check_value(config.heads[j].name, earlier[j], config.heads[j].size);
    }
  }

  /// tanh(U h + v + the earlier heads' rows).
  std::vector<float> bottleneck(const SequenceState& state, int k,
                                std::span<const int> earlier) const {
    const Head& head = heads[static_cast<std::size_t>(k)];
    const auto hidden = static_cast<std::size_t>(config.hidden);
    std::vector<float> z = head.in_bias;
    for (std::size_t j = 0; j < earlier.size(); ++j) {
      const float* row = head.after[j].data() + static_cast<std::size_t>(earlier[j]) * z.size();
      for (std::size_t i = 0; i < z.size(); ++i) z[i] += row[i];
    }
    head.in.add_product(state.hidden.data() + (layers.size() - 1) * hidden, z.data());
    lean::hyperbolic_tangents(z.data(), z.size());
    return z;
  }
};

SequenceModel::SequenceModel(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
SequenceModel::~SequenceModel() = default;
SequenceModel::SequenceModel(SequenceModel&&) noexcept = default;
SequenceModel& SequenceModel::operator=(SequenceModel&&) noexcept = default;

SequenceModel SequenceModel::from_tensors(const Safetensors& content) {
  const std::string architecture = metadata_of(content, "architecture");
  if (architecture != kArchitecture) {
    throw Error(ErrorCode::kModel, fmt::format("weights: architecture is '{}', expected '{}'",
                                               architecture, kArchitecture));
  }
  auto impl = std::make_shared<Impl>();
  impl->config = parse_sequence_config(metadata_of(content, "net_config"));
  impl->metadata = content.metadata;
  check_tensors(impl->config, content);
  impl->load(content);
  return SequenceModel(std::move(impl));
}

SequenceModel SequenceModel::read(const std::filesystem::path& path) {
  return from_tensors(read_safetensors(path));
}

const SequenceConfig& SequenceModel::config() const { return impl_->config; }
std::size_t SequenceModel::num_parameters() const { return impl_->parameters; }
const std::map<std::string, std::string>& SequenceModel::metadata() const {
  return impl_->metadata;
}

SequenceState SequenceModel::start() const {
  const std::size_t n = impl_->layers.size() * static_cast<std::size_t>(impl_->config.hidden);
  return {std::vector<float>(n, 0.0F), std::vector<float>(n, 0.0F)};
}

void SequenceModel::step(SequenceState& state, std::span<const int> inputs) const {
  const SequenceConfig& config = impl_->config;
  if (inputs.size() != config.inputs.size()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("sequence model: {} inputs, expected {}",
                                                         inputs.size(), config.inputs.size()));
  }
  // Kept by the thread: a step asks for no memory after its first.
  thread_local std::vector<float> x, gates;
  x.clear();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_value(config.inputs[i].name, inputs[i], config.inputs[i].size);
    const auto width = static_cast<std::size_t>(config.inputs[i].width);
    const float* row = impl_->embeddings[i].data() + static_cast<std::size_t>(inputs[i]) * width;
    x.insert(x.end(), row, row + width);
  }
  const auto n = static_cast<std::size_t>(config.hidden);
  const float* from = x.data();
  for (std::size_t l = 0; l < impl_->layers.size(); ++l) {
    const Layer& layer = impl_->layers[l];
    gates = layer.bias;
    layer.input.add_product(from, gates.data());
    float* hidden = state.hidden.data() + l * n;
    layer.recurrent.add_product(hidden, gates.data());
    lean::lstm_cell(hidden, state.cell.data() + l * n, gates.data(), n);
    from = hidden;
  }
}

std::vector<float> SequenceModel::log_probabilities(const SequenceState& state, int head,
                                                    std::span<const int> earlier) const {
  const std::array<const SequenceState*, 1> one = {&state};
  return std::move(log_probabilities(one, head, earlier).front());
}

float SequenceModel::logit(const SequenceState& state, int head, int value,
                           std::span<const int> earlier) const {
  impl_->check_earlier(head, earlier);
  const SequenceHead& shape = impl_->config.heads[static_cast<std::size_t>(head)];
  check_value(shape.name, value, shape.size);
  const Head& h = impl_->heads[static_cast<std::size_t>(head)];
  const std::vector<float> z = impl_->bottleneck(state, head, earlier);
  // The order of the sums is that of the whole head.
  const auto v = static_cast<std::size_t>(value);
  const auto term = [&](std::size_t c) { return h.out.data[c * h.out.rows + v] * z[c]; };
  float y = h.out_bias[v];
  std::size_t c = 0;
  for (; c + 4 <= z.size(); c += 4) y += (term(c) + term(c + 1)) + (term(c + 2) + term(c + 3));
  for (; c < z.size(); ++c) y += term(c);
  return y;
}

std::vector<std::vector<float>> SequenceModel::log_probabilities(
    std::span<const SequenceState* const> states, int head, std::span<const int> earlier) const {
  impl_->check_earlier(head, earlier);
  const Head& h = impl_->heads[static_cast<std::size_t>(head)];
  std::vector<std::vector<float>> rows(states.size(), h.out_bias);
  std::vector<std::vector<float>> z;
  for (const SequenceState* state : states) z.push_back(impl_->bottleneck(*state, head, earlier));
  // Few columns at a time, so that they are still in the cache when the next state needs them.
  constexpr std::size_t kColumns = 8;  // a multiple of the kernel's four
  for (std::size_t first = 0; first < h.out.columns; first += kColumns) {
    const std::size_t n = std::min(kColumns, h.out.columns - first);
    for (std::size_t s = 0; s < rows.size(); ++s) {
      lean::add_product(rows[s].data(), h.out.data.data() + first * h.out.rows, z[s].data() + first,
                        h.out.rows, n);
    }
  }
  for (auto& row : rows) lean::log_softmax(row.data(), row.size());
  return rows;
}

}  // namespace brandiron::models
