// Writes the seeds of the audio corpus: make_seeds FOLDER. The other corpora are written by hand.

#include <cstdio>
#include <filesystem>
#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/files.h"
#include "support/test_audio.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_seeds FOLDER\n");
    return 2;
  }
  using namespace brandiron;
  const std::filesystem::path folder = argv[1];
  const AudioBuffer mono = testing::plucked_music(0.05, 8000, 1);
  const AudioBuffer stereo = testing::plucked_music(0.05, 8000, 2);
  WriteOptions options;
  options.bitrate_kbps = 16;
  const auto write = [&](const std::string& name, const AudioBuffer& audio, AudioFormat format,
                         SampleFormat sample_format) {
    options.sample_format = sample_format;
    // "wav", not ".wav": the house rule against recordings in git looks at extensions.
    write_file(folder / (name + "-" + (audio_format_extension(format) + 1)),
               encode_audio(audio, format, options), true);
  };
  write("pcm16", mono, AudioFormat::kWav, SampleFormat::kPcm16);
  write("pcm24-stereo", stereo, AudioFormat::kWav, SampleFormat::kPcm24);
  write("float", mono, AudioFormat::kWav, SampleFormat::kFloat32);
  write("pcm16", mono, AudioFormat::kFlac, SampleFormat::kPcm16);
  write("pcm24-stereo", stereo, AudioFormat::kFlac, SampleFormat::kPcm24);
  write("mono", mono, AudioFormat::kMp3, SampleFormat::kPcm16);
  write("mono", mono, AudioFormat::kOggVorbis, SampleFormat::kPcm16);
  write("mono", mono, AudioFormat::kOpus, SampleFormat::kPcm16);
  options.tags = {{"title", "seed"}, {"artist", "seed"}};
  write("tagged", mono, AudioFormat::kMp3, SampleFormat::kPcm16);
  write("tagged", stereo, AudioFormat::kFlac, SampleFormat::kPcm16);
}
