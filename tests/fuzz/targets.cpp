#include "targets.h"

#include <cstdlib>
#include <iterator>
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
#include "watermark/src/c2pa/time_stamp.h"

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

namespace {

namespace manifest = watermark::c2pa;

void check_verdict(const manifest::Report& report) {
  require(report.state != manifest::State::kTrusted);
  require((report.state == manifest::State::kInvalid || report.state == manifest::State::kValid) ==
          !report.failure.empty());
}

// A store whose one assertion has the right hash, whatever it holds: what no mutation gets past.
std::string store_around(const std::string& label, std::string_view content) {
  using manifest::Cbor;
  using manifest::write_box;
  using manifest::write_superbox;
  const std::string box = write_superbox("cbor", label, write_box("cbor", content));
  const Cbor reference = Cbor::record(
      {{"url", Cbor::text("self#jumbf=c2pa.assertions/" + label)},
       {"hash", Cbor::bytes(manifest::digest_of("sha256", std::string_view(box).substr(8)))}});
  const std::string claim =
      Cbor::record({{"created_assertions", Cbor::array({reference})}}).encode();
  return write_superbox(
      "c2pa", "c2pa",
      write_superbox("c2ma", "m",
                     write_superbox("c2as", "c2pa.assertions", box) +
                         write_superbox("c2cl", "c2pa.claim.v2", write_box("cbor", claim))));
}

}  // namespace

void c2pa(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = text_of(bytes, size);
  check_verdict(manifest::verify(text, {}));
}

void jumbf(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = text_of(bytes, size);
  try {
    require(manifest::parse_jumbf(text).whole.size() == size);
  } catch (const Error& error) {
    check_message(error);
  }
  check_verdict(manifest::verify_sidecar({}, text, {}));
  check_verdict(manifest::ParentManifest(text).report);
}

void cbor(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = text_of(bytes, size);
  try {
    const std::string once = manifest::Cbor::decode(text).encode();
    require(manifest::Cbor::decode(once).encode() == once);
    manifest::read_exclusions(manifest::Cbor::decode(text), 1000);
  } catch (const Error& error) {
    check_message(error);
  }
  constexpr const char* kLabels[] = {"c2pa.actions.v2", "c2pa.hash.data", "c2pa.soft-binding",
                                     "c2pa.ingredient.v3", "io.github.brandiron.disclosure"};
  const char* label = kLabels[size % std::size(kLabels)];  // one at a time is five times as fast
  check_verdict(manifest::verify_sidecar("file", store_around(label, text), {}));
}

void cose(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = text_of(bytes, size);
  try {
    const manifest::CoseMessage message = manifest::parse_cose(text);
    manifest::verify_cose(message, "claim");
    manifest::profile_breach(message.chain.front().get());
    manifest::judge_time_stamp(message.time_stamp, manifest::stamped_bytes(message, "claim"),
                               message.chain);
  } catch (const Error& error) {
    check_message(error);
  }
  manifest::judge_time_stamp(text, "claim", {});
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
