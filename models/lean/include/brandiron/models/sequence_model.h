#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brandiron/models/safetensors.h"

namespace brandiron::models {

/// One categorical input of a step: value 0 .. size - 1, embedded in `width` numbers.
struct SequenceInput {
  std::string name;
  int size = 0;
  int width = 0;
};

/// One output of a step: a distribution over 0 .. size - 1 given the hidden state and the values of
/// the heads before it. logits = W tanh(U h + v + sum over earlier heads j of E_j[value_j]) + b.
struct SequenceHead {
  std::string name;
  int size = 0;
  int width = 0;        ///< rows of U, columns of W
  std::string tied_to;  ///< name of the input whose embedding is W; "" for a matrix of its own
};

/// Shape of a sequence model. Stored in the weights file.
/// @see Press and Wolf, "Using the output embedding to improve language models", EACL 2017 (ties).
struct SequenceConfig {
  std::vector<SequenceInput> inputs;
  int hidden = 128;
  int layers = 1;  ///< LSTM layers
  std::vector<SequenceHead> heads;

  /// Numbers that enter the first layer.
  int input_width() const;
  /// @throws Error(kModel) outside: 1-32 inputs and 1-8 heads with different names, sizes 1-65536,
  /// widths 1-1024, 8-1024 hidden, 1-3 layers; a tie to no input, to another width or to a smaller
  /// table.
  void validate() const;
};

/// Where a sequence stands: copy it to try several ways on. @see SequenceModel
struct SequenceState {
  std::vector<float> hidden, cell;  ///< (layers, hidden)
};

/// An LSTM over steps with factored outputs, for one processor core and small batches, without
/// LibTorch: P(step) is the product of its heads' P.
///
/// The same bits on every x86-64 and for any batch: every sum runs in one fixed order. Immutable
/// and thread safe.
/// @see Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
class SequenceModel {
 public:
  static constexpr const char* kArchitecture = "brandiron.sequence-model/1";

  /// @throws Error(kModel) for another architecture, a missing or unexpected tensor, a wrong shape,
  /// or a number that is not finite.
  static SequenceModel from_tensors(const Safetensors& content);
  static SequenceModel read(const std::filesystem::path& path);
  ~SequenceModel();
  SequenceModel(SequenceModel&&) noexcept;
  SequenceModel& operator=(SequenceModel&&) noexcept;

  const SequenceConfig& config() const;
  std::size_t num_parameters() const;
  /// The file's `__metadata__`: vocabulary, licence, training run.
  const std::map<std::string, std::string>& metadata() const;

  SequenceState start() const;

  /// Feeds one step. `inputs`: a value for each input.
  /// @throws Error(kInvalidArgument) for another count or a value outside its input.
  void step(SequenceState& state, std::span<const int> inputs) const;

  /// ln P of each value of head `head` at the step after what was fed; `earlier`: the values of the
  /// heads before it. @throws Error(kInvalidArgument) as `step`.
  std::vector<float> log_probabilities(const SequenceState& state, int head,
                                       std::span<const int> earlier = {}) const;

  /// The logit of one value: ln P plus a constant of the state, ln Z, which is near 0 where the
  /// model was trained to normalise itself. Costs a dot product instead of the whole head.
  /// @throws Error(kInvalidArgument) as `step`.
  float logit(const SequenceState& state, int head, int value,
              std::span<const int> earlier = {}) const;

  /// One row a state, of one head and one `earlier`: the weights pass through the cache once for
  /// all of them.
  std::vector<std::vector<float>> log_probabilities(std::span<const SequenceState* const> states,
                                                    int head,
                                                    std::span<const int> earlier = {}) const;

 private:
  struct Impl;
  explicit SequenceModel(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// The configuration as the metadata holds it, and back. @throws Error(kModel) for text that is no
/// such configuration.
std::string sequence_config_json(const SequenceConfig& config);
SequenceConfig parse_sequence_config(const std::string& json);

/// Names and shapes of a model's tensors in its file, in the order of the layers:
/// `input.<name>` (size, width), `lstm.<l>.input` (4 hidden, in), `lstm.<l>.recurrent` (4 hidden,
/// hidden), `lstm.<l>.bias` (4 hidden; gates i f g o), `head.<name>.in` (width, hidden),
/// `head.<name>.in_bias` (width), `head.<name>.after.<earlier>` (size of earlier, width),
/// `head.<name>.out` (size, width) unless tied, `head.<name>.out_bias` (size).
std::vector<NamedTensor> sequence_tensor_shapes(const SequenceConfig& config);

}  // namespace brandiron::models
