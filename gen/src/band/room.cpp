#include "room.h"

#include <algorithm>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/audio/reverb.h"

namespace brandiron::gen::band {
namespace {

struct Reflection {
  double delay_ms;
  float left, right;
};

// A small live room: floor, two side walls, back wall and their first images.
constexpr Reflection kReflections[] = {
    {8.3, 0.52F, 0.30F},   {10.1, 0.26F, 0.50F}, {12.7, 0.40F, -0.22F},
    {14.9, -0.20F, 0.38F}, {17.2, 0.30F, 0.18F}, {19.6, 0.15F, 0.30F},
};
constexpr std::size_t kNumReflections = std::size(kReflections);

ReverbOptions plate_options() {
  ReverbOptions plate;
  plate.rt60_s = 0.75;
  plate.high_rt60_ratio = 0.6;
  plate.damping_hz = 5000.0;
  plate.predelay_ms = 18.0;
  plate.size = 0.8;
  plate.low_cut_hz = 220.0;
  plate.high_cut_hz = 9000.0;
  return plate;
}

__attribute__((target_clones("avx2", "default"))) void reflect(const float* send,
                                                               const std::size_t* delays,
                                                               float* left, float* right,
                                                               std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    float l = 0.0F, r = 0.0F;
    for (std::size_t k = 0; k < kNumReflections; ++k) {
      const float x = send[i - delays[k]];
      l += kReflections[k].left * x;
      r += kReflections[k].right * x;
    }
    left[i] = l;
    right[i] = r;
  }
}

__attribute__((target_clones("avx2", "default"))) void add(float* to, const float* from,
                                                           std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
}

}  // namespace

EarlyRoom::EarlyRoom(int rate_hz, std::size_t block_frames) : block_frames_(block_frames) {
  for (const Reflection& r : kReflections) {
    delays_.push_back(static_cast<std::size_t>(r.delay_ms * 0.001 * rate_hz));
  }
  history_ = *std::max_element(delays_.begin(), delays_.end());
  send_.assign(history_ + block_frames_, 0.0F);
}

float* EarlyRoom::send() { return send_.data() + history_; }

void EarlyRoom::finish_block(float* left, float* right) {
  reflect(send_.data() + history_, delays_.data(), left, right, block_frames_);
  std::copy_n(send_.end() - static_cast<std::ptrdiff_t>(history_), history_, send_.begin());
  std::fill(send_.begin() + static_cast<std::ptrdiff_t>(history_), send_.end(), 0.0F);
}

Plate::Plate(int rate_hz, std::size_t num_blocks, std::size_t block_frames)
    : rate_hz_(rate_hz),
      block_frames_(block_frames),
      send_(block_frames, 0.0F),
      wet_(block_frames),
      half_(1, num_blocks * block_frames / 2, rate_hz / 2) {}

float* Plate::send() { return send_.data(); }

void Plate::finish_block() {
  halver_.process(send_, half_.channel(0).data() + next_ * block_frames_ / 2);
  std::fill(send_.begin(), send_.end(), 0.0F);
  ++next_;
}

void Plate::add_return(std::size_t block, float* left, float* right) {
  if (!done_) {
    ReverbOptions options = plate_options();
    options.predelay_ms -= 1000.0 * static_cast<double>(Halver::kDelay) / rate_hz_;
    half_ = synthetic_reverb(half_, options, 0.0);
    done_ = true;
  }
  for (std::size_t c = 0; c < 2; ++c) {
    double_rate(half_.channel(c), block * block_frames_ / 2, block_frames_ / 2, wet_.data());
    add(c == 0 ? left : right, wet_.data(), block_frames_);
  }
}

std::vector<MixStep> room_settings() {
  std::vector<MixStep> steps;
  for (const Reflection& r : kReflections) {
    steps.push_back({"reflection",
                     {{"delay_ms", r.delay_ms},
                      {"left_gain", static_cast<double>(r.left)},
                      {"right_gain", static_cast<double>(r.right)}},
                     ""});
  }
  const ReverbOptions p = plate_options();
  steps.push_back({"plate",
                   {{"rt60_s", p.rt60_s},
                    {"high_rt60_ratio", p.high_rt60_ratio},
                    {"damping_hz", p.damping_hz},
                    {"predelay_ms", p.predelay_ms},
                    {"size", p.size},
                    {"low_cut_hz", p.low_cut_hz},
                    {"high_cut_hz", p.high_cut_hz},
                    {"width", p.width},
                    {"rate_divisor", 2}},
                   ""});
  return steps;
}

}  // namespace brandiron::gen::band
