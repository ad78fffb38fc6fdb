#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "fuzz/fuzz_target.h"

using namespace brandiron;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    ReadOptions options;
    options.max_duration_s = 60;
    const AudioBuffer audio =
        read_audio_bytes({reinterpret_cast<const char*>(data), size}, "fuzz", options);
    // What is promised of a buffer that was accepted.
    if (audio.has_non_finite() || audio.num_channels() == 0 || audio.rate_hz() <= 0) {
      __builtin_trap();
    }
  } catch (const Error&) {
  }
  return 0;
}

std::vector<std::string> made_seeds() {
  AudioBuffer audio(2, 3000, 44100);
  for (std::size_t c = 0; c < 2; ++c) {
    auto samples = audio.channel(c);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] = static_cast<float>(0.3 * std::sin(0.05 * static_cast<double>(i * (c + 1))));
    }
  }
  std::vector<std::string> seeds;
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                            AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    WriteOptions options;
    seeds.push_back(encode_audio(audio, format, options));
  }
  WriteOptions as_float;
  as_float.sample_format = SampleFormat::kFloat32;
  seeds.push_back(encode_audio(audio, AudioFormat::kWav, as_float));
  return seeds;
}
