#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

enum class AudioFormat { kWav, kFlac, kMp3, kOggVorbis, kOpus };
enum class SampleFormat { kPcm16, kPcm24, kFloat32 };

struct AudioInfo {
  AudioFormat format = AudioFormat::kWav;
  std::string format_name;  ///< "WAV 16 bit", "MP3", ...
  int rate_hz = 0;
  std::size_t num_channels = 0;
  std::uint64_t num_frames = 0;
  double duration_s() const {
    return rate_hz > 0 ? static_cast<double>(num_frames) / rate_hz : 0.0;
  }
};

struct WriteOptions {
  SampleFormat sample_format = SampleFormat::kPcm16;  ///< WAV and FLAC (no float in FLAC)
  int bitrate_kbps = 192;  ///< MP3, Vorbis, Opus (total); ignored for WAV and FLAC
  int flac_level = 5;      ///< 0 fastest .. 8 smallest
  bool overwrite = false;
  /// Vorbis/ID3-style text tags, written by the container where libsndfile can.
  std::vector<std::pair<std::string, std::string>> tags;
};

struct ReadOptions {
  std::uint64_t start_frame = 0;
  std::uint64_t max_frames = UINT64_MAX;
  /// Refuse NaN and infinite samples (kFormat) rather than pass them on.
  bool reject_non_finite = true;
  /// Refuse files of more than this many seconds: a guard for commands that hold audio in memory.
  double max_duration_s = 4 * 3600.0;
};

/// From the extension: .wav .flac .mp3 .ogg .opus. @throws Error(kInvalidArgument) listing those.
AudioFormat audio_format_from_path(const std::filesystem::path& path);
AudioFormat audio_format_from_name(const std::string& name);
const char* audio_format_extension(AudioFormat format);

/// @throws Error(kIo) missing or unreadable; Error(kFormat) not audio, truncated header, zero
/// length.
AudioInfo probe_audio(const std::filesystem::path& path);

/// Whole file (or a range) as float, at its own rate and channels (1-64). Same errors as
/// probe_audio; Error(kFormat) for NaN samples and for files longer than `max_duration_s`.
AudioBuffer read_audio(const std::filesystem::path& path, const ReadOptions& options = {});
/// The same from bytes in memory; `name` stands for the file in messages.
AudioBuffer read_audio_bytes(std::string_view bytes, const std::string& name,
                             const ReadOptions& options = {});

/// Writes atomically. PCM is rounded half away from zero without dither, so that the file's
/// integers are a pure function of the floats (`quantise_pcm16`). @throws Error(kOutput), and
/// Error(kUnsupported) for rates or channel counts that the codec cannot hold.
void write_audio(const std::filesystem::path& path, const AudioBuffer& audio,
                 const WriteOptions& options = {});
/// Encodes to bytes (an attack's codec round trip, a report's embedded player).
std::string encode_audio(const AudioBuffer& audio, AudioFormat format,
                         const WriteOptions& options = {});

/// Block-wise reader for files that should not be held in memory.
class AudioReader {
 public:
  explicit AudioReader(const std::filesystem::path& path);
  ~AudioReader();
  AudioReader(AudioReader&&) noexcept;
  const AudioInfo& info() const;
  /// Up to `max_frames` more; empty buffer at the end.
  AudioBuffer read(std::size_t max_frames);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Block-wise atomic writer; the file appears at `finish()`.
class AudioWriter {
 public:
  AudioWriter(const std::filesystem::path& path, int rate_hz, std::size_t num_channels,
              const WriteOptions& options = {});
  ~AudioWriter();
  AudioWriter(AudioWriter&&) noexcept;
  void write(const AudioBuffer& block);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Interleaved 16-bit PCM: round(clamp(x, -1, 32767/32768) * 32768), half away from zero.
std::vector<std::int16_t> quantise_pcm16(const AudioBuffer& audio);
/// SHA-256 over little-endian interleaved 16-bit PCM: `pcm_sha256` of song.json.
std::string pcm16_sha256(const AudioBuffer& audio);

}  // namespace brandiron
