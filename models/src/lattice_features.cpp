#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "lattice_net_module.h"

namespace brandiron::models {
namespace {

constexpr std::int64_t kMeanRadius = 6;     // rows, a quarter of a second either way
constexpr std::int64_t kSpreadRadius = 24;  // rows, a second either way
constexpr float kLevelScaleDb = 5.0F;
constexpr float kRangeScaleDb = 20.0F;

/// Mean over rows within `radius` of each row, fewer at the ends; (rows, bands).
torch::Tensor moving_mean(const torch::Tensor& x, std::int64_t radius) {
  namespace F = torch::nn::functional;
  const auto options = F::AvgPool2dFuncOptions({2 * radius + 1, 1})
                           .stride(1)
                           .padding({radius, 0})
                           .count_include_pad(false);
  return F::avg_pool2d(x.unsqueeze(0).unsqueeze(0), options).squeeze(0).squeeze(0);
}

}  // namespace

torch::Tensor lattice_features(const LatticeInput& input, int num_bands) {
  const std::size_t size = input.rows * static_cast<std::size_t>(num_bands);
  if (input.levels_db.size() != size || input.depth_db.size() != size ||
      input.weights.size() != size) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("lattice net: tables of {}, {} and {} numbers, expected {} rows of {}",
                            input.levels_db.size(), input.depth_db.size(), input.weights.size(),
                            input.rows, num_bands));
  }
  const auto table = [&](std::span<const float> data) {
    return torch::from_blob(const_cast<float*>(data.data()),
                            {static_cast<std::int64_t>(input.rows), num_bands});
  };
  const torch::Tensor level = table(input.levels_db);
  const torch::Tensor depth = table(input.depth_db).clamp_min(1e-3);
  const torch::Tensor above_mean = (level - moving_mean(level, kMeanRadius)) / kLevelScaleDb;
  const torch::Tensor spread = moving_mean(above_mean.abs(), kSpreadRadius);
  // How far over the band's quietest moment: near it there may be nothing but noise.
  const torch::Tensor quietest = std::get<0>(moving_mean(level, 2).min(0, /*keepdim=*/true));
  return torch::stack({(table(input.weights) / depth).clamp(-4, 4), above_mean.clamp(-4, 4),
                       torch::log2(depth * 2.0), torch::log(spread + 0.05),
                       (level - quietest) / kRangeScaleDb});
}

}  // namespace brandiron::models
