#include "ffmpeg.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/external_decoder.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"

extern char** environ;

namespace brandiron::effects_internal {
namespace {

namespace fs = std::filesystem;

/// A private folder that goes away with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "brandiron-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorCode::kOutput, "cannot make a temporary folder like " + pattern +
                                          "; set TMPDIR to a writable folder");
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string list = path != nullptr ? path : "";
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(':', start), list.size());
    const std::string candidate = list.substr(start, end - start) + "/" + name;
    // An empty entry would mean the current folder, where anybody may have put anything.
    if (end > start && access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  return {};
}

/// Runs a program with a list of arguments: no shell, nothing to quote, nothing to inject.
bool runs(const std::string& program, std::vector<std::string> arguments) {
  std::vector<char*> argv;
  std::string name = program;
  argv.push_back(name.data());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error == 0) {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }
  return error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void run_program(const std::string& program, std::vector<std::string> arguments) {
  if (runs(program, std::move(arguments))) return;
  throw Error(
      ErrorCode::kUnsupported,
      "aac: " + program + " failed; check that this ffmpeg has the aac encoder: ffmpeg -encoders");
}

int coded_rate_hz(int rate_hz) {
  constexpr std::array<int, 12> kRates = {8000,  11025, 12000, 16000, 22050, 24000,
                                          32000, 44100, 48000, 64000, 88200, 96000};
  const bool known = std::find(kRates.begin(), kRates.end(), rate_hz) != kRates.end();
  return known ? rate_hz : 48000;
}

/// One or two channels at a rate that AAC has; the result may be longer (padding) or shorter.
AudioBuffer code_group(const std::string& ffmpeg, const AudioBuffer& group, int bitrate_kbps) {
  // Less than a few AAC frames (1024 each) can come back as nothing.
  AudioBuffer padded = group;
  padded.resize_frames(std::max<std::size_t>(group.num_frames(), 8192));
  const TemporaryFolder folder;
  const std::string wav = folder.file("in.wav"), coded = folder.file("coded.m4a"),
                    decoded = folder.file("out.wav");
  WriteOptions options;
  options.sample_format = SampleFormat::kFloat32;
  write_audio(wav, padded, options);
  const std::vector<std::string> quiet = {"-nostdin", "-v", "error", "-y", "-threads", "1", "-i"};
  const auto run = [&](const std::string& in, std::vector<std::string> rest) {
    std::vector<std::string> arguments = quiet;
    arguments.push_back(in);
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    run_program(ffmpeg, std::move(arguments));
  };
  run(wav,
      {"-c:a", "aac", "-b:a", std::to_string(bitrate_kbps) + "k", "-flags", "+bitexact", coded});
  // The MPEG-4 edit list tells the decoder how much of the encoder's delay to skip.
  run(coded, {"-c:a", "pcm_f32le", "-flags", "+bitexact", decoded});
  return read_audio(decoded);
}

}  // namespace

bool has_ffmpeg() { return !find_program("ffmpeg").empty(); }

AudioBuffer aac_round_trip(const AudioBuffer& audio, int bitrate_kbps) {
  const std::string ffmpeg = find_program("ffmpeg");
  if (ffmpeg.empty()) {
    throw Error(ErrorCode::kUnsupported,
                std::string("aac: no ffmpeg on this machine; ") + kFfmpegRemedy);
  }
  AudioBuffer out(audio.num_channels(), audio.num_frames(), audio.rate_hz());
  for (std::size_t first = 0; first < audio.num_channels(); first += 2) {
    const std::size_t count = std::min<std::size_t>(2, audio.num_channels() - first);
    AudioBuffer group(count, audio.num_frames(), audio.rate_hz());
    for (std::size_t c = 0; c < count; ++c) {
      std::copy_n(audio.channel(first + c).begin(), audio.num_frames(), group.channel(c).begin());
    }
    const AudioBuffer coded =
        resample(code_group(ffmpeg, resample(group, coded_rate_hz(audio.rate_hz())), bitrate_kbps),
                 audio.rate_hz());
    for (std::size_t c = 0; c < std::min(count, coded.num_channels()); ++c) {
      std::copy_n(coded.channel(c).begin(), std::min(coded.num_frames(), out.num_frames()),
                  out.channel(first + c).begin());
    }
  }
  return out;
}

}  // namespace brandiron::effects_internal

namespace brandiron {

AudioBuffer read_audio_externally(const std::filesystem::path& file) {
  using namespace effects_internal;
  try {
    return read_audio(file);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kFormat) throw;
    const std::string ffmpeg = find_program("ffmpeg");
    if (ffmpeg.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  std::string(error.what()) + "; ffmpeg may know it: " + kFfmpegRemedy);
    }
    const TemporaryFolder folder;
    const std::string wav = folder.file("out.wav");
    // "file:" keeps a name from being taken for an option or an address.
    if (!runs(ffmpeg,
              {"-nostdin", "-v", "error", "-y", "-threads", "1", "-i", "file:" + file.string(),
               "-vn", "-c:a", "pcm_f32le", "-flags", "+bitexact", wav})) {
      throw;
    }
    return read_audio(wav);
  }
}

}  // namespace brandiron
