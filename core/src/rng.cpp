#include "brandiron/core/rng.h"

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

// FNV-1a, then a splitmix64 finaliser: names differ in few bits, streams must not.
std::uint64_t hash_name(std::string_view name) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : name) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ULL;
  }
  h ^= h >> 30;
  h *= 0xbf58476d1ce4e5b9ULL;
  h ^= h >> 27;
  h *= 0x94d049bb133111ebULL;
  return h ^ (h >> 31);
}

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> x,
                                    std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * x[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ k[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ k[1], static_cast<std::uint32_t>(a)};
    k[0] += 0x9E3779B9U;
    k[1] += 0xBB67AE85U;
  }
  return x;
}

}  // namespace

Rng::Rng(std::uint64_t seed, std::string_view stream) : seed_(seed), name_(stream) {
  key_ = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  const std::uint64_t h = hash_name(stream);
  stream_ = {static_cast<std::uint32_t>(h), static_cast<std::uint32_t>(h >> 32)};
}

Rng Rng::child(std::string_view name) const {
  std::string full = name_;
  full += '/';
  full += name;
  return Rng(seed_, full);
}

Rng Rng::child(std::string_view name, std::uint64_t index) const {
  return child(std::string(name) + "/" + std::to_string(index));
}

void Rng::refill() {
  block_ = philox({static_cast<std::uint32_t>(counter_), static_cast<std::uint32_t>(counter_ >> 32),
                   stream_[0], stream_[1]},
                  key_);
  ++counter_;
  used_ = 0;
}

std::uint32_t Rng::next_u32() {
  if (used_ == 4) refill();
  return block_[used_++];
}

std::uint64_t Rng::next_u64() {
  const std::uint64_t low = next_u32();
  return low | (std::uint64_t{next_u32()} << 32);
}

double Rng::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

double Rng::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint32_t Rng::below(std::uint32_t n) {
  if (n == 0) throw Error(ErrorCode::kInvalidArgument, "Rng::below: n is 0, expected at least 1");
  // Lemire's multiply-shift with rejection: exactly uniform.
  const std::uint32_t threshold = (0U - n) % n;
  for (;;) {
    const std::uint64_t m = std::uint64_t{next_u32()} * n;
    if (static_cast<std::uint32_t>(m) >= threshold) return static_cast<std::uint32_t>(m >> 32);
  }
}

double Rng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const double u = 1.0 - uniform();  // (0, 1]
  const double angle = 6.283185307179586 * uniform();
  const double radius = det::sqrt(-2.0 * det::log(u));
  spare_normal_ = radius * det::sin(angle);
  has_spare_ = true;
  return radius * det::cos(angle);
}

std::size_t Rng::pick(std::span<const double> weights) {
  double sum = 0.0;
  for (const double w : weights) {
    if (!(w >= 0.0)) throw Error(ErrorCode::kInvalidArgument, "Rng::pick: a weight is negative");
    sum += w;
  }
  if (!(sum > 0.0)) throw Error(ErrorCode::kInvalidArgument, "Rng::pick: all weights are zero");
  double x = uniform() * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0.0) continue;
    last = i;
    if (x < weights[i]) return i;
    x -= weights[i];
  }
  return last;
}

void Rng::shuffle(std::span<std::uint32_t> order) {
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t j = below(static_cast<std::uint32_t>(i));
    std::swap(order[i - 1], order[j]);
  }
}

}  // namespace brandiron
