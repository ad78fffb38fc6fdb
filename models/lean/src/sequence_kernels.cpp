#include "sequence_kernels.h"

#include <cmath>

#include "brandiron/core/det_inline.h"
#include "brandiron/core/det_math.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define BRANDIRON_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define BRANDIRON_CLONES
#endif

namespace brandiron::models::lean {
namespace {

inline __attribute__((always_inline)) float exp_of(float x) { return det::exp_of(x, 80.0F); }

inline __attribute__((always_inline)) float sigmoid_of(float x) {
  return 1.0F / (1.0F + exp_of(-x));
}

inline __attribute__((always_inline)) float tanh_of(float x) {
  return 1.0F - 2.0F / (1.0F + exp_of(2.0F * x));
}

}  // namespace

BRANDIRON_CLONES void add_product(float* __restrict y, const float* __restrict weights,
                                  const float* __restrict x, std::size_t rows,
                                  std::size_t columns) {
  // Blocks of rows that stay in the first cache while all columns pass.
  constexpr std::size_t kBlock = 1024;
  for (std::size_t first = 0; first < rows; first += kBlock) {
    const std::size_t n = rows - first < kBlock ? rows - first : kBlock;
    float* out = y + first;
    std::size_t c = 0;
    for (; c + 4 <= columns; c += 4) {
      const float* a = weights + c * rows + first;
      const float *b = a + rows, *d = b + rows, *e = d + rows;
      const float xa = x[c], xb = x[c + 1], xd = x[c + 2], xe = x[c + 3];
      for (std::size_t r = 0; r < n; ++r) {
        out[r] += (a[r] * xa + b[r] * xb) + (d[r] * xd + e[r] * xe);
      }
    }
    for (; c < columns; ++c) {
      const float* a = weights + c * rows + first;
      const float xa = x[c];
      for (std::size_t r = 0; r < n; ++r) out[r] += a[r] * xa;
    }
  }
}

BRANDIRON_CLONES void lstm_cell(float* __restrict hidden, float* __restrict cell,
                                const float* __restrict gates, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float c =
        sigmoid_of(gates[n + i]) * cell[i] + sigmoid_of(gates[i]) * tanh_of(gates[2 * n + i]);
    cell[i] = c;
    hidden[i] = sigmoid_of(gates[3 * n + i]) * tanh_of(c);
  }
}

BRANDIRON_CLONES void hyperbolic_tangents(float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = tanh_of(y[i]);
}

namespace {

/// Sixteen running sums, so that wide registers add in the order that narrow ones do.
BRANDIRON_CLONES void exponential_sums(const float* y, std::size_t n, float top, float* sums) {
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (std::size_t k = 0; k < 16; ++k) sums[k] += exp_of(y[i + k] - top);
  }
  for (; i < n; ++i) sums[i % 16] += exp_of(y[i] - top);
}

BRANDIRON_CLONES void subtract(float* y, std::size_t n, float value) {
  for (std::size_t i = 0; i < n; ++i) y[i] -= value;
}

BRANDIRON_CLONES void lane_maxima(const float* y, std::size_t n, float* lanes) {
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (std::size_t k = 0; k < 16; ++k) lanes[k] = lanes[k] > y[i + k] ? lanes[k] : y[i + k];
  }
  for (; i < n; ++i) lanes[i % 16] = lanes[i % 16] > y[i] ? lanes[i % 16] : y[i];
}

}  // namespace

void log_softmax(float* y, std::size_t n) {
  float lanes[16];
  for (float& lane : lanes) lane = y[0];
  lane_maxima(y, n, lanes);
  float top = lanes[0];
  for (const float lane : lanes) top = top > lane ? top : lane;
  float sums[16] = {};
  exponential_sums(y, n, top, sums);
  double sum = 0;
  for (const float s : sums) sum += static_cast<double>(s);
  subtract(y, n, top + static_cast<float>(det::log(sum)));
}

}  // namespace brandiron::models::lean
