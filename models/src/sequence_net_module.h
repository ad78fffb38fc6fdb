// The LibTorch side of SequenceNet: private to models.
#pragma once

#include <vector>

#include "brandiron/models/sequence_net.h"
#include "torch_compat.h"

namespace brandiron::models {

/// Shares of units that are dropped while training.
struct SequenceDropout {
  double input = 0, hidden = 0, output = 0;
};

/// Parameters are named as sequence_tensor_shapes names them, dots replaced by underscores.
class SequenceNetModule : public torch::nn::Module {
 public:
  explicit SequenceNetModule(const SequenceConfig& config);

  /// (n, steps, inputs) int64 to (n, steps, hidden).
  torch::Tensor encode(const torch::Tensor& inputs);
  /// (n, hidden) and (n, heads) values, of which the first `head` count, to (n, size) logits.
  torch::Tensor logits(const torch::Tensor& hidden, std::size_t head, const torch::Tensor& values);

  /// The parameters under their names in the file. LSTM biases are one tensor there: `bias_of` the
  /// layer holds it, LibTorch's second bias stays 0 and is not trained.
  std::vector<std::pair<std::string, torch::Tensor>> named_tensors() const;

  SequenceDropout dropout;  ///< applies in training mode

 private:
  torch::Tensor drop(const torch::Tensor& x, double share) const;

  SequenceConfig config_;
  std::vector<torch::Tensor> embeddings_;
  std::vector<torch::nn::LSTM> layers_;
  struct Head {
    torch::Tensor in, in_bias, out, out_bias;
    std::vector<torch::Tensor> after;
  };
  std::vector<Head> heads_;
};

struct SequenceNet::Impl {
  SequenceConfig config;
  std::shared_ptr<SequenceNetModule> module;
};

}  // namespace brandiron::models
