#include "guard.h"

#include <exception>
#include <new>
#include <stdexcept>

#include "brandiron/core/version.h"
#include "brandiron/watermark/watermark.h"

namespace brandiron::watermark::c_api {
namespace {

// No string: to remember an error must not need memory.
thread_local char last_error[512] = "";

class WrongState : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConfig:
      return BRANDIRON_BAD_ARGUMENT;
    case ErrorCode::kIo:
    case ErrorCode::kRetry:
      return BRANDIRON_IO;
    case ErrorCode::kFormat:
      return BRANDIRON_FORMAT;
    case ErrorCode::kOutput:
      return BRANDIRON_OUTPUT;
    case ErrorCode::kUnsupported:
    case ErrorCode::kModel:
      return BRANDIRON_UNSUPPORTED;
    case ErrorCode::kInternal:
      break;
  }
  return BRANDIRON_INTERNAL;
}

}  // namespace

int fail(int status, const char* why) noexcept {
  const std::size_t n = std::min(std::strlen(why), sizeof last_error - 1);
  std::memcpy(last_error, why, n);
  last_error[n] = 0;
  return status;
}

int fail_with_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return fail(status_of(error.code()), error.what());
  } catch (const WrongState& error) {
    return fail(BRANDIRON_WRONG_STATE, error.what());
  } catch (const std::bad_alloc&) {
    return fail(BRANDIRON_NO_MEMORY, "out of memory");
  } catch (const std::length_error&) {
    return fail(BRANDIRON_NO_MEMORY, "more samples than fit in memory");
  } catch (const std::exception& error) {
    return fail(BRANDIRON_INTERNAL, error.what());
  } catch (...) {
    return fail(BRANDIRON_INTERNAL, "unknown error");
  }
}

void refuse(const std::string& what) { throw Error(ErrorCode::kInvalidArgument, what); }
void refuse_state(const std::string& what) { throw WrongState(what); }

void check_shape(std::size_t frames, std::int32_t channels, std::int32_t rate_hz) {
  constexpr std::int32_t kMaxChannels = 64;
  if (channels < 1 || channels > kMaxChannels) {
    refuse("found " + std::to_string(channels) + " channels, expected 1 to 64");
  }
  if (rate_hz < 1) refuse("found a rate of " + std::to_string(rate_hz) + " Hz, expected 1 or more");
  if (frames > SIZE_MAX / sizeof(float) / static_cast<std::size_t>(channels)) {
    refuse("found " + std::to_string(frames) + " frames, more than any memory holds");
  }
}

AudioBuffer planar(const float* samples, std::size_t frames, std::int32_t channels,
                   std::int32_t rate_hz) {
  if (frames > 0) not_null(samples, "samples");
  AudioBuffer audio(static_cast<std::size_t>(channels), frames, rate_hz);
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto to = audio.channel(c);
    for (std::size_t i = 0; i < frames; ++i) to[i] = samples[i * audio.num_channels() + c];
  }
  return audio;
}

void interleave(const AudioBuffer& from, std::size_t at, std::size_t frames, float* to) {
  const std::size_t channels = from.num_channels();
  for (std::size_t c = 0; c < channels; ++c) {
    const auto samples = from.channel(c).subspan(at, frames);
    for (std::size_t i = 0; i < frames; ++i) to[i * channels + c] = samples[i];
  }
}

}  // namespace brandiron::watermark::c_api

using namespace brandiron::watermark;
using c_api::give;
using c_api::guarded;
using c_api::not_null;

const char* brandiron_version(void) {
  static const std::string text = brandiron::version();
  return text.c_str();
}

const char* brandiron_scheme(void) { return kScheme; }

const char* brandiron_last_error(void) { return c_api::last_error; }

int brandiron_key_generate(brandiron_key** key) {
  return guarded([&] { give(key, "key", [&] { return new brandiron_key{Key::generate()}; }); });
}

int brandiron_key_demo(brandiron_key** key) {
  return guarded([&] { give(key, "key", [&] { return new brandiron_key{Key::demo()}; }); });
}

int brandiron_key_read(const char* path, brandiron_key** key) {
  return guarded([&] {
    give(key, "key", [&] { return new brandiron_key{Key::read(not_null(path, "path"))}; });
  });
}

int brandiron_key_write(const brandiron_key* key, const char* path, int overwrite) {
  return guarded([&] { not_null(key, "key")->key.write(not_null(path, "path"), overwrite != 0); });
}

int brandiron_key_fingerprint(const brandiron_key* key, char text[BRANDIRON_FINGERPRINT_SIZE]) {
  return guarded([&] {
    const std::string fingerprint = not_null(key, "key")->key.fingerprint();
    std::memcpy(not_null(text, "text"), fingerprint.c_str(), BRANDIRON_FINGERPRINT_SIZE);
  });
}

void brandiron_key_free(brandiron_key* key) { delete key; }
