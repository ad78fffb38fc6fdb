#pragma once

#include <sndfile.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace brandiron::sound_io {

/// Bytes in memory for libsndfile to read.
struct MemorySource {
  std::string_view bytes;
  std::size_t position = 0;
};

/// Bytes in memory for libsndfile to write.
struct MemorySink {
  std::string bytes;
  std::size_t position = 0;
};

/// A stream that remembers the first error: the codecs behind libsndfile (LAME) ignore short
/// writes.
struct FileSink {
  std::FILE* file = nullptr;
  int first_errno = 0;
};

/// Callbacks; the user data is a pointer to the struct of the same name.
SF_VIRTUAL_IO* memory_source_callbacks();
SF_VIRTUAL_IO* memory_sink_callbacks();
SF_VIRTUAL_IO* file_sink_callbacks();

/// What `how` opens; null, and `reason` why, where it can't. One at a time: libsndfile keeps the
/// reason in one place for all threads.
SNDFILE* open_sound(const std::function<SNDFILE*()>& how, std::string& reason);

}  // namespace brandiron::sound_io
