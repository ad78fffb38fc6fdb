#include "audio/sound_io.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace brandiron::sound_io {
namespace {

// The new position for a seek, or -1 where it would leave the file's start.
sf_count_t seek_to(sf_count_t offset, int whence, sf_count_t position, sf_count_t length) {
  const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : length;
  // Headers can hold any number: compare before adding.
  if (offset > 0 && base > (sf_count_t{1} << 60) - std::min(offset, sf_count_t{1} << 60)) return -1;
  const sf_count_t target = base + offset;
  return target < 0 ? -1 : target;
}

MemorySource& source_of(void* user) { return *static_cast<MemorySource*>(user); }
MemorySink& sink_of(void* user) { return *static_cast<MemorySink*>(user); }
FileSink& file_of(void* user) { return *static_cast<FileSink*>(user); }

sf_count_t source_length(void* user) {
  return static_cast<sf_count_t>(source_of(user).bytes.size());
}

sf_count_t source_tell(void* user) { return static_cast<sf_count_t>(source_of(user).position); }

sf_count_t source_seek(sf_count_t offset, int whence, void* user) {
  const sf_count_t target = seek_to(offset, whence, source_tell(user), source_length(user));
  if (target >= 0) source_of(user).position = static_cast<std::size_t>(target);
  return target;
}

sf_count_t source_read(void* to, sf_count_t count, void* user) {
  MemorySource& source = source_of(user);
  if (count <= 0 || source.position >= source.bytes.size()) return 0;
  const std::size_t n =
      std::min(static_cast<std::size_t>(count), source.bytes.size() - source.position);
  std::memcpy(to, source.bytes.data() + source.position, n);
  source.position += n;
  return static_cast<sf_count_t>(n);
}

sf_count_t no_write(const void*, sf_count_t, void*) { return 0; }

sf_count_t sink_length(void* user) { return static_cast<sf_count_t>(sink_of(user).bytes.size()); }

sf_count_t sink_tell(void* user) { return static_cast<sf_count_t>(sink_of(user).position); }

sf_count_t sink_seek(sf_count_t offset, int whence, void* user) {
  const sf_count_t target = seek_to(offset, whence, sink_tell(user), sink_length(user));
  if (target >= 0) sink_of(user).position = static_cast<std::size_t>(target);
  return target;
}

sf_count_t sink_read(void* to, sf_count_t count, void* user) {
  MemorySink& sink = sink_of(user);
  if (count <= 0 || sink.position >= sink.bytes.size()) return 0;
  const std::size_t n =
      std::min(static_cast<std::size_t>(count), sink.bytes.size() - sink.position);
  std::memcpy(to, sink.bytes.data() + sink.position, n);
  sink.position += n;
  return static_cast<sf_count_t>(n);
}

sf_count_t sink_write(const void* from, sf_count_t count, void* user) {
  MemorySink& sink = sink_of(user);
  if (count <= 0) return 0;
  const auto n = static_cast<std::size_t>(count);
  if (sink.position + n > sink.bytes.size()) sink.bytes.resize(sink.position + n);
  std::memcpy(sink.bytes.data() + sink.position, from, n);
  sink.position += n;
  return count;
}

void note(FileSink& sink, bool failed) {
  if (failed && sink.first_errno == 0) sink.first_errno = errno != 0 ? errno : EIO;
}

sf_count_t file_tell(void* user) { return ::ftello(file_of(user).file); }

sf_count_t file_seek(sf_count_t offset, int whence, void* user) {
  FileSink& sink = file_of(user);
  errno = 0;
  const bool failed = ::fseeko(sink.file, offset, whence) != 0;
  note(sink, failed);
  return failed ? -1 : ::ftello(sink.file);
}

sf_count_t file_length(void* user) {
  FileSink& sink = file_of(user);
  const off_t here = ::ftello(sink.file);
  errno = 0;
  note(sink, ::fseeko(sink.file, 0, SEEK_END) != 0);
  const off_t length = ::ftello(sink.file);
  note(sink, ::fseeko(sink.file, here, SEEK_SET) != 0);
  return length;
}

sf_count_t file_read(void* to, sf_count_t count, void* user) {
  return static_cast<sf_count_t>(std::fread(
      to, 1, static_cast<std::size_t>(std::max<sf_count_t>(count, 0)), file_of(user).file));
}

sf_count_t file_write(const void* from, sf_count_t count, void* user) {
  FileSink& sink = file_of(user);
  if (count <= 0) return 0;
  errno = 0;
  const std::size_t n = std::fwrite(from, 1, static_cast<std::size_t>(count), sink.file);
  note(sink, n != static_cast<std::size_t>(count));
  return static_cast<sf_count_t>(n);
}

}  // namespace

SF_VIRTUAL_IO* memory_source_callbacks() {
  static SF_VIRTUAL_IO callbacks{source_length, source_seek, source_read, no_write, source_tell};
  return &callbacks;
}

SF_VIRTUAL_IO* memory_sink_callbacks() {
  static SF_VIRTUAL_IO callbacks{sink_length, sink_seek, sink_read, sink_write, sink_tell};
  return &callbacks;
}

SF_VIRTUAL_IO* file_sink_callbacks() {
  static SF_VIRTUAL_IO callbacks{file_length, file_seek, file_read, file_write, file_tell};
  return &callbacks;
}

SNDFILE* open_sound(const std::function<SNDFILE*()>& how, std::string& reason) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  SNDFILE* file = how();
  if (file == nullptr) reason = sf_strerror(nullptr);
  return file;
}

}  // namespace brandiron::sound_io
