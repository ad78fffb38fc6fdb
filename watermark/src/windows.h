#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::watermark {

std::vector<float> hann_window(std::size_t n);       ///< periodic
std::vector<float> sqrt_hann_window(std::size_t n);  ///< its square root: sums to 1 at half overlap

/// `shape.size()` samples of `signal` centred on sample `centre`, times `shape`; zeros outside.
void cut_window(std::span<const float> signal, std::size_t centre, std::span<const float> shape,
                std::span<float> out);

}  // namespace brandiron::watermark
