// The one precompiled header: every LibTorch translation unit of the project starts with it.
#pragma once
#include <torch/torch.h>
