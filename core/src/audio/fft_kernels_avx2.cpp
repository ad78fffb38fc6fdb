#include "audio/fft_kernels.h"

// The standard headers come before the switch: nothing but our own internal functions may be
// compiled for AVX2, or the linker could hand an AVX2 copy of an inline function to an old machine.
#include <utility>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define BRANDIRON_FFT_NAMESPACE avx2
#define BRANDIRON_FFT_LANES 8
#include "audio/fft_kernels.inc"
#pragma GCC pop_options
#define BRANDIRON_FFT_HAS_AVX2 1
#else
#define BRANDIRON_FFT_HAS_AVX2 0
#endif

namespace brandiron::fft_detail {

bool cpu_has_avx2() {
#if BRANDIRON_FFT_HAS_AVX2
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

const Kernels& avx2_kernels() {
#if BRANDIRON_FFT_HAS_AVX2
  static const Kernels kernels{avx2::forward, avx2::inverse};
  return kernels;
#else
  return baseline_kernels();
#endif
}

const Kernels& best_kernels() { return cpu_has_avx2() ? avx2_kernels() : baseline_kernels(); }

}  // namespace brandiron::fft_detail
