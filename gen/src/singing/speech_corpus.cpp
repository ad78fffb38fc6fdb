#include "brandiron/gen/speech_corpus.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "singing/voice_bank.h"

namespace brandiron::gen {
namespace {

using singing::kFrameBytes;
using singing::kNumBands;
static_assert(kFrameBytes == kSingerFrameSize);

constexpr char kMagic[4] = {'B', 'R', 'V', 'S'};
constexpr std::uint32_t kVersion = 1;

template <typename T>
void append(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kFormat, name + ": " + what);
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  template <typename T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view take(std::size_t n) {
    if (n > bytes_.size() - position_) refuse(name_, "speech corpus ends early; make it again");
    position_ += n;
    return bytes_.substr(position_ - n, n);
  }
  std::string_view rest() const { return bytes_.substr(position_); }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
  const std::string& name_;
};

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

SpokenPhrase read_phrase(Reader& in, const std::string& name) {
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

// Letters and apostrophes outside {slots}; "@" and "#" lines are not sung.
void collect_words(const std::string& text, std::set<std::string>& words) {
  std::string word;
  bool slot = false, skip = false, line_start = true;
  for (const char c : text + "\n") {
    if (line_start) skip = c == '#' || c == '@' || c == '=';
    line_start = c == '\n';
    if (c == '{') slot = true;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'';
    if (letter && !slot && !skip) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else {
      if (!word.empty() && word.front() != '\'') words.insert(word);
      word.clear();
    }
    if (c == '}') slot = false;
  }
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
  Reader in(bytes, name);
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

std::vector<std::string> lyric_words() {
  std::set<std::string> words;
  const std::filesystem::path home = home_folder() / "configs" / "lyrics";
  for (const char* folder : {"verses", "choruses", "hooks", "slots"}) {
    for (const auto& entry : std::filesystem::directory_iterator(home / folder)) {
      if (entry.path().extension() == ".txt") collect_words(read_file(entry.path()), words);
    }
  }
  return {words.begin(), words.end()};
}

}  // namespace brandiron::gen
