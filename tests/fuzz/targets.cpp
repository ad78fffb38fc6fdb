#include "targets.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/riff.h"
#include "brandiron/core/audio/tags.h"
#include "brandiron/core/config.h"
#include "brandiron/core/disclosure_tags.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/c2pa.h"
#include "brandiron/watermark/key.h"
#include "watermark/src/c2pa/cbor.h"
#include "watermark/src/c2pa/cose.h"
#include "watermark/src/c2pa/data_hash.h"
#include "watermark/src/c2pa/jumbf.h"

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

// Whole files and sidecars first; then the parsers behind the hashes that no mutation gets past.
void c2pa(const std::uint8_t* bytes, std::size_t size) {
  namespace c2pa = watermark::c2pa;
  const std::string_view text = text_of(bytes, size);
  for (const auto& report : {c2pa::verify(text, {}), c2pa::verify_sidecar({}, text, {})}) {
    require(report.state != c2pa::State::kTrusted);
    require((report.state == c2pa::State::kInvalid || report.state == c2pa::State::kValid) ==
            !report.failure.empty());
  }
  try {
    const std::string once = c2pa::Cbor::decode(text).encode();
    require(c2pa::Cbor::decode(once).encode() == once);
    c2pa::read_exclusions(c2pa::Cbor::decode(text), 1000);
  } catch (const Error& error) {
    check_message(error);
  }
  try {
    c2pa::verify_cose(c2pa::parse_cose(text), "claim");
  } catch (const Error& error) {
    check_message(error);
  }
  try {
    require(c2pa::parse_jumbf(text).whole.size() == size);
  } catch (const Error& error) {
    check_message(error);
  }
}

void riff(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file = text_of(bytes, size);
  const riff::Layout layout = riff::read_layout(file);
  require(layout.end <= size && layout.list_end <= layout.end);
  std::size_t before = riff::kFileHeadBytes;
  for (const riff::Chunk& chunk : layout.chunks) {
    require(chunk.start == before && chunk.end <= layout.end);
    require(chunk.content_start() + chunk.size <= chunk.end);
    require(chunk.content(file).size() == chunk.size);
    before = chunk.end;
  }
  if (layout.form.empty()) return;
  std::string head(file.substr(0, riff::end_bytes(file)));
  try {
    riff::set_end(head, size);
    require(riff::read_layout(head + std::string(file.substr(head.size()))).end == size);
  } catch (const Error& error) {
    check_message(error);
  }
}

// What is written is read, twice the same, and leaves the audio of a WAV alone.
void tags(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file = text_of(bytes, size);
  try {
    const Tags before = read_tags_bytes(file, "fuzz");
    read_disclosure_tags(before);
    DisclosureFacts facts;
    facts.title = "fuzz";
    facts.content_id = "00000000-0000-7000-8000-000000000000";
    const Tags wanted = disclosure_tags(facts, before);
    const std::string once = with_tags(file, wanted, "fuzz");
    const Tags after = read_tags_bytes(once, "fuzz");
    require(tag_value(after, "CONTENT_ID") == facts.content_id);
    require(tag_value(after, "AI_GENERATED") == "true");
    require(with_tags(once, wanted, "fuzz") == once);
    const riff::Layout old_layout = riff::read_layout(file), layout = riff::read_layout(once);
    if (const riff::Chunk* data = old_layout.find("data"); data != nullptr && layout.is_wave()) {
      require(layout.find("data")->content(once) == data->content(file));
    }
  } catch (const Error& error) {
    check_message(error);
  }
}

}  // namespace brandiron::fuzz
