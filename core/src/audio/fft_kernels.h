#pragma once

#include <cstddef>
#include <vector>

// The arithmetic of RealFft, compiled once for plain x86-64 and once for AVX2. Both do the same
// IEEE operations in the same order (no fused multiply-add, no reassociation), so the bits are
// equal.

namespace brandiron::fft_detail {

/// One Stockham pass over `num_groups` twiddle groups of `stride` adjacent butterflies.
struct Pass {
  std::size_t radix = 0;
  std::size_t stride = 0;
  std::size_t num_groups = 0;
  /// (radix - 1) complex factors a group, as (re, im) pairs; empty when all are one.
  std::vector<float> twiddles;
};

/// Tables for a real transform of `size` samples through a complex one of `size / 2`.
struct Plan {
  std::size_t size = 0;
  /// Factors of the first radix-8 pass: 7 arrays of cosines then 7 of sines, size/16 each.
  std::vector<float> first_twiddles;
  std::vector<Pass> passes;  ///< after the first one; all of them when size < 128
  /// exp(-2 pi i k / size), k = 0 .. size/4: cosines, then sines.
  std::vector<float> split_cos, split_sin;

  bool has_wide_first_pass() const { return size >= 128; }
};

struct Kernels {
  /// `in` (size floats, times `window` unless null) -> `out` (size/2 + 1 interleaved complex).
  void (*forward)(const Plan& plan, const float* in, const float* window, float* out,
                  float* scratch);
  /// `in` (interleaved complex) -> `out` (size floats), times `scale` and `window` unless null,
  /// added to what `out` holds when `accumulate`.
  void (*inverse)(const Plan& plan, const float* in, float scale, const float* window,
                  bool accumulate, float* out, float* scratch);
};

/// Floats of scratch that both need, 32-byte aligned.
inline std::size_t scratch_floats(std::size_t size) { return 2 * size; }

const Kernels& baseline_kernels();
const Kernels& avx2_kernels();
bool cpu_has_avx2();
/// What this machine runs fastest.
const Kernels& best_kernels();

}  // namespace brandiron::fft_detail
