#include <algorithm>
#include <cctype>
#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

struct Name {
  const char* name;
  AudioFormat format;
};

constexpr Name kNames[] = {{"wav", AudioFormat::kWav},
                           {"flac", AudioFormat::kFlac},
                           {"mp3", AudioFormat::kMp3},
                           {"ogg", AudioFormat::kOggVorbis},
                           {"opus", AudioFormat::kOpus},
                           {"vorbis", AudioFormat::kOggVorbis},
                           {"ogg-vorbis", AudioFormat::kOggVorbis}};

}  // namespace

AudioFormat audio_format_from_name(const std::string& name) {
  for (const Name& known : kNames) {
    if (lower(name) == known.name) return known.format;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "audio format: found \"" + name + "\", expected wav, flac, mp3, ogg or opus");
}

AudioFormat audio_format_from_path(const std::filesystem::path& path) {
  const std::string extension = lower(path.extension().string());
  for (const Name& known : kNames) {
    if (extension == std::string(".") + known.name) return known.format;
  }
  throw Error(ErrorCode::kInvalidArgument, path.string() + ": found the extension \"" + extension +
                                               "\", expected .wav, .flac, .mp3, .ogg or .opus");
}

const char* audio_format_extension(AudioFormat format) {
  switch (format) {
    case AudioFormat::kWav:
      return ".wav";
    case AudioFormat::kFlac:
      return ".flac";
    case AudioFormat::kMp3:
      return ".mp3";
    case AudioFormat::kOggVorbis:
      return ".ogg";
    case AudioFormat::kOpus:
      return ".opus";
  }
  return ".wav";
}

}  // namespace brandiron
