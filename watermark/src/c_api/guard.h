#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/key.h"
#include "brandiron_watermark.h"

struct brandiron_key {
  brandiron::watermark::Key key;
};

// What all functions of the C interface share: nothing thrown leaves, sizes of structs are minded.
namespace brandiron::watermark::c_api {

/// Remembers why this thread's call failed, and gives the status back.
int fail(int status, const char* why) noexcept;
/// The exception in flight as a status.
int fail_with_current_exception() noexcept;

template <typename Work>
int guarded(const Work& work) noexcept {
  try {
    work();
    return BRANDIRON_OK;
  } catch (...) {
    return fail_with_current_exception();
  }
}

[[noreturn]] void refuse(const std::string& what);
/// A call that came too early or too late. @throws
[[noreturn]] void refuse_state(const std::string& what);

template <typename T>
T* not_null(T* pointer, const char* name) {
  if (pointer == nullptr) refuse(std::string(name) + " is null");
  return pointer;
}

/// Makes a handle and hands it to the caller, who must have a place for it.
template <typename T, typename Make>
void give(T** to, const char* name, const Make& make) {
  not_null(to, name);
  *to = make();
}

template <typename T>
void check_size(const T* sized) {
  // All structs are of the first version yet: a smaller one was never declared.
  if (sized->struct_size < sizeof(T)) {
    refuse("struct_size is " + std::to_string(sized->struct_size) + ", expected at least " +
           std::to_string(sizeof(T)) + "; set it to the size of the struct");
  }
}

/// The caller's options over the defaults; null means the defaults.
template <typename T>
T read_sized(const T* from, const T& defaults) {
  if (from == nullptr) return defaults;
  check_size(from);
  T out = defaults;
  std::memcpy(&out, from, sizeof(T));
  return out;
}

/// Fills as much of the caller's struct as it has; null is fine.
template <typename T>
void write_sized(T* to, const T& from) {
  if (to == nullptr) return;
  check_size(to);
  const std::size_t size = to->struct_size;
  std::memcpy(to, &from, sizeof(T));
  to->struct_size = size;
}

template <typename T>
void write_defaults(T* to, std::size_t struct_size, const T& defaults) noexcept {
  if (to == nullptr) return;
  std::memset(to, 0, struct_size);
  std::memcpy(to, &defaults, std::min(struct_size, sizeof(T)));
  if (struct_size >= sizeof to->struct_size) to->struct_size = struct_size;
}

/// Text into a field of fixed size, cut where it must be.
template <std::size_t kSize>
void copy_text(char (&to)[kSize], const std::string& from) noexcept {
  const std::size_t n = std::min(from.size(), kSize - 1);
  std::memcpy(to, from.data(), n);
  std::memset(to + n, 0, kSize - n);
}

/// Sizes that cannot be: no channels, too many, more samples than memory has addresses. @throws
void check_shape(std::size_t frames, std::int32_t channels, std::int32_t rate_hz);
/// Planar audio of interleaved frames. @throws Error for null samples, no channels, too many.
AudioBuffer planar(const float* samples, std::size_t frames, std::int32_t channels,
                   std::int32_t rate_hz);
void interleave(const AudioBuffer& from, std::size_t at, std::size_t frames, float* to);

inline constexpr std::size_t kBlockFrames = 16384;

}  // namespace brandiron::watermark::c_api
