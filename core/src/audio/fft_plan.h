#pragma once

#include <cstddef>
#include <memory>

#include "fft_kernels.h"

namespace brandiron::fft_detail {

/// Tables of a size, made once and shared. Thread safe.
/// @throws Error(kInvalidArgument) unless a power of two from 8 to 1048576.
std::shared_ptr<const Plan> shared_plan(std::size_t size);

}  // namespace brandiron::fft_detail
