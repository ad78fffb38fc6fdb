#include "pattern.h"

#include <array>
#include <numeric>
#include <string>

#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "code.h"

namespace brandiron::watermark {
namespace {

std::string_view secret_bytes(const Key& key) {
  return {reinterpret_cast<const char*>(key.secret().data()), key.secret().size()};
}

void draw_signs(const Key& key, std::vector<std::int8_t>& sign) {
  std::size_t i = 0;
  for (std::size_t block = 0; i < sign.size(); ++block) {
    const std::string digest =
        hmac_sha256(secret_bytes(key), "brandiron-lf/1/sign/" + std::to_string(block));
    for (const char c : digest) {
      for (unsigned bit = 0; bit < 8 && i < sign.size(); ++bit, ++i) {
        sign[i] = ((static_cast<std::uint8_t>(c) >> bit) & 1U) != 0 ? 1 : -1;
      }
    }
  }
}

}  // namespace

Pattern::Pattern(const Key& key)
    : sign(kCycleCells * kNumBands), code(kCycleCells * kNumBands, kPilot) {
  draw_signs(key, sign);
  Rng rng(key.derive_seed("brandiron-lf/1/places"), "places");
  std::array<std::uint32_t, kNumBands> bands{};
  std::vector<std::uint32_t> data_cells, order;
  for (std::size_t frame = 0; frame < kNumSuperFrames; ++frame) {
    data_cells.clear();
    for (std::size_t t = frame * kSuperFrameCells; t < (frame + 1) * kSuperFrameCells; ++t) {
      std::iota(bands.begin(), bands.end(), 0U);
      rng.shuffle(bands);
      for (std::size_t k = kPilotsPerColumn; k < kNumBands; ++k) {
        data_cells.push_back(static_cast<std::uint32_t>(t * kNumBands + bands[k]));
      }
    }
    order.resize(data_cells.size());
    std::iota(order.begin(), order.end(), 0U);
    rng.shuffle(order);
    for (std::size_t k = 0; k < order.size(); ++k) {
      code[data_cells[order[k]]] = static_cast<std::int16_t>(k % kCodeBits);
    }
  }
}

std::size_t start_column(const Key& key) {
  return key.derive_seed("brandiron-lf/1/start") % kCycleCells;
}

}  // namespace brandiron::watermark
