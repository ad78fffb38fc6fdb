#include "time_convolution.h"

#include <algorithm>

#include "brandiron/core/error.h"
#include "net_state.h"

namespace brandiron::models {
namespace {

constexpr int kInputsAtOnce = 16;
/// Outputs whose sums are in registers together; packed weights lie in such groups.
constexpr int kGroup = 8;
/// Numbers of a tile of all channels: five such lie in the second cache.
constexpr std::size_t kTile = 32768;

std::size_t in_blocks(std::size_t count) {
  return (count + TimeConvolution::kBlock - 1) / TimeConvolution::kBlock * TimeConvolution::kBlock;
}

using Wide = float __attribute__((vector_size(64)));
using Narrow = float __attribute__((vector_size(32)));

struct Layer {
  const float* packed;
  const float* bias;
  int in, out, size;
  std::size_t dilation;
};

/// A vector that may lie anywhere.
template <class V>
struct __attribute__((packed, may_alias)) Loose {
  V v;
};

/// sum += a * b with one rounding, whatever the compiler was told about contraction: there is no
/// other way to say so for both widths of one template.
template <class V>
inline __attribute__((always_inline)) void add_product(const V& a, const V& b, V& sum) {
  asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

/// Sums of `kOutputs` outputs over `kVectors` vectors of samples from `t` on; `weights` and `bias`
/// are theirs, the weights of one input lie `group` apart from the next one's.
template <class V, int kOutputs, int kVectors>
inline __attribute__((always_inline)) void sums(const Layer& layer, const float* weights, int group,
                                                const float* bias, Rows in, Rows out,
                                                std::size_t t) {
  constexpr std::size_t kLanes = sizeof(V) / sizeof(float);
  V total[kOutputs][kVectors] = {};
  for (int block = 0; block < layer.in; block += kInputsAtOnce) {
    V sum[kOutputs][kVectors] = {};
    const int end = std::min(layer.in, block + kInputsAtOnce);
    for (int tap = 0; tap < layer.size; ++tap) {
      for (int i = block; i < end; ++i, weights += group) {
        const float* x = in[i] + t + static_cast<std::size_t>(tap) * layer.dilation;
        V value[kVectors];
#pragma GCC unroll 8
        for (std::size_t v = 0; v < kVectors; ++v) {
          value[v] = reinterpret_cast<const Loose<V>*>(x + v * kLanes)->v;
        }
#pragma GCC unroll 8
        for (int o = 0; o < kOutputs; ++o) {
          const V weight = V{} + weights[o];
#pragma GCC unroll 8
          for (int v = 0; v < kVectors; ++v) add_product(value[v], weight, sum[o][v]);
        }
      }
    }
    for (int o = 0; o < kOutputs; ++o) {
      for (int v = 0; v < kVectors; ++v) {
        total[o][v] = block == 0 ? sum[o][v] + bias[o] : total[o][v] + sum[o][v];
      }
    }
  }
  for (int o = 0; o < kOutputs; ++o) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      reinterpret_cast<Loose<V>*>(out[o] + t + v * kLanes)->v = total[o][v];
    }
  }
}

template <class V, int kOutputs, int kVectors>
inline __attribute__((always_inline)) void convolve(const Layer& layer, Rows in, Rows out,
                                                    std::size_t count) {
  constexpr std::size_t kStep = kVectors * sizeof(V) / sizeof(float);
  static_assert(TimeConvolution::kBlock % kStep == 0);
  const std::size_t group_size = static_cast<std::size_t>(layer.in * layer.size);
  for (std::size_t t = 0; t < count; t += kStep) {
    const float* weights = layer.packed;
    for (int o = 0; o < layer.out;) {
      const int group = std::min(kGroup, layer.out - o);
      for (int first = 0; first < group; first += kOutputs) {
        sums<V, kOutputs, kVectors>(layer, weights + first, group, layer.bias + o + first, in,
                                    {out[o + first], out.stride}, t);
      }
      weights += group_size * static_cast<std::size_t>(group);
      o += group;
    }
  }
}

__attribute__((target("avx512f"))) void convolve_wide(const Layer& layer, Rows in, Rows out,
                                                      std::size_t count) {
  layer.out % kGroup == 0 ? convolve<Wide, kGroup, 2>(layer, in, out, count)
                          : convolve<Wide, 1, 2>(layer, in, out, count);
}

__attribute__((target("avx2,fma"))) void convolve_narrow(const Layer& layer, Rows in, Rows out,
                                                         std::size_t count) {
  layer.out % kGroup == 0 ? convolve<Narrow, 4, 2>(layer, in, out, count)
                          : convolve<Narrow, 1, 4>(layer, in, out, count);
}

bool has_wide_vectors() { return __builtin_cpu_supports("avx512f"); }

std::size_t tile_of(int channels) { return in_blocks(kTile / static_cast<std::size_t>(channels)); }

/// Channels by samples, with room for what apply() computes beyond the end.
class Scratch {
 public:
  Scratch(int channels, std::size_t samples)
      : stride_(in_blocks(samples) + TimeConvolution::kBlock),
        data_(static_cast<std::size_t>(channels) * stride_, 0.0F) {}
  Rows from(std::size_t sample) { return {data_.data() + sample, stride_}; }

 private:
  std::size_t stride_;
  std::vector<float> data_;
};

/// A window of `count` samples that begins `before` samples ahead of sample `t` of a row of
/// `whole`.
struct Window {
  Window(std::size_t t, std::size_t before, std::size_t length, std::size_t whole)
      : count(length),
        first(std::min(length, before > t ? before - t : 0)),
        in_row(t + first - std::min(before, t + first)),
        inside(std::min(length - first, whole - std::min(whole, in_row))) {}
  std::size_t count;
  std::size_t first;   ///< in the window, of what lies in the row
  std::size_t in_row;  ///< the same sample in the row
  std::size_t inside;  ///< how many lie in it
};

__attribute__((target_clones("avx2", "default"))) void bend(const float* x, std::size_t count,
                                                            float leak, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = x[i] > 0.0F ? x[i] : x[i] * leak;
}

__attribute__((target_clones("avx2", "default"))) void add(const float* x, std::size_t count,
                                                           float* sum) {
  for (std::size_t i = 0; i < count; ++i) sum[i] = sum[i] + x[i];
}

__attribute__((target_clones("avx2", "default"))) void scale(float* x, std::size_t count,
                                                             float by) {
  for (std::size_t i = 0; i < count; ++i) x[i] *= by;
}

/// The window of a row, bent, zeros beyond its ends. `x`: the first of its samples in the row.
void fill_bent(const Window& window, const float* x, float leak, float* to) {
  std::fill(to, to + window.first, 0.0F);
  bend(x, window.inside, leak, to + window.first);
  std::fill(to + window.first + window.inside, to + window.count, 0.0F);
}

/// One tile of residual_stage().
class ResidualTile {
 public:
  ResidualTile(std::span<const TimeConvolution> layers, float leak, Rows in, Rows out,
               std::size_t count)
      : layers_(layers),
        leak_(leak),
        channels_(layers.front().outputs()),
        in_(in),
        out_(out),
        count_(count),
        tile_(tile_of(channels_)),
        reach_(farthest(layers)),
        begun_(channels_, tile_ + 2 * reach_),
        first_(channels_, tile_ + 2 * reach_),
        middle_(channels_, tile_ + 2 * reach_),
        second_(channels_, tile_ + 2 * reach_) {}

  void run() {
    for (std::size_t t = 0; t < count_; t += tile_) {
      const std::size_t length = std::min(tile_, count_ - t);
      begin(t, length);
      for (std::size_t l = 0; l < layers_.size(); l += 2) size(l, t, length);
    }
  }

 private:
  static std::size_t farthest(std::span<const TimeConvolution> layers) {
    std::size_t most = 0;
    for (std::size_t l = 0; l < layers.size(); l += 2) {
      most = std::max(most, layers[l].reach() + layers[l + 1].reach());
    }
    return most;
  }

  /// What the first layer of every size reads.
  void begin(std::size_t t, std::size_t length) {
    const Window window(t, reach_, length + 2 * reach_, count_);
    for (int c = 0; c < channels_; ++c) {
      fill_bent(window, in_[c] + window.in_row, leak_, begun_.from(0)[c]);
    }
  }

  /// Both layers of one size, and what they come to into the average.
  void size(std::size_t l, std::size_t t, std::size_t length) {
    const TimeConvolution& near = layers_[l];
    const TimeConvolution& far = layers_[l + 1];
    const std::size_t beside = far.reach(), have = length + 2 * beside;
    near.apply(begun_.from(reach_ - near.reach() - beside), first_.from(0), in_blocks(have));
    const Window window(t, beside, have, count_);
    for (int c = 0; c < channels_; ++c) {
      float* y = first_.from(window.first)[c];
      add(in_[c] + window.in_row, window.inside, y);
      fill_bent(window, y, leak_, middle_.from(0)[c]);
    }
    far.apply(middle_.from(0), second_.from(0), in_blocks(length));
    for (int c = 0; c < channels_; ++c) {
      float* sum = second_.from(0)[c];
      float* out = out_[c] + t;
      add(first_.from(beside)[c], length, sum);
      l == 0 ? static_cast<void>(std::copy_n(sum, length, out)) : add(sum, length, out);
      if (l + 2 == layers_.size()) scale(out, length, 2.0F / static_cast<float>(layers_.size()));
    }
  }

  std::span<const TimeConvolution> layers_;
  float leak_;
  int channels_;
  Rows in_, out_;
  std::size_t count_, tile_, reach_;
  Scratch begun_, first_, middle_, second_;
};

}  // namespace

bool has_time_convolution() {
  return has_wide_vectors() || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}

TimeConvolution::TimeConvolution(std::span<const float> weight, std::span<const float> bias, int in,
                                 int size, int dilation, int most_bits)
    : in_(in),
      size_(size),
      dilation_(dilation),
      wide_(most_bits >= 512 && has_wide_vectors()),
      bias_(bias.begin(), bias.end()) {
  const int out = outputs();
  require(weight.size() == static_cast<std::size_t>(out * in * size),
          "time convolution: weights of another shape");
  packed_.reserve(weight.size());
  for (int o = 0; o < out; o += kGroup) {
    const int group_end = std::min(out, o + kGroup);
    for (int block = 0; block < in; block += kInputsAtOnce) {
      for (int tap = 0; tap < size; ++tap) {
        for (int i = block; i < std::min(in, block + kInputsAtOnce); ++i) {
          for (int g = o; g < group_end; ++g) {
            packed_.push_back(weight[static_cast<std::size_t>((g * in + i) * size + tap)]);
          }
        }
      }
    }
  }
}

void TimeConvolution::apply(Rows in, Rows out, std::size_t count) const {
  require(count % kBlock == 0, "time convolution: a count that is no multiple of the block");
  if (!has_time_convolution()) {
    throw Error(ErrorCode::kUnsupported, "time convolution: this processor has no AVX2 and FMA");
  }
  const Layer layer{packed_.data(), bias_.data(), in_,
                    outputs(),      size_,        static_cast<std::size_t>(dilation_)};
  wide_ ? convolve_wide(layer, in, out, count) : convolve_narrow(layer, in, out, count);
}

void residual_stage(std::span<const TimeConvolution> layers, float leak, Rows in, Rows out,
                    std::size_t count) {
  ResidualTile(layers, leak, in, out, count).run();
}

void same_convolution(const TimeConvolution& layer, int inputs, Rows in, Rows out,
                      std::size_t count) {
  const std::size_t tile = tile_of(inputs), reach = layer.reach();
  Scratch padded(inputs, tile + 2 * reach), made(layer.outputs(), tile);
  for (std::size_t t = 0; t < count; t += tile) {
    const std::size_t length = std::min(tile, count - t);
    const Window window(t, reach, length + 2 * reach, count);
    for (int c = 0; c < inputs; ++c) {
      fill_bent(window, in[c] + window.in_row, 1.0F, padded.from(0)[c]);
    }
    layer.apply(padded.from(0), made.from(0), in_blocks(length));
    for (int o = 0; o < layer.outputs(); ++o) {
      std::copy_n(made.from(0)[o], length, out[o] + t);
    }
  }
}

}  // namespace brandiron::models
