#include "targets.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/key.h"

namespace brandiron::fuzz {
namespace {

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// The house rules for errors hold for any input.
void check_message(const Error& error) {
  const std::string_view message = error.what();
  if (message.empty() || message.find('\n') != std::string_view::npos) std::abort();
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

void audio(const std::uint8_t* bytes, std::size_t size) {
  ReadOptions options;
  options.max_duration_s = 2.0;
  options.max_frames = 100000;
  try {
    const AudioBuffer whole = read_audio_bytes(text_of(bytes, size), "fuzz", options);
    require(!whole.has_non_finite());
    require(whole.num_frames() <= options.max_frames);
    options.start_frame = whole.num_frames() / 2;
    read_audio_bytes(text_of(bytes, size), "fuzz", options);
  } catch (const Error& error) {
    check_message(error);
  }
}

void config(const std::uint8_t* bytes, std::size_t size) {
  try {
    Config config = Config::from_text(text_of(bytes, size), "fuzz.toml");
    config.set("a.b=1");
    require(config.get_int("a.b") == 1);
    config.check_all_used();
  } catch (const Error& error) {
    check_message(error);
  }
  try {
    Config config;
    config.set(text_of(bytes, size));
  } catch (const Error& error) {
    check_message(error);
  }
}

void key(const std::uint8_t* bytes, std::size_t size) {
  try {
    const auto key = watermark::Key::from_text(std::string(text_of(bytes, size)), "fuzz");
    require(key.fingerprint().size() == 8);
  } catch (const Error& error) {
    check_message(error);
  }
}

void effects(const std::uint8_t* bytes, std::size_t size) {
  try {
    const std::string text = EffectChain::parse(text_of(bytes, size)).to_string();
    require(EffectChain::parse(text).to_string() == text);
  } catch (const Error& error) {
    check_message(error);
  }
}

}  // namespace brandiron::fuzz
