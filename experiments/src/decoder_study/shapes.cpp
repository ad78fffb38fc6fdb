#include "decoder_study/shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/error.h"

namespace brandiron::experiments {

void check_twins(const std::string& what, const AudioBuffer& original, const AudioBuffer& twin) {
  if (original.num_channels() != twin.num_channels() ||
      original.num_frames() != twin.num_frames() || original.rate_hz() != twin.rate_hz()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: found a twin of {} x {} at {} Hz, expected {} x {} at {} Hz", what,
                            twin.num_channels(), twin.num_frames(), twin.rate_hz(),
                            original.num_channels(), original.num_frames(), original.rate_hz()));
  }
  if (sounding_channels(original).empty()) {
    throw Error(ErrorCode::kInvalidArgument, what + ": the original is digital silence");
  }
}

std::vector<std::size_t> sounding_channels(const AudioBuffer& audio) {
  std::vector<std::size_t> found;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    if (std::any_of(x.begin(), x.end(), [](float v) { return v != 0; })) found.push_back(c);
  }
  return found;
}

}  // namespace brandiron::experiments
