#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>

#include "audio/codec_limits.h"
#include "audio/pcm.h"
#include "audio/sound_io.h"
#include "audio/stream_resampler.h"
#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron {
namespace {

constexpr std::size_t kBlockFrames = 16384;

int sndfile_format(AudioFormat format, SampleFormat sample_format) {
  const int pcm = sample_format == SampleFormat::kPcm24 ? SF_FORMAT_PCM_24 : SF_FORMAT_PCM_16;
  switch (format) {
    case AudioFormat::kWav:
      return SF_FORMAT_WAV | (sample_format == SampleFormat::kFloat32 ? SF_FORMAT_FLOAT : pcm);
    case AudioFormat::kFlac:
      return SF_FORMAT_FLAC | pcm;
    case AudioFormat::kMp3:
      return SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
    case AudioFormat::kOggVorbis:
      return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    case AudioFormat::kOpus:
      return SF_FORMAT_OGG | SF_FORMAT_OPUS;
  }
  return 0;
}

// libsndfile turns a compression level of 0 .. 1 linearly into a bit rate between these.
struct BitrateRange {
  double low_kbps, high_kbps;
};

double compression_for(double kbps, const BitrateRange& range) {
  const double level = (range.high_kbps - kbps) / (range.high_kbps - range.low_kbps);
  return std::clamp(level, 0.0, 1.0);
}

BitrateRange mp3_range(int rate_hz) {
  if (rate_hz >= 32000) return {32, 320};
  if (rate_hz >= 16000) return {8, 160};
  return {8, 64};
}

// libvorbis has qualities, not rates: its own nominal kbit/s of 44.1 kHz stereo at quality 0 .. 10,
// inverted piecewise linearly. Other rates and channel counts scale in proportion.
double vorbis_compression(double kbps, int rate_hz, std::size_t channels) {
  static constexpr std::array<double, 11> kNominal = {64,  80,  96,  112, 128, 160,
                                                      192, 224, 256, 320, 500};
  const double scale =
      std::clamp(rate_hz / 44100.0, 0.3, 1.1) * static_cast<double>(channels) / 2.0;
  const double wanted = std::clamp(kbps / scale, kNominal.front(), kNominal.back());
  std::size_t i = 0;
  while (i + 2 < kNominal.size() && kNominal[i + 1] < wanted) ++i;
  const double quality =
      static_cast<double>(i) + (wanted - kNominal[i]) / (kNominal[i + 1] - kNominal[i]);
  return 1.0 - quality / 10.0;
}

double compression_level(AudioFormat format, const WriteOptions& options, int rate_hz,
                         std::size_t channels) {
  switch (format) {
    case AudioFormat::kFlac:
      return std::clamp(options.flac_level, 0, 8) / 8.0;
    // libsndfile truncates to whole kbit/s: aim half a kbit/s higher.
    case AudioFormat::kMp3:
      return compression_for(options.bitrate_kbps + 0.5, mp3_range(rate_hz));
    case AudioFormat::kOpus:
      return compression_for(options.bitrate_kbps / static_cast<double>(channels), {6, 256});
    case AudioFormat::kOggVorbis:
      return vorbis_compression(options.bitrate_kbps, rate_hz, channels);
    case AudioFormat::kWav:
      break;
  }
  return 0.0;
}

int string_id(const std::string& key) {
  struct Id {
    const char* key;
    int id;
  };
  static constexpr Id kIds[] = {
      {"title", SF_STR_TITLE},         {"artist", SF_STR_ARTIST},
      {"album", SF_STR_ALBUM},         {"comment", SF_STR_COMMENT},
      {"date", SF_STR_DATE},           {"genre", SF_STR_GENRE},
      {"copyright", SF_STR_COPYRIGHT}, {"license", SF_STR_LICENSE},
      {"software", SF_STR_SOFTWARE},   {"tracknumber", SF_STR_TRACKNUMBER}};
  std::string lower = key;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const Id& id : kIds) {
    if (lower == id.key) return id.id;
  }
  return 0;
}

// A libsndfile encoder over callbacks. Owns no bytes.
class Encoder {
 public:
  Encoder(std::string name, AudioFormat format, int rate_hz, std::size_t num_channels,
          const WriteOptions& options, SF_VIRTUAL_IO* callbacks, void* user)
      : name_(std::move(name)), num_channels_(num_channels), sample_format_(options.sample_format) {
    check_codec_limits(format, rate_hz, num_channels, name_);
    pending_ = AudioBuffer(num_channels, kBlockFrames, rate_hz);
    lossy_ = format != AudioFormat::kWav && format != AudioFormat::kFlac;
    if (format == AudioFormat::kFlac && sample_format_ == SampleFormat::kFloat32) {
      throw Error(ErrorCode::kUnsupported,
                  name_ + ": FLAC holds no float samples; choose 16 or 24 bit, or WAV");
    }
    const int file_rate_hz = codec_rate_hz(format, rate_hz);
    if (file_rate_hz != rate_hz) resampler_.emplace(rate_hz, file_rate_hz, num_channels);
    SF_INFO info{};
    info.samplerate = file_rate_hz;
    info.channels = static_cast<int>(num_channels);
    info.format = sndfile_format(format, sample_format_);
    std::string reason;
    file_ = sound_io::open_sound([&] { return sf_open_virtual(callbacks, SFM_WRITE, &info, user); },
                                 reason);
    if (file_ == nullptr) {
      throw Error(ErrorCode::kUnsupported, name_ + ": cannot be encoded: " + reason);
    }
    set_up(format, options, rate_hz, file_rate_hz);
  }

  ~Encoder() { close(); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void write(const AudioBuffer& audio) {
    if (audio.has_non_finite()) {
      throw Error(ErrorCode::kInvalidArgument,
                  name_ + ": the audio to write holds samples that are not finite numbers");
    }
    frames_in_ += audio.num_frames();
    // In blocks of one size, however the caller cuts the stream: the Vorbis encoder's choices
    // depend on how much it is given at a time.
    for (std::size_t at = 0; at < audio.num_frames();) {
      const std::size_t count = std::min(audio.num_frames() - at, kBlockFrames - pending_frames_);
      for (std::size_t c = 0; c < num_channels_; ++c) {
        const auto from = audio.channel(c).subspan(at, count);
        std::copy(from.begin(), from.end(),
                  pending_.channel(c).begin() + static_cast<std::ptrdiff_t>(pending_frames_));
      }
      pending_frames_ += count;
      at += count;
      if (pending_frames_ == kBlockFrames) emit_pending();
    }
  }

  // Flushes and closes; false when libsndfile took fewer frames than it was given.
  bool finish() {
    if (frames_in_ == 0) {
      throw Error(ErrorCode::kInvalidArgument, name_ + ": there is no audio to write: 0 frames");
    }
    if (pending_frames_ > 0) emit_pending();
    if (resampler_) put(resampler_->flush());
    return close() && !short_write_;
  }

 private:
  void emit_pending() {
    pending_.resize_frames(pending_frames_);
    put(resampler_ ? resampler_->push(pending_) : pending_);
    pending_.resize_frames(kBlockFrames);
    pending_frames_ = 0;
  }

  void set_up(AudioFormat format, const WriteOptions& options, int rate_hz, int file_rate_hz) {
    sf_command(file_, SFC_SET_CLIPPING, nullptr, SF_TRUE);
    // The PEAK chunk holds the time of day: the same song must give the same bytes.
    sf_command(file_, SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
    if (format != AudioFormat::kWav) {
      // Before the mode as well as after: setting the mode re-reads the level and fails without
      // one.
      double level = compression_level(format, options, file_rate_hz, num_channels_);
      sf_command(file_, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
      int mode = SF_BITRATE_MODE_CONSTANT;
      if (format == AudioFormat::kMp3) sf_command(file_, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
    }
    if (format == AudioFormat::kOpus && rate_hz != file_rate_hz) {
      int original = rate_hz;
      sf_command(file_, SFC_SET_ORIGINAL_SAMPLERATE, &original, sizeof original);
    }
    for (const auto& [key, value] : options.tags) {
      if (const int id = string_id(key); id != 0) sf_set_string(file_, id, value.c_str());
    }
  }

  void put(const AudioBuffer& audio) {
    if (audio.empty()) return;
    sf_count_t done = 0;
    const auto frames = static_cast<sf_count_t>(audio.num_frames());
    if (lossy_ || sample_format_ == SampleFormat::kFloat32) {
      interleave(audio, floats_, [](float x) { return x; });
      done = sf_writef_float(file_, floats_.data(), frames);
    } else if (sample_format_ == SampleFormat::kPcm16) {
      shorts_.resize(audio.num_frames() * num_channels_);
      quantise_frames(audio, 0, audio.num_frames(), shorts_.data());
      done = sf_writef_short(file_, shorts_.data(), frames);
    } else {
      interleave(audio, ints_, [](float x) { return quantise<24>(x) * 256; });
      done = sf_writef_int(file_, ints_.data(), frames);
    }
    short_write_ = short_write_ || done != frames;
  }

  template <typename T, typename Convert>
  void interleave(const AudioBuffer& audio, std::vector<T>& out, Convert convert) {
    out.resize(audio.num_frames() * num_channels_);
    for (std::size_t c = 0; c < num_channels_; ++c) {
      const auto from = audio.channel(c);
      for (std::size_t i = 0; i < from.size(); ++i) out[i * num_channels_ + c] = convert(from[i]);
    }
  }

  bool close() {
    const bool good = file_ == nullptr || sf_close(file_) == 0;
    file_ = nullptr;
    return good;
  }

  std::string name_;
  std::size_t num_channels_;
  SampleFormat sample_format_;
  bool lossy_ = false;
  SNDFILE* file_ = nullptr;
  std::optional<StreamResampler> resampler_;
  AudioBuffer pending_;
  std::size_t pending_frames_ = 0;
  std::vector<float> floats_;
  std::vector<std::int16_t> shorts_;
  std::vector<std::int32_t> ints_;
  std::uint64_t frames_in_ = 0;
  bool short_write_ = false;
};

[[noreturn]] void output_error(const std::filesystem::path& path, int error) {
  throw Error(ErrorCode::kOutput,
              path.string() + ": cannot be written: " + std::strerror(error != 0 ? error : EIO));
}

}  // namespace

struct AudioWriter::Impl {
  Impl(const std::filesystem::path& target, int rate, std::size_t channels,
       const WriteOptions& options)
      : path(target), rate_hz(rate), num_channels(channels), atomic(target, options.overwrite) {
    sink.file = std::fopen(atomic.path().c_str(), "w+b");
    if (sink.file == nullptr) output_error(path, errno);
    try {
      encoder.emplace(path.string(), audio_format_from_path(path), rate, channels, options,
                      sound_io::file_sink_callbacks(), &sink);
    } catch (...) {
      std::fclose(sink.file);
      throw;
    }
  }

  ~Impl() {
    encoder.reset();
    if (sink.file != nullptr) std::fclose(sink.file);
  }

  void check_sink() const {
    if (sink.first_errno != 0) output_error(path, sink.first_errno);
  }

  std::filesystem::path path;
  int rate_hz;
  std::size_t num_channels;
  AtomicFile atomic;
  sound_io::FileSink sink;
  std::optional<Encoder> encoder;
};

AudioWriter::AudioWriter(const std::filesystem::path& path, int rate_hz, std::size_t num_channels,
                         const WriteOptions& options)
    : impl_(std::make_unique<Impl>(path, rate_hz, num_channels, options)) {}
AudioWriter::~AudioWriter() = default;
AudioWriter::AudioWriter(AudioWriter&&) noexcept = default;

void AudioWriter::write(const AudioBuffer& block) {
  if (block.num_channels() != impl_->num_channels || block.rate_hz() != impl_->rate_hz) {
    throw Error(ErrorCode::kInvalidArgument,
                impl_->path.string() + ": found a block of " +
                    std::to_string(block.num_channels()) + " channels at " +
                    std::to_string(block.rate_hz()) + " Hz, expected " +
                    std::to_string(impl_->num_channels) + " at " + std::to_string(impl_->rate_hz));
  }
  impl_->encoder->write(block);
  impl_->check_sink();
}

void AudioWriter::finish() {
  const bool complete = impl_->encoder->finish();
  impl_->encoder.reset();
  impl_->check_sink();
  errno = 0;
  const bool flushed = std::fflush(impl_->sink.file) == 0;
  const int error = errno;
  const bool closed = std::fclose(impl_->sink.file) == 0;
  impl_->sink.file = nullptr;
  if (!flushed || !closed || !complete) output_error(impl_->path, error != 0 ? error : errno);
  impl_->atomic.commit();
}

void write_audio(const std::filesystem::path& path, const AudioBuffer& audio,
                 const WriteOptions& options) {
  AudioWriter writer(path, audio.rate_hz(), audio.num_channels(), options);
  writer.write(audio);
  writer.finish();
}

std::string encode_audio(const AudioBuffer& audio, AudioFormat format,
                         const WriteOptions& options) {
  sound_io::MemorySink sink;
  Encoder encoder(std::string("encoding ") + (audio_format_extension(format) + 1), format,
                  audio.rate_hz(), audio.num_channels(), options, sound_io::memory_sink_callbacks(),
                  &sink);
  encoder.write(audio);
  if (!encoder.finish()) {
    throw Error(ErrorCode::kInternal, std::string("encoding ") +
                                          (audio_format_extension(format) + 1) +
                                          ": libsndfile stopped before the end");
  }
  return std::move(sink.bytes);
}

}  // namespace brandiron
