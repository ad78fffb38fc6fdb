#pragma once

#include <string>

namespace brandiron::models {

/// Speed of a float32 matrix product of `size`^2 through LibTorch on one thread, in GFLOP/s: the
/// figure that tells OpenBLAS (tens) from the reference BLAS (under 5).
double measure_gemm_gflops(int size = 512);
/// "1.13.1".
std::string torch_version();

}  // namespace brandiron::models
