// Every difference between LibTorch versions lives here (docs/adr/0001).
#pragma once

#include <torch/torch.h>

#include <string>

namespace brandiron::models {

/// One thread, deterministic algorithms, also for OpenBLAS. Idempotent and thread safe; every entry
/// point that builds a network calls it.
void set_up_torch();

/// "cpu", "cuda" or "auto" (cuda when there is one).
/// @throws Error(kUnsupported) for cuda on a machine without it; Error(kInvalidArgument) else.
torch::Device parse_device(const std::string& name);

}  // namespace brandiron::models
