#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "core/src/audio/ogg_repair.h"

namespace brandiron {
namespace {

std::string opus_bytes() {
  AudioBuffer tone(1, 5 * 48000, 48000);
  for (std::size_t i = 0; i < tone.num_frames(); ++i) {
    tone.channel(0)[i] = i / 24 % 2 == 0 ? 0.2F : -0.2F;
  }
  return encode_audio(tone, AudioFormat::kOpus);
}

/// Takes `less` samples off every page position, as a stream copy that starts mid-page does. The
/// checksums go stale, which is what makes the repair's own checksums visible.
std::string cut(std::string bytes, std::uint64_t less) {
  int page = 0;
  for (std::size_t at = bytes.find("OggS"); at != std::string::npos;
       at = bytes.find("OggS", at + 4), ++page) {
    if (page < 2) continue;
    std::uint64_t position = 0;
    for (int i = 7; i >= 0; --i) {
      position =
          position << 8 | static_cast<unsigned char>(bytes[at + 6 + static_cast<std::size_t>(i)]);
    }
    position -= less;
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[at + 6 + i] = static_cast<char>(position >> (8 * i) & 0xFF);
    }
  }
  return bytes;
}

TEST(OggRepair, AStreamCutFromALongerOneIsRead) {
  const std::string whole = opus_bytes();
  const AudioBuffer expected = read_audio_bytes(whole, "whole");
  const AudioBuffer read = read_audio_bytes(cut(whole, 12000), "cut");
  EXPECT_NEAR(read.duration_s(), expected.duration_s(), 0.05);
  EXPECT_NEAR(read.rms(), expected.rms(), 0.01);
}

TEST(OggRepair, AHealthyStreamNeedsNoRepair) { EXPECT_EQ(repair_cut_opus(opus_bytes()), ""); }

TEST(OggRepair, EveryTruncationIsHandledWithoutReadingOutside) {
  const std::string bytes = cut(opus_bytes(), 12000);
  for (std::size_t n = 0; n < bytes.size(); n += 37) {
    const std::string part = bytes.substr(0, n);
    EXPECT_LE(repair_cut_opus(part).size(), n);
  }
  EXPECT_EQ(repair_cut_opus("OggS"), "");
  EXPECT_EQ(repair_cut_opus(std::string(4000, 'O')), "");
}

}  // namespace
}  // namespace brandiron
