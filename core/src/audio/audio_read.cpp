#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <utility>

#include "audio/ogg_repair.h"
#include "audio/sound_io.h"
#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron {
namespace {

constexpr int kMaxRateHz = 768000;
constexpr std::size_t kMaxChannels = 64;
constexpr std::size_t kBlockFrames = 16384;
constexpr std::size_t kMaxRepairBytes = std::size_t{256} << 20;

struct SndfileCloser {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SndfilePointer = std::unique_ptr<SNDFILE, SndfileCloser>;

[[noreturn]] void format_error(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kFormat, name + ": " + what);
}

[[noreturn]] void not_audio(const std::string& name, const std::string& found) {
  format_error(
      name, "cannot be read as audio (" + found + "); expected WAV, FLAC, MP3, Ogg Vorbis or Opus");
}

std::string seconds(double s) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", s);
  return text;
}

const char* subtype_name(int format) {
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
      return " 8 bit";
    case SF_FORMAT_PCM_16:
      return " 16 bit";
    case SF_FORMAT_PCM_24:
      return " 24 bit";
    case SF_FORMAT_PCM_32:
      return " 32 bit";
    case SF_FORMAT_FLOAT:
      return " 32 bit float";
    case SF_FORMAT_DOUBLE:
      return " 64 bit float";
    default:
      return "";
  }
}

// Fills format and format_name; false for containers that are not ours.
bool describe_format(int format, AudioInfo& info) {
  const int subtype = format & SF_FORMAT_SUBMASK;
  switch (format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
    case SF_FORMAT_RF64:
    case SF_FORMAT_W64:
      info.format = AudioFormat::kWav;
      info.format_name = std::string("WAV") + subtype_name(format);
      return true;
    case SF_FORMAT_FLAC:
      info.format = AudioFormat::kFlac;
      info.format_name = std::string("FLAC") + subtype_name(format);
      return true;
    case SF_FORMAT_MPEG:
      info.format = AudioFormat::kMp3;
      info.format_name = subtype == SF_FORMAT_MPEG_LAYER_III ? "MP3" : "MPEG layer I or II";
      return true;
    case SF_FORMAT_OGG:
      info.format = subtype == SF_FORMAT_OPUS ? AudioFormat::kOpus : AudioFormat::kOggVorbis;
      info.format_name = subtype == SF_FORMAT_OPUS ? "Opus" : "Ogg Vorbis";
      return subtype == SF_FORMAT_OPUS || subtype == SF_FORMAT_VORBIS;
    default:
      return false;
  }
}

std::string container_name(int format) {
  SF_FORMAT_INFO details{};
  details.format = format & SF_FORMAT_TYPEMASK;
  if (sf_command(nullptr, SFC_GET_FORMAT_INFO, &details, sizeof details) == 0 && details.name) {
    return details.name;
  }
  return "an unknown container";
}

AudioInfo checked_info(const SF_INFO& raw, const std::string& name) {
  AudioInfo info;
  if (!describe_format(raw.format, info)) not_audio(name, "found " + container_name(raw.format));
  if (raw.channels < 1 || static_cast<std::size_t>(raw.channels) > kMaxChannels) {
    format_error(name, "found " + std::to_string(raw.channels) + " channels, expected 1 to 64");
  }
  if (raw.samplerate < 1 || raw.samplerate > kMaxRateHz) {
    format_error(name, "found a sample rate of " + std::to_string(raw.samplerate) +
                           " Hz, expected 1 to " + std::to_string(kMaxRateHz));
  }
  if (raw.frames <= 0) format_error(name, "holds no audio: its length is zero");
  info.rate_hz = raw.samplerate;
  info.num_channels = static_cast<std::size_t>(raw.channels);
  info.num_frames = static_cast<std::uint64_t>(raw.frames);
  return info;
}

using ReadAt = std::function<std::size_t(std::uint64_t offset, void* to, std::size_t count)>;

std::uint32_t little32(const unsigned char* p) {
  return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 |
         static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[3]) << 24;
}

// libsndfile shortens a cut WAV silently. What its data chunk promises, in bytes: 0 when unknown
// (not RIFF, or one of the placeholders that programs writing to a pipe leave there).
struct Promise {
  std::uint64_t promised_bytes = 0, found_bytes = 0;
};

Promise wav_promise(const ReadAt& read_at, std::uint64_t file_size) {
  unsigned char head[12];
  if (read_at(0, head, 12) != 12 || std::memcmp(head, "RIFF", 4) != 0) return {};
  std::uint64_t at = 12;
  for (int chunk = 0; chunk < 1000 && read_at(at, head, 8) == 8; ++chunk) {
    const std::uint32_t size = little32(head + 4);
    at += 8;
    if (std::memcmp(head, "data", 4) == 0) {
      const bool placeholder = size == 0 || size >= 0x7FFFF000U;
      return placeholder ? Promise{} : Promise{size, file_size - std::min(file_size, at)};
    }
    at += size + (size & 1U);
  }
  return {};
}

void refuse_cut_wav(const ReadAt& read_at, std::uint64_t file_size, const std::string& name) {
  const Promise promise = wav_promise(read_at, file_size);
  if (promise.promised_bytes > promise.found_bytes) {
    format_error(name, "is truncated: its header promises " +
                           std::to_string(promise.promised_bytes) + " bytes of samples, found " +
                           std::to_string(promise.found_bytes));
  }
}

// An MP3 whose first frame does not state its length: libsndfile guesses it from the bit rate of
// that frame, which is wrong by any factor where the rate varies.
bool length_is_guessed(const SF_INFO& raw, const ReadAt& read_at) {
  if ((raw.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_MPEG) return false;
  std::array<char, 10> id3{};
  std::uint64_t start = 0;
  if (read_at(0, id3.data(), id3.size()) == id3.size() && std::memcmp(id3.data(), "ID3", 3) == 0) {
    for (std::size_t i = 6; i < 10; ++i)
      start = start << 7 | (static_cast<unsigned>(id3[i]) & 127U);
    start += id3.size();
  }
  std::string head(4096, '\0');
  head.resize(read_at(start, head.data(), head.size()));
  const auto holds = [&head](const char* tag) { return head.find(tag) != std::string::npos; };
  return !holds("Xing") && !holds("Info") && !holds("VBRI");
}

// An open decoder, over a file or over bytes.
class Decoder {
 public:
  explicit Decoder(const std::filesystem::path& path) : name_(path.string()) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      throw Error(ErrorCode::kIo, name_ + ": cannot be read: " + std::strerror(errno));
    }
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(fd);
      throw Error(ErrorCode::kIo,
                  name_ + (S_ISDIR(status.st_mode) ? ": is a folder" : ": is not a file") +
                      ", expected an audio file");
    }
    file_size_ = static_cast<std::uint64_t>(status.st_size);
    SF_INFO raw{};
    open([&] { return file_size_ == 0 ? nullptr : sf_open_fd(fd, SFM_READ, &raw, SF_TRUE); });
    if (file_size_ == 0) ::close(fd);
    if (!file_ && file_size_ > 0 && file_size_ <= kMaxRepairBytes) {
      const std::string whole = read_file(path, kMaxRepairBytes);
      open_repaired(whole, raw);
      accept(raw, false);
      return;
    }
    const ReadAt read_at = [fd](std::uint64_t offset, void* to, std::size_t count) {
      const ssize_t n = ::pread(fd, to, count, static_cast<off_t>(offset));
      return n < 0 ? std::size_t{0} : static_cast<std::size_t>(n);
    };
    accept(raw, file_ && length_is_guessed(raw, read_at));
    refuse_cut_wav(read_at, file_size_, name_);
  }

  Decoder(std::string_view bytes, std::string name)
      : name_(std::move(name)), source_{bytes, 0}, file_size_(bytes.size()) {
    SF_INFO raw{};
    if (!bytes.empty()) {
      open([&] {
        return sf_open_virtual(sound_io::memory_source_callbacks(), SFM_READ, &raw, &source_);
      });
      if (!file_) open_repaired(bytes, raw);
    }
    const ReadAt read_at = [bytes](std::uint64_t offset, void* to, std::size_t count) {
      if (offset >= bytes.size()) return std::size_t{0};
      const std::size_t n = std::min(count, bytes.size() - static_cast<std::size_t>(offset));
      std::memcpy(to, bytes.data() + offset, n);
      return n;
    };
    accept(raw, file_ && length_is_guessed(raw, read_at));
    refuse_cut_wav(read_at, file_size_, name_);
  }

  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  const AudioInfo& info() const { return info_; }
  const std::string& name() const { return name_; }

  // No compressed format packs a sample into less than a 64th of a byte for long; a header that
  // promises more is not given memory in advance.
  bool length_is_plausible(std::uint64_t frames) const {
    return frames <= (file_size_ * 64) / info_.num_channels;
  }

  void seek(std::uint64_t frame) {
    if (frame == 0) return;
    if (sf_seek(file_.get(), static_cast<sf_count_t>(frame), SEEK_SET) < 0) {
      format_error(name_, "cannot be read from frame " + std::to_string(frame) + ": " + reason());
    }
    position_ = frame;
  }

  // Up to `count` interleaved frames; 0 at the end.
  std::size_t read(float* to, std::size_t count) {
    const sf_count_t n = sf_readf_float(file_.get(), to, static_cast<sf_count_t>(count));
    position_ += static_cast<std::uint64_t>(std::max<sf_count_t>(n, 0));
    if (n < static_cast<sf_count_t>(count)) refuse_cut_flac();
    return static_cast<std::size_t>(std::max<sf_count_t>(n, 0));
  }

 private:
  void open(const std::function<SNDFILE*()>& how) {
    file_.reset(sound_io::open_sound(how, failure_));
  }

  // Second try, for the one kind of damaged stream that players take and libsndfile does not.
  void open_repaired(std::string_view bytes, SF_INFO& raw) {
    const std::string first_reason = reason();
    repaired_ = repair_cut_opus(bytes);
    if (!repaired_.empty()) {
      source_ = {repaired_, 0};
      raw = {};
      open([&] {
        return sf_open_virtual(sound_io::memory_source_callbacks(), SFM_READ, &raw, &source_);
      });
    }
    if (!file_) not_audio(name_, first_reason);
  }

  void accept(const SF_INFO& raw, bool guessed) {
    if (!file_) {
      not_audio(name_, file_size_ == 0 ? std::string("the file is empty") : reason());
    }
    SF_INFO counted = raw;
    const bool unknown = guessed || raw.frames == SF_COUNT_MAX;
    if (unknown && raw.channels > 0) counted.frames = count_frames(raw.channels);
    info_ = checked_info(counted, name_);
  }

  // An Ogg file that was cut has lost the page that tells its length: decode it once to know.
  sf_count_t count_frames(int num_channels) {
    std::vector<float> block(kBlockFrames * static_cast<std::size_t>(num_channels));
    sf_count_t total = 0;
    for (sf_count_t n = 1; n > 0; total += n) {
      n = std::max<sf_count_t>(sf_readf_float(file_.get(), block.data(), kBlockFrames), 0);
    }
    if (sf_seek(file_.get(), 0, SEEK_SET) < 0) not_audio(name_, "it is damaged");
    return total;
  }

  std::string reason() const {
    std::string text = file_ ? sf_strerror(file_.get()) : failure_;
    while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  // A FLAC header counts its frames exactly.
  void refuse_cut_flac() const {
    if (info_.format != AudioFormat::kFlac || position_ >= info_.num_frames) return;
    format_error(name_, "is truncated or damaged: its header promises " +
                            seconds(info_.duration_s()) + ", decoding stopped at " +
                            seconds(static_cast<double>(position_) / info_.rate_hz));
  }

  std::string name_;
  std::string repaired_;  ///< what `source_` reads, when the bytes given had to be mended
  sound_io::MemorySource source_;
  std::uint64_t file_size_ = 0;
  SndfilePointer file_;
  std::string failure_;  ///< why there is no file_
  AudioInfo info_;
  std::uint64_t position_ = 0;
};

// Guards against files whose decoded form does not fit: the caller's limit on time, and ours on
// memory (8 GB: four hours of stereo fit), since many channels at a high rate fill it sooner.
void check_length(const Decoder& decoder, std::uint64_t frames, const ReadOptions& options) {
  constexpr std::uint64_t kMaxSamples = std::uint64_t{1} << 31;
  const AudioInfo& info = decoder.info();
  const double found_s = static_cast<double>(frames) / info.rate_hz;
  if (found_s > options.max_duration_s) {
    format_error(decoder.name(), "lasts " + seconds(found_s) + ", expected at most " +
                                     seconds(options.max_duration_s));
  }
  if (frames > kMaxSamples / info.num_channels) {
    format_error(decoder.name(), "lasts " + seconds(found_s) + " in " +
                                     std::to_string(info.num_channels) + " channels at " +
                                     std::to_string(info.rate_hz) +
                                     " Hz, too much to hold in 8 GB of memory; cut it first");
  }
}

void check_finite(const AudioBuffer& audio, const std::string& name) {
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto samples = audio.channel(c);
    const auto bad =
        std::find_if(samples.begin(), samples.end(), [](float x) { return !std::isfinite(x); });
    if (bad == samples.end()) continue;
    format_error(name, "holds a sample that is not a finite number (channel " + std::to_string(c) +
                           ", frame " + std::to_string(bad - samples.begin()) + ")");
  }
}

void deinterleave(const std::vector<float>& block, std::size_t count, AudioBuffer& to,
                  std::size_t at) {
  const std::size_t channels = to.num_channels();
  for (std::size_t c = 0; c < channels; ++c) {
    const auto out = to.channel(c).subspan(at, count);
    for (std::size_t i = 0; i < count; ++i) out[i] = block[i * channels + c];
  }
}

AudioBuffer read_all(Decoder& decoder, const ReadOptions& options) {
  const AudioInfo& info = decoder.info();
  const std::uint64_t start = std::min(options.start_frame, info.num_frames);
  std::uint64_t wanted = options.max_frames;
  const std::uint64_t promised = std::min(info.num_frames - start, wanted);
  check_length(decoder, promised, options);
  decoder.seek(start);
  const auto room = decoder.length_is_plausible(promised) ? promised : std::uint64_t{kBlockFrames};
  AudioBuffer out(info.num_channels, static_cast<std::size_t>(room), info.rate_hz);
  std::vector<float> block(kBlockFrames * info.num_channels);
  std::size_t filled = 0;
  while (wanted > 0) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kBlockFrames, wanted));
    const std::size_t n = decoder.read(block.data(), count);
    if (n == 0) break;
    if (filled + n > out.num_frames()) {
      check_length(decoder, filled + n, options);
      out.resize_frames(std::max(filled + n, 2 * out.num_frames()));
    }
    deinterleave(block, n, out, filled);
    filled += n;
    wanted -= n;
  }
  if (filled == 0 && promised > 0) format_error(decoder.name(), "holds no audio that decodes");
  out.resize_frames(filled);
  if (options.reject_non_finite) check_finite(out, decoder.name());
  return out;
}

}  // namespace

AudioInfo probe_audio(const std::filesystem::path& path) { return Decoder(path).info(); }

AudioBuffer read_audio(const std::filesystem::path& path, const ReadOptions& options) {
  Decoder decoder(path);
  return read_all(decoder, options);
}

AudioBuffer read_audio_bytes(std::string_view bytes, const std::string& name,
                             const ReadOptions& options) {
  Decoder decoder(bytes, name);
  return read_all(decoder, options);
}

struct AudioReader::Impl {
  explicit Impl(const std::filesystem::path& path) : decoder(path) {}
  Decoder decoder;
  std::vector<float> block;
};

AudioReader::AudioReader(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}
AudioReader::~AudioReader() = default;
AudioReader::AudioReader(AudioReader&&) noexcept = default;

const AudioInfo& AudioReader::info() const { return impl_->decoder.info(); }

AudioBuffer AudioReader::read(std::size_t max_frames) {
  const AudioInfo& info = impl_->decoder.info();
  impl_->block.resize(max_frames * info.num_channels);
  const std::size_t n = impl_->decoder.read(impl_->block.data(), max_frames);
  AudioBuffer out(info.num_channels, n, info.rate_hz);
  deinterleave(impl_->block, n, out, 0);
  check_finite(out, impl_->decoder.name());
  return out;
}

}  // namespace brandiron
