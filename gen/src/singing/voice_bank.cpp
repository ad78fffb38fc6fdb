#include "singing/voice_bank.h"

#include <cstring>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "singing/packed_bytes.h"

namespace brandiron::gen::singing {
namespace {

constexpr char kMagic[4] = {'B', 'R', 'V', 'B'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxBankBytes = std::size_t{64} << 20;

constexpr const char* kTooShort =
    "voice bank ends early; make it again with `brandiron train singer --prepare`";

std::string payload_of(const VoiceBank& bank) {
  std::string out;
  for (float d : bank.duration_s) append(out, d);
  for (const Diphone& d : bank.diphones) {
    append(out, d.first_frame);
    append(out, d.left_frames);
    append(out, d.right_frames);
  }
  append(out, static_cast<std::uint32_t>(bank.num_frames()));
  out.append(reinterpret_cast<const char*>(bank.frames.data()), bank.frames.size());
  return out;
}

void read_payload(PackedReader& in, const std::string& name, VoiceBank& bank) {
  for (float& d : bank.duration_s) {
    d = in.get<float>();
    if (!(d >= 0.0F && d < 2.0F)) refuse(name, "a phone duration is outside 0 .. 2 s");
  }
  for (Diphone& d : bank.diphones) {
    d.first_frame = in.get<std::uint32_t>();
    d.left_frames = in.get<std::uint16_t>();
    d.right_frames = in.get<std::uint16_t>();
  }
  const std::size_t num = in.get<std::uint32_t>();
  if (in.rest().size() != num * kFrameBytes) refuse(name, "frame count does not match the size");
  for (const Diphone& d : bank.diphones) {
    if (std::size_t{d.first_frame} + d.left_frames + d.right_frames > num) {
      refuse(name, "a diphone points past the last frame");
    }
  }
  const std::string_view bytes = in.take(num * kFrameBytes);
  bank.frames.assign(bytes.begin(), bytes.end());
}

}  // namespace

double mel_from_hz(double hz) { return 2595.0 * det::log10(1.0 + hz / 700.0); }
double hz_from_mel(double mel) {
  return 700.0 * (det::exp(mel / 2595.0 * 2.302585092994046) - 1.0);
}
double band_hz(double index) {
  return hz_from_mel(index * mel_from_hz(kBankTopHz) / (kNumBands - 1));
}
double band_index(double hz) { return mel_from_hz(hz) / mel_from_hz(kBankTopHz) * (kNumBands - 1); }

std::string VoiceBank::serialise() const {
  const std::string payload = payload_of(*this);
  const nlohmann::ordered_json json = {
      {"format", "brandiron.voice-bank"}, {"voice", header.voice},     {"speaker", header.speaker},
      {"source", header.source},          {"licence", header.licence}, {"consent", header.consent},
      {"sha256", sha256_hex(payload)}};
  const std::string text = json.dump();
  std::string out(kMagic, sizeof kMagic);
  append(out, kVersion);
  append(out, static_cast<std::uint32_t>(text.size()));
  return out + text + payload;
}

VoiceBank VoiceBank::parse(std::string_view bytes, const std::string& name) {
  PackedReader in(bytes, name, kTooShort);
  if (std::memcmp(in.take(4).data(), kMagic, 4) != 0) refuse(name, "not a voice bank (no BRVB)");
  const auto version = in.get<std::uint32_t>();
  if (version != kVersion) {
    refuse(name,
           "voice bank version " + std::to_string(version) + ", expected 1; update Brandiron");
  }
  const std::string_view text = in.take(in.get<std::uint32_t>());
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) refuse(name, "the voice bank's header is not JSON");
  const auto field = [&](const char* key) {
    const auto it = json.find(key);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  VoiceBank bank;
  bank.header = {field("voice"),   field("speaker"), field("source"),
                 field("licence"), field("consent"), field("sha256")};
  if (sha256_hex(in.rest()) != bank.header.sha256) {
    refuse(name, "the voice bank's SHA-256 does not match its header; the file is damaged");
  }
  read_payload(in, name, bank);
  return bank;
}

std::shared_ptr<const VoiceBank> load_voice_bank(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const VoiceBank>> cache;
  const std::lock_guard lock(mutex);
  if (const auto it = cache.find(name); it != cache.end()) return it->second;

  const std::filesystem::path folder = home_folder() / "models" / "weights";
  const std::filesystem::path path = folder / ("voice-" + name + ".bank");
  std::error_code ignored;
  if (name.empty() || name.find('/') != std::string::npos ||
      !std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorCode::kModel, "voice bank \"" + name + "\": no file " + path.string() +
                                       "; the shipped banks are kal16, rms, awb and slt");
  }
  auto bank = std::make_shared<const VoiceBank>(
      VoiceBank::parse(read_file(path, kMaxBankBytes), path.string()));
  cache[name] = bank;
  return bank;
}

}  // namespace brandiron::gen::singing
