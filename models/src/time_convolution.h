// Convolutions along time over few channels, without LibTorch's detours: private to models.
//
// Near the sample rate a generator has 8 to 64 channels and a hundred thousand steps. oneDNN pads
// those channels to its blocks and lays the data out anew for every layer; each activation is one
// more pass through memory. Here a layer is a few loops over planar rows (channel by channel, as
// LibTorch keeps them) that stay in the cache from one layer to the next.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::models {

/// Whether this processor has what TimeConvolution needs: AVX-512F, or AVX2 and FMA.
bool has_time_convolution();

/// Rows of `stride` floats, one a channel.
struct Rows {
  float* data;
  std::size_t stride;
  float* operator[](int channel) const { return data + static_cast<std::size_t>(channel) * stride; }
};

/// One layer's weights, laid out for apply().
///
/// Every sum is taken in one order, with fused multiplications: sixteen inputs at a time, tap by
/// tap, input by input; the bias goes to the first sixteen. That is oneDNN's order with AVX-512, so
/// that results are LibTorch's there, bit by bit, and the same on every processor that can run
/// this.
class TimeConvolution {
 public:
  /// apply() computes this many samples at a time.
  static constexpr std::size_t kBlock = 32;

  /// `weight` (out, in, size), `bias` (out). `most_bits`: of a vector register, where there are
  /// wider ones.
  TimeConvolution(std::span<const float> weight, std::span<const float> bias, int in, int size,
                  int dilation, int most_bits = 512);

  int outputs() const { return static_cast<int>(bias_.size()); }
  /// Samples to either side that a sample depends on, where `size` is odd.
  std::size_t reach() const {
    return static_cast<std::size_t>((size_ - 1) / 2) * static_cast<std::size_t>(dilation_);
  }

  /// out[o][t] for 0 <= t < `count`, a multiple of kBlock; reads in[i][t + tap * dilation], so that
  /// `in` begins one reach() before `out`. The two must not overlap.
  void apply(Rows in, Rows out, std::size_t count) const;

 private:
  int in_, size_, dilation_;
  bool wide_;
  std::vector<float> packed_, bias_;
};

/// What a generator does to each of its stages: two residual convolutions of each size, sizes
/// averaged, with a leaky ReLU of slope `leak` before each. `layers`: all of a size, then the next
/// size. `in` and `out` (channels, count), with zeros beyond both ends.
void residual_stage(std::span<const TimeConvolution> layers, float leak, Rows in, Rows out,
                    std::size_t count);

/// A convolution as long as its input, with zeros beyond both ends.
void same_convolution(const TimeConvolution& layer, int inputs, Rows in, Rows out,
                      std::size_t count);

}  // namespace brandiron::models
