// Reading and writing speed: a minute of music-like stereo at 44.1 kHz in every format, CPU
// seconds.
//
//   bench_codecs

#include <time.h>

#include <cstdio>
#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/audio/resample.h"
#include "support/test_audio.h"

namespace {

using brandiron::AudioFormat;

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

int main() {
  const auto audio = brandiron::testing::plucked_music(60.0);
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                            AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const double start = cpu_s();
    const std::string bytes = brandiron::encode_audio(audio, format);
    const double middle = cpu_s();
    const auto found = brandiron::read_audio_bytes(bytes, "bench");
    const double end = cpu_s();
    std::printf("%-6s write %.3f s (%5.0f x real time)  read %.3f s (%5.0f x)  %.0f kbit/s\n",
                brandiron::audio_format_extension(format) + 1, middle - start,
                60.0 / (middle - start), end - middle, 60.0 / (end - middle),
                static_cast<double>(bytes.size()) * 8 / 60000.0);
    if (found.empty()) return 1;
  }
  double start = cpu_s();
  brandiron::resample(audio, 48000);
  std::printf("resample 44.1 -> 48 kHz        %.3f s\n", cpu_s() - start);
  start = cpu_s();
  brandiron::measure_loudness(audio);
  std::printf("loudness and true peak         %.3f s\n", cpu_s() - start);
  start = cpu_s();
  brandiron::pcm16_sha256(audio);
  std::printf("pcm16_sha256                   %.3f s\n", cpu_s() - start);
}
