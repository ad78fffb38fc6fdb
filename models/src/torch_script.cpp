#include "brandiron/models/torch_script.h"

#include <torch/script.h>

#include "brandiron/core/error.h"
#include "torch_compat.h"

namespace brandiron::models {
namespace {

// LibTorch's messages are pages: the first line says what is wrong.
std::string first_line(const char* what) {
  const std::string text = what;
  return text.substr(0, text.find('\n'));
}

torch::Tensor only_tensor(const torch::jit::IValue& value) {
  if (value.isTensor()) return value.toTensor();
  if (value.isTuple() && !value.toTuple()->elements().empty()) {
    return only_tensor(value.toTuple()->elements()[0]);
  }
  return {};
}

}  // namespace

struct TorchScriptScorer::Impl {
  std::string name;
  mutable torch::jit::script::Module module;
};

TorchScriptScorer::TorchScriptScorer(const std::filesystem::path& file)
    : impl_(std::make_unique<Impl>()) {
  set_up_torch();
  impl_->name = file.string();
  try {
    impl_->module = torch::jit::load(file.string());
    impl_->module.eval();
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kModel,
                impl_->name + ": cannot be read as TorchScript: " + first_line(error.what()) +
                    "; expected what torch.jit.save leaves");
  }
  if (!impl_->module.find_method("forward")) {
    throw Error(ErrorCode::kModel, impl_->name + ": has no forward, expected float[1, N] -> logit");
  }
}

TorchScriptScorer::~TorchScriptScorer() = default;
TorchScriptScorer::TorchScriptScorer(TorchScriptScorer&&) noexcept = default;
TorchScriptScorer& TorchScriptScorer::operator=(TorchScriptScorer&&) noexcept = default;

double TorchScriptScorer::score(std::span<const float> samples) const {
  try {
    const torch::NoGradGuard no_grad;
    const auto length = static_cast<std::int64_t>(samples.size());
    const torch::Tensor input =
        torch::from_blob(const_cast<float*>(samples.data()), {1, length}, torch::kFloat32).clone();
    const torch::Tensor out = only_tensor(impl_->module.forward({input}));
    if (!out.defined() || out.numel() == 0) {
      throw Error(ErrorCode::kModel, impl_->name + ": forward gave no tensor, expected a logit");
    }
    return out.flatten()[0].item<double>();
  } catch (const c10::Error& error) {
    throw Error(ErrorCode::kModel,
                impl_->name + ": forward failed: " + first_line(error.what_without_backtrace()));
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const Error*>(&error) != nullptr) throw;
    throw Error(ErrorCode::kModel, impl_->name + ": forward failed: " + first_line(error.what()));
  }
}

}  // namespace brandiron::models
