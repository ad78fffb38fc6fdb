#include "audio/fft_kernels.h"

#define BRANDIRON_FFT_NAMESPACE baseline
#define BRANDIRON_FFT_LANES 4
#include "audio/fft_kernels.inc"

namespace brandiron::fft_detail {

const Kernels& baseline_kernels() {
  static const Kernels kernels{baseline::forward, baseline::inverse};
  return kernels;
}

}  // namespace brandiron::fft_detail
