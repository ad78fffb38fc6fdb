#include "brandiron/core/audio/tags.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "audio/tags_internal.h"
#include "brandiron/core/error.h"
#include "brandiron/core/mapped_file.h"
#include "brandiron/core/temporary.h"

namespace brandiron {

using namespace tags_internal;  // NOLINT(google-build-using-namespace): the parts of this file

namespace tags_internal {

std::string apply_edits(std::string_view file, const Edits& edits) {
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    out.append(file.substr(at, edit.start - at)).append(edit.bytes);
    at = edit.end;
  }
  return out.append(file.substr(at));
}

}  // namespace tags_internal

namespace {

constexpr std::size_t kMpegSearchBytes = 4096;
constexpr std::size_t kTailBytes = std::size_t{1} << 20U;  // rewritten where it stands

// A header of MPEG audio: sync, and none of the reserved values.
bool is_mpeg_header(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  return byte(0) == 0xFF && (byte(1) & 0xE0U) == 0xE0U && (byte(1) & 0x18U) != 0x08U &&
         (byte(1) & 0x06U) != 0 && (byte(2) & 0xF0U) != 0xF0U && (byte(2) & 0x0CU) != 0x0CU;
}

bool is_mpeg(std::string_view file) {
  const std::size_t start = id3_size(file);
  for (std::size_t i = start; i < start + kMpegSearchBytes && i + 4 <= file.size(); ++i) {
    if (is_mpeg_header(file.substr(i, 4))) return true;
  }
  return false;
}

Tags tidy(const Tags& tags) {
  Tags out;
  for (const auto& [key, value] : tags) {
    // A key with a NUL in it must not pass for the one without.
    if (key.find('\0') != std::string::npos) continue;
    out.emplace_back(clean_text(upper(key)), clean_text(value));
  }
  return out;
}

Tags read_container(std::string_view file) {
  if (riff::read_layout(file.substr(0, riff::kFileHeadBytes)).is_wave()) return read_wav(file);
  if (file.starts_with("OggS")) return read_ogg(file);
  Tags tags;
  if (is_flac(file)) add_new_keys(tags, read_flac(file));
  add_new_keys(tags, read_id3(file));
  return tags;
}

Tags read_any(std::string_view file) {
  Tags tags = read_container(file);
  add_new_keys(tags, read_history(tag_value(tags, "CODING_HISTORY")));
  return tags;
}

void check_keys(const Tags& tags) {
  for (const auto& [key, value] : tags) {
    const bool good = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
      return c >= 0x20 && c <= 0x7D && c != '=';
    });
    if (!good) {
      throw Error(ErrorCode::kInvalidArgument,
                  "tag \"" + ascii_text(key) + "\": expected printable ASCII without \"=\"");
    }
  }
}

Edits edits_for(std::string_view file, const Tags& raw) {
  check_keys(raw);
  const Tags tags = tidy(raw);
  if (riff::read_layout(file.substr(0, riff::kFileHeadBytes)).is_wave()) {
    return wav_edits(file, tags);
  }
  if (file.starts_with("OggS")) return ogg_edits(file, tags);
  if (is_flac(file)) return flac_edits(file, tags);
  if (!is_mpeg(file)) {
    throw Error(ErrorCode::kFormat,
                "tags cannot be written to it; expected WAV, FLAC, MP3, Ogg Vorbis or Opus");
  }
  return {{0, id3_size(file), id3_with(file, tags)}};
}

// Puts the file's name before the message.
template <typename Work>
auto naming(const std::string& name, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.code(), name + ": " + error.what());
  }
}

// A descriptor that writes all or throws.
class Output {
 public:
  Output(std::filesystem::path path, int flags)
      : path_(std::move(path)), fd_(::open(path_.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail();
  }
  ~Output() {
    if (fd_ >= 0) ::close(fd_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes, std::size_t at) {
    while (!bytes.empty()) {
      const ::ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<::off_t>(at));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      bytes.remove_prefix(static_cast<std::size_t>(written));
      at += static_cast<std::size_t>(written);
    }
  }
  void cut(std::size_t size) {
    if (::ftruncate(fd_, static_cast<::off_t>(size)) != 0) fail();
  }
  void close() {
    if (::close(std::exchange(fd_, -1)) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kOutput, path_.string() + ": tags cannot be written: " +
                                        std::generic_category().message(errno));
  }
  std::filesystem::path path_;
  int fd_;
};

// Where the bytes begin to move, if they do.
std::size_t first_move(const Edits& edits, std::size_t none) {
  for (const Edit& edit : edits) {
    if (edit.bytes.size() != edit.end - edit.start) return edit.start;
  }
  return none;
}

// The audio stays where it is: only bytes before it that keep their length, and the tail.
void write_in_place(const std::filesystem::path& path, std::string_view file, Edits edits,
                    std::size_t from) {
  Edits tail_edits;
  std::erase_if(edits, [&](const Edit& edit) {
    if (edit.start < from) return false;
    tail_edits.push_back({edit.start - from, edit.end - from, edit.bytes});
    return true;
  });
  const std::string tail = apply_edits(file.substr(from), tail_edits);
  Output out(path, O_WRONLY);
  for (const Edit& edit : edits) out.write(edit.bytes, edit.start);
  out.write(tail, from);
  out.cut(from + tail.size());
  out.close();
}

void write_anew(const std::filesystem::path& path, std::string_view file, const Edits& edits) {
  const TemporaryPath making(path.string() + ".tags." + std::to_string(::getpid()));
  Output out(making.path(), O_WRONLY | O_CREAT | O_EXCL);
  std::size_t at = 0, to = 0;
  const auto put = [&](std::string_view bytes) {
    out.write(bytes, to);
    to += bytes.size();
  };
  for (const Edit& edit : edits) {
    put(file.substr(at, edit.start - at));
    put(edit.bytes);
    at = edit.end;
  }
  put(file.substr(at));
  out.close();
  std::error_code error;
  const auto permissions = std::filesystem::status(path, error).permissions();
  if (!error) std::filesystem::permissions(making.path(), permissions, error);
  if (!error) std::filesystem::rename(making.path(), path, error);
  if (error) {
    throw Error(ErrorCode::kOutput, path.string() + ": tags cannot be written: " + error.message());
  }
}

}  // namespace

std::vector<std::string> tag_values(const Tags& tags, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& [name, value] : tags) {
    if (name == key) values.push_back(value);
  }
  return values;
}

std::string tag_value(const Tags& tags, std::string_view key) {
  const auto values = tag_values(tags, key);
  return values.empty() ? std::string() : values.front();
}

Tags read_tags_bytes(std::string_view file, const std::string& name) {
  return naming(name, [&] { return tidy(read_any(file)); });
}

Tags read_tags(const std::filesystem::path& path) {
  const MappedFile file(path);
  return read_tags_bytes(file.bytes(), path.string());
}

std::string with_tags(std::string_view file, const Tags& tags, const std::string& name) {
  return naming(name, [&] { return apply_edits(file, edits_for(file, tags)); });
}

void write_tags(const std::filesystem::path& path, const Tags& tags) {
  const MappedFile file(path);
  const std::string_view bytes = file.bytes();
  const Edits edits = naming(path.string(), [&] { return edits_for(bytes, tags); });
  const std::size_t from = first_move(edits, bytes.size());
  if (bytes.size() - from <= kTailBytes) {
    write_in_place(path, bytes, edits, from);
  } else {
    write_anew(path, bytes, edits);
  }
}

}  // namespace brandiron
