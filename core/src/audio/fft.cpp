#include "brandiron/core/audio/fft.h"

#include <bit>
#include <map>
#include <mutex>
#include <new>
#include <numbers>
#include <string>

#include "audio/aligned.h"
#include "audio/fft_kernels.h"
#include "audio/fft_plan.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace fft_detail {
namespace {

constexpr std::size_t kMinSize = 8;
constexpr std::size_t kMaxSize = std::size_t{1} << 20;

double angle(std::size_t k, std::size_t n) {
  return -2.0 * std::numbers::pi * static_cast<double>(k % n) / static_cast<double>(n);
}

float cos_of(std::size_t k, std::size_t n) { return static_cast<float>(det::cos(angle(k, n))); }
float sin_of(std::size_t k, std::size_t n) { return static_cast<float>(det::sin(angle(k, n))); }

Pass make_pass(std::size_t radix, std::size_t remaining, std::size_t stride) {
  Pass pass;
  pass.radix = radix;
  pass.stride = stride;
  pass.num_groups = remaining / radix;
  if (pass.num_groups == 1) return pass;
  for (std::size_t p = 0; p < pass.num_groups; ++p) {
    for (std::size_t k = 1; k < radix; ++k) {
      pass.twiddles.push_back(cos_of(p * k, remaining));
      pass.twiddles.push_back(sin_of(p * k, remaining));
    }
  }
  return pass;
}

// Radix 4, and where the exponent is odd a last pass of radix 8 (or 2), which has no factors.
void add_passes(Plan& plan, std::size_t remaining, std::size_t stride) {
  while (remaining > 1) {
    std::size_t radix = 4;
    if (remaining == 8) radix = 8;
    if (remaining == 2) radix = 2;
    plan.passes.push_back(make_pass(radix, remaining, stride));
    remaining /= radix;
    stride *= radix;
  }
}

Plan make_plan(std::size_t size) {
  Plan plan;
  plan.size = size;
  const std::size_t half = size / 2;
  if (plan.has_wide_first_pass()) {
    const std::size_t m = half / 8;
    plan.first_twiddles.resize(14 * m);
    for (std::size_t k = 1; k < 8; ++k) {
      for (std::size_t p = 0; p < m; ++p) {
        plan.first_twiddles[(k - 1) * m + p] = cos_of(p * k, half);
        plan.first_twiddles[(k + 6) * m + p] = sin_of(p * k, half);
      }
    }
    add_passes(plan, m, 8);
  } else {
    add_passes(plan, half, 1);
  }
  for (std::size_t k = 0; k <= half / 2; ++k) {
    plan.split_cos.push_back(cos_of(k, size));
    plan.split_sin.push_back(sin_of(k, size));
  }
  return plan;
}

}  // namespace

std::shared_ptr<const Plan> shared_plan(std::size_t size) {
  if (size < kMinSize || size > kMaxSize || !std::has_single_bit(size)) {
    throw Error(ErrorCode::kInvalidArgument, "fft: found a size of " + std::to_string(size) +
                                                 ", expected a power of two from 8 to 1048576");
  }
  static std::mutex mutex;
  static std::map<std::size_t, std::shared_ptr<const Plan>> plans;
  const std::lock_guard lock(mutex);
  auto& plan = plans[size];
  if (!plan) plan = std::make_shared<const Plan>(make_plan(size));
  return plan;
}

}  // namespace fft_detail

struct RealFft::Impl {
  explicit Impl(std::size_t size)
      : plan(fft_detail::shared_plan(size)), scratch(fft_detail::scratch_floats(size)) {}

  std::shared_ptr<const fft_detail::Plan> plan;
  AlignedFloats scratch;
};

RealFft::RealFft(std::size_t size) : impl_(std::make_unique<Impl>(size)) {}
RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

std::size_t RealFft::size() const { return impl_->plan->size; }

namespace {

void check_lengths(const char* what, std::size_t samples, std::size_t bins, std::size_t size) {
  if (samples == size && bins == size / 2 + 1) return;
  throw Error(ErrorCode::kInvalidArgument,
              std::string("fft: ") + what + " found " + std::to_string(samples) + " samples and " +
                  std::to_string(bins) + " bins, expected " + std::to_string(size) + " and " +
                  std::to_string(size / 2 + 1));
}

}  // namespace

void RealFft::forward(std::span<const float> in, std::span<std::complex<float>> out) const {
  check_lengths("forward", in.size(), out.size(), size());
  fft_detail::best_kernels().forward(*impl_->plan, in.data(), nullptr,
                                     reinterpret_cast<float*>(out.data()), impl_->scratch.data());
}

void RealFft::inverse(std::span<const std::complex<float>> in, std::span<float> out) const {
  check_lengths("inverse", out.size(), in.size(), size());
  const float scale = 2.0F / static_cast<float>(size());
  fft_detail::best_kernels().inverse(*impl_->plan, reinterpret_cast<const float*>(in.data()), scale,
                                     nullptr, false, out.data(), impl_->scratch.data());
}

}  // namespace brandiron
