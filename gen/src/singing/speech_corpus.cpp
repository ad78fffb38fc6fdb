#include "brandiron/gen/speech_corpus.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "singing/packed_bytes.h"
#include "singing/voice_bank.h"

namespace brandiron::gen {
namespace {

using singing::append;
using singing::kFrameBytes;
using singing::kNumBands;
using singing::PackedReader;
using singing::refuse;
static_assert(kFrameBytes == kSingerFrameSize);

constexpr char kMagic[4] = {'B', 'R', 'V', 'S'};
constexpr std::uint32_t kVersion = 1;

constexpr const char* kTooShort = "speech corpus ends early; make it again";

std::string payload_of(const SpeechCorpus& corpus) {
  std::string out;
  append(out, static_cast<std::uint32_t>(corpus.phrases.size()));
  for (const SpokenPhrase& phrase : corpus.phrases) {
    append(out, static_cast<std::uint16_t>(phrase.phones.size()));
    append(out, static_cast<std::uint32_t>(phrase.num_frames()));
    for (const PhoneFeatures& p : phrase.phones) {
      append(out, static_cast<std::uint8_t>(p.id));
      append(out, static_cast<std::uint8_t>(p.stress));
      append(out, static_cast<std::uint16_t>(p.frames));
      append(out, p.pitch);
      append(out, p.slope);
      append(out, p.effort_db);
    }
    out.append(reinterpret_cast<const char*>(phrase.frames.data()), phrase.frames.size());
  }
  return out;
}

SpokenPhrase read_phrase(PackedReader& in, const std::string& name) {
  SpokenPhrase phrase;
  const std::size_t num_phones = in.get<std::uint16_t>();
  const std::size_t num_frames = in.get<std::uint32_t>();
  std::size_t sum = 0;
  for (std::size_t i = 0; i < num_phones; ++i) {
    PhoneFeatures p;
    p.id = in.get<std::uint8_t>();
    p.stress = in.get<std::uint8_t>();
    p.frames = in.get<std::uint16_t>();
    p.pitch = in.get<float>();
    p.slope = in.get<float>();
    p.effort_db = in.get<float>();
    if (p.id >= singing::kNumPhones || p.stress > 2 || p.frames < 1) {
      refuse(name, "speech corpus holds a phone that does not exist");
    }
    sum += static_cast<std::size_t>(p.frames);
    phrase.phones.push_back(p);
  }
  if (sum != num_frames) refuse(name, "the phones of a phrase do not last as long as its frames");
  const std::string_view bytes = in.take(num_frames * kFrameBytes);
  phrase.frames.assign(bytes.begin(), bytes.end());
  return phrase;
}

}  // namespace

std::vector<float> SpokenPhrase::decoded(std::size_t first, std::size_t count) const {
  std::vector<float> out;
  out.reserve(count * kSingerFrameSize);
  const std::uint8_t* bytes = frames.data() + first * kSingerFrameSize;
  for (std::size_t f = 0; f < count; ++f) {
    for (int b = 0; b < kSingerFrameSize; ++b, ++bytes) {
      out.push_back(b < kNumBands ? singing::kMinDb + singing::kStepDb * static_cast<float>(*bytes)
                                  : static_cast<float>(*bytes) / 255.0F);
    }
  }
  return out;
}

std::string SpeechCorpus::serialise() const {
  const std::string payload = payload_of(*this);
  const nlohmann::ordered_json json = {{"format", "brandiron.speech-corpus"},
                                       {"voice", voice},
                                       {"speaker", speaker},
                                       {"source", source},
                                       {"licence", licence},
                                       {"consent", consent},
                                       {"sha256", sha256_hex(payload)}};
  const std::string text = json.dump();
  std::string out(kMagic, sizeof kMagic);
  append(out, kVersion);
  append(out, static_cast<std::uint32_t>(text.size()));
  return out + text + payload;
}

SpeechCorpus SpeechCorpus::parse(std::string_view bytes, const std::string& name) {
  PackedReader in(bytes, name, kTooShort);
  if (std::memcmp(in.take(4).data(), kMagic, 4) != 0) refuse(name, "not a speech corpus (no BRVS)");
  if (in.get<std::uint32_t>() != kVersion) refuse(name, "speech corpus of another version");
  const auto json = nlohmann::json::parse(in.take(in.get<std::uint32_t>()), nullptr, false);
  if (!json.is_object()) refuse(name, "the speech corpus's header is not JSON");
  const auto field = [&](const char* key) {
    const auto it = json.find(key);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  SpeechCorpus corpus{field("voice"),   field("speaker"), field("source"),
                      field("licence"), field("consent"), {}};
  if (corpus.voice.empty() || corpus.licence.empty() || corpus.consent.empty()) {
    refuse(name,
           "the speech corpus does not state its voice, the speaker's consent and the licence; "
           "nothing is learnt from such speech");
  }
  if (sha256_hex(in.rest()) != field("sha256")) {
    refuse(name, "the speech corpus's SHA-256 does not match its header; the file is damaged");
  }
  const std::size_t count = in.get<std::uint32_t>();
  for (std::size_t i = 0; i < count; ++i) corpus.phrases.push_back(read_phrase(in, name));
  if (!in.rest().empty()) refuse(name, "speech corpus has bytes after its last phrase");
  return corpus;
}

std::vector<std::string> read_words(const std::filesystem::path& path) {
  std::vector<std::string> words;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const bool word = std::all_of(line.begin(), line.end(),
                                  [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
    if (!word) refuse(path.string(), "\"" + line + "\" is no word; expected a-z and ' alone");
    words.push_back(line);
  }
  if (words.empty()) refuse(path.string(), "no words; expected one a line");
  return words;
}

}  // namespace brandiron::gen
