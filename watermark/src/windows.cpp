#include "windows.h"

#include <algorithm>
#include <numbers>

#include "brandiron/core/det_math.h"
#include "simd.h"

namespace brandiron::watermark {
namespace {

BRANDIRON_WIDE void multiply(const float* a, const float* b, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

}  // namespace

std::vector<float> hann_window(std::size_t n) {
  std::vector<float> window(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double s = det::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(n));
    window[i] = static_cast<float>(s * s);
  }
  return window;
}

std::vector<float> sqrt_hann_window(std::size_t n) {
  std::vector<float> window(n);
  for (std::size_t i = 0; i < n; ++i) {
    window[i] = static_cast<float>(
        det::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(n)));
  }
  return window;
}

void cut_window(std::span<const float> signal, std::size_t centre, std::span<const float> shape,
                std::span<float> out) {
  const std::size_t n = shape.size();
  const std::size_t half = n / 2;
  if (centre >= half && centre + half <= signal.size()) {
    multiply(signal.data() + (centre - half), shape.data(), out.data(), n);
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = centre + i;  // shifted by half
    out[i] = at >= half && at - half < signal.size() ? signal[at - half] * shape[i] : 0.0F;
  }
}

}  // namespace brandiron::watermark
