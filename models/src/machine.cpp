#include "brandiron/models/machine.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>

namespace brandiron::models {

double measure_gemm_gflops(int size) {
  const torch::NoGradGuard no_grad;
  at::set_num_threads(1);
  const auto a = torch::full({size, size}, 0.5F);
  const auto b = torch::full({size, size}, 0.25F);
  double best = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    const auto c = torch::mm(a, b);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2e-9 * size * size * size / elapsed.count());
  }
  return best;
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace brandiron::models
