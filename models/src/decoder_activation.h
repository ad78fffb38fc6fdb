// What the networks of DecoderNet are built of: private to models.
#pragma once

#include "brandiron/models/decoder_net.h"
#include "torch_compat.h"

namespace brandiron::models {

/// As long as its input.
inline torch::nn::Conv1d decoder_convolution(int in, int out, int size, int dilation = 1) {
  return torch::nn::Conv1d(torch::nn::Conv1dOptions(in, out, size)
                               .padding((size - 1) / 2 * dilation)
                               .dilation(dilation));
}

/// Slope of a leaky ReLU below zero, where the network has none of its own.
inline constexpr float kLeak = 0.1F;

/// `alpha` (1, channels, 1) is the snake's frequency (Ziyin et al., NeurIPS 2020).
inline torch::Tensor activate(DecoderFamily::Activation kind, const torch::Tensor& x,
                              const torch::Tensor& alpha) {
  switch (kind) {
    case DecoderFamily::Activation::kLeakyRelu:
      return torch::leaky_relu(x, kLeak);
    case DecoderFamily::Activation::kElu:
      return torch::elu(x);
    case DecoderFamily::Activation::kSnake:
      return x + torch::sin(alpha * x).square() / (alpha + 1e-6);
    case DecoderFamily::Activation::kGelu:
      return torch::gelu(x);
  }
  return x;
}

}  // namespace brandiron::models
