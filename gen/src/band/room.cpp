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

__attribute__((target_clones("avx2", "default"))) void add_delayed(float* to, const float* from,
                                                                   float gain, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += gain * from[i];
}

}  // namespace

AudioBuffer room_return(const std::vector<float>& room_send, const std::vector<float>& plate_send,
                        int rate_hz) {
  AudioBuffer send(1, plate_send.size(), rate_hz);
  std::copy(plate_send.begin(), plate_send.end(), send.channel(0).begin());
  ReverbOptions plate;
  plate.rt60_s = kPlateSeconds;
  plate.high_rt60_ratio = 0.6;
  plate.damping_hz = 5000.0;
  plate.predelay_ms = 18.0;
  plate.size = 0.8;
  plate.low_cut_hz = 220.0;
  plate.high_cut_hz = 9000.0;
  AudioBuffer wet = synthetic_reverb(send, plate, 0.0);
  wet.resize_frames(plate_send.size());
  const std::size_t frames = wet.num_frames();
  for (const Reflection& r : kReflections) {
    const auto delay = static_cast<std::size_t>(r.delay_ms * 0.001 * rate_hz);
    if (delay >= frames) continue;
    add_delayed(wet.channel(0).data() + delay, room_send.data(), r.left, frames - delay);
    add_delayed(wet.channel(1).data() + delay, room_send.data(), r.right, frames - delay);
  }
  return wet;
}

}  // namespace brandiron::gen::band
