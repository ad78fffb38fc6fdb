#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "models/src/time_convolution.h"

namespace brandiron::models {
namespace {

std::vector<float> drawn(std::size_t count, const char* name) {
  Rng rng = Rng(7, "time-convolution").child(name);
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(rng.normal());
  return out;
}

struct Shape {
  int in, out, size, dilation;
};

struct Drawn {
  explicit Drawn(const Shape& shape)
      : s(shape),
        weight(drawn(static_cast<std::size_t>(s.out * s.in * s.size), "weight")),
        bias(drawn(static_cast<std::size_t>(s.out), "bias")) {}

  TimeConvolution packed(int most_bits = 512) const {
    return {weight, bias, s.in, s.size, s.dilation, most_bits};
  }

  /// The order of sums that the header promises, a number at a time; zeros beyond both ends.
  std::vector<float> plain(const std::vector<float>& x, std::size_t count) const {
    std::vector<float> out;
    for (int o = 0; o < s.out; ++o) {
      for (std::size_t t = 0; t < count; ++t) out.push_back(one(x, count, o, static_cast<long>(t)));
    }
    return out;
  }

  float one(const std::vector<float>& x, std::size_t count, int o, long t) const {
    float total = 0;
    for (int block = 0; block < s.in; block += 16) {
      float sum = 0;
      for (int tap = 0; tap < s.size; ++tap) {
        const long at = t + (tap - (s.size - 1) / 2) * s.dilation;
        if (at < 0 || at >= static_cast<long>(count)) continue;
        for (int i = block; i < std::min(s.in, block + 16); ++i) {
          const float w = weight[static_cast<std::size_t>((o * s.in + i) * s.size + tap)];
          sum = std::fma(x[static_cast<std::size_t>(i) * count + static_cast<std::size_t>(at)], w,
                         sum);
        }
      }
      total = block == 0 ? sum + bias[static_cast<std::size_t>(o)] : total + sum;
    }
    return total;
  }

  Shape s;
  std::vector<float> weight, bias;
};

Rows rows(std::vector<float>& x, std::size_t count) { return {x.data(), count}; }

/// Elsewhere LibTorch does the work, and this says that it cannot.
bool refused_here() {
  if (has_time_convolution()) return false;
  const Drawn layer({1, 1, 1, 1});
  std::vector<float> x(TimeConvolution::kBlock), out(x.size());
  EXPECT_THROW(layer.packed().apply(rows(x, x.size()), rows(out, x.size()), x.size()), Error);
  return true;
}

TEST(TimeConvolution, SumsInTheOrderItPromisesBitByBit) {
  if (refused_here()) return;
  for (const Shape& s :
       {Shape{8, 8, 3, 1}, Shape{8, 8, 7, 3}, Shape{16, 16, 7, 1}, Shape{32, 32, 3, 3},
        Shape{64, 64, 7, 3}, Shape{8, 1, 7, 1}, Shape{1, 8, 7, 1}, Shape{5, 12, 1, 1}}) {
    for (const std::size_t count : {1UL, 31UL, 500UL, 4200UL}) {
      if (s.in > 16 && count > 1000) continue;
      const Drawn layer(s);
      std::vector<float> x = drawn(static_cast<std::size_t>(s.in) * count, "x");
      std::vector<float> out(static_cast<std::size_t>(s.out) * count, -1.0F);
      const std::vector<float> wanted = layer.plain(x, count);
      for (const int bits : {512, 256}) {
        same_convolution(layer.packed(bits), s.in, rows(x, count), rows(out, count), count);
        EXPECT_EQ(out, wanted) << s.in << " to " << s.out << ", size " << s.size << ", " << count
                               << " samples, " << bits << " bits";
      }
    }
  }
}

TEST(TimeConvolution, AStageInTilesIsTheStageLayerByLayer) {
  if (refused_here()) return;
  constexpr float kSlope = 0.1F;
  const auto bent = [](std::vector<float> x) {
    for (float& y : x) y = y > 0 ? y : y * kSlope;
    return x;
  };
  const auto plus = [](std::vector<float> a, const std::vector<float>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
  };
  // More than two tiles of eight channels, and less than one.
  for (const std::size_t count : {9001UL, 700UL, 3UL}) {
    std::vector<Drawn> layers;
    for (const int size : {3, 7}) {
      for (const int dilation : {1, 3}) layers.emplace_back(Shape{8, 8, size, dilation});
    }
    std::vector<float> x = drawn(8 * count, "x");
    std::vector<float> wanted(x.size());
    for (std::size_t l = 0; l < layers.size(); l += 2) {
      const std::vector<float> first = plus(layers[l].plain(bent(x), count), x);
      const std::vector<float> second = plus(layers[l + 1].plain(bent(first), count), first);
      wanted = l == 0 ? second : plus(wanted, second);
    }
    for (float& y : wanted) y /= 2;

    std::vector<TimeConvolution> packed;
    for (const Drawn& layer : layers) packed.push_back(layer.packed());
    std::vector<float> out(x.size(), -1.0F);
    residual_stage(packed, kSlope, rows(x, count), rows(out, count), count);
    EXPECT_EQ(out, wanted) << count << " samples";
  }
}

TEST(TimeConvolution, RefusesWeightsOfAnotherShape) {
  const std::vector<float> weight(10), bias(2);
  EXPECT_ANY_THROW(TimeConvolution(weight, bias, 3, 3, 1));
}

}  // namespace
}  // namespace brandiron::models
