#include "torch_compat.h"

#include <ATen/Parallel.h>

#include <mutex>

#include "brandiron/core/error.h"

// OpenBLAS keeps its own thread pool; the symbol is absent when another BLAS is installed.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace brandiron::models {

void set_up_torch() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::set_num_threads(1);
    try {
      at::set_num_interop_threads(1);
    } catch (const c10::Error&) {
      // Somebody has used the pool already: nothing here runs operators concurrently anyway.
    }
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    // On a GPU some gradients have no deterministic algorithm: said there, refused nowhere.
    at::globalContext().setDeterministicAlgorithms(true, torch::cuda::is_available());
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
  });
  // The OpenMP team size is kept per thread: a new thread has to say so again.
  at::set_num_threads(1);
}

torch::Device parse_device(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  if (name == "auto") return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  if (name == "cuda") {
    if (torch::cuda::is_available()) return torch::kCUDA;
    throw Error(ErrorCode::kUnsupported,
                "device cuda: this LibTorch sees no CUDA device; use --device cpu");
  }
  throw Error(ErrorCode::kInvalidArgument,
              "device: found '" + name + "', expected cpu, cuda, auto");
}

}  // namespace brandiron::models
