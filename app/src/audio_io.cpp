#include "audio_io.h"

#include <cstdio>
#include <iterator>

#include "brandiron/core/error.h"

namespace brandiron::app {

watermark::Key read_key(const std::string& path) {
  return path == "demo" ? watermark::Key::demo() : watermark::Key::read(path);
}

AudioBuffer read_input(const std::string& path) {
  if (path != "-") return read_audio(path);
  std::string bytes;
  char block[65536];
  for (std::size_t n = 0; (n = std::fread(block, 1, sizeof block, stdin)) > 0;)
    bytes.append(block, n);
  return read_audio_bytes(bytes, "standard input");
}

WriteOptions output_options(const Globals& globals) {
  WriteOptions options;
  options.overwrite = globals.overwrite;
  options.sample_format = SampleFormat::kPcm24;
  return options;
}

void write_output(const std::string& path, const AudioBuffer& audio, const Globals& globals) {
  WriteOptions options = output_options(globals);
  if (path != "-") {
    write_audio(path, audio, options);
    return;
  }
  options.sample_format = SampleFormat::kPcm16;
  const std::string bytes = encode_audio(audio, AudioFormat::kWav, options);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    throw Error(ErrorCode::kOutput, "standard output: cannot be written");
  }
}

}  // namespace brandiron::app
