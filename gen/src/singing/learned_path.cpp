#include "singing/learned_path.h"

#include <algorithm>
#include <cmath>

namespace brandiron::gen::singing {
namespace {

constexpr int kPauseFrames = 24;
constexpr float kSemitone = 0.05776226505F;  // ln 2 / 12

int stress_of(const PlannedSyllable& syllable) {
  const std::string& label = syllable.nucleus.label;
  return !label.empty() && (label.back() == '1' || label.back() == '2') ? 1 : 0;
}

// Vowels at their speech length or somewhat longer; the time maps stretch their middles. Consonants
// as sung, as far as speech goes.
int natural_frames(const PlannedPhone& phone, const VoiceBank& bank) {
  const double speech = static_cast<double>(bank.duration_s[static_cast<std::size_t>(phone.id)]);
  const bool held = phone.nucleus || is_vowel(phone.id);
  const double low = held ? 1.0 * speech : 0.7 * speech, high = held ? 1.6 * speech : 1.7 * speech;
  const double length = std::clamp(phone.duration_s(), low, high);
  return std::max(3, static_cast<int>(std::lround(length / kFrameHop)));
}

float mean_midi(const Chunk& chunk) {
  double sum = 0, count = 0;
  for (const PlannedSyllable& s : chunk.syllables) {
    for (const PitchTarget& t : s.targets) {
      sum += t.midi;
      ++count;
    }
  }
  return count > 0 ? static_cast<float>(sum / count) : 60.0F;
}

PhoneFeatures features_of(const Chunk& chunk, const PlannedPhone& phone, const VoiceBank& bank,
                          float middle) {
  const PlannedSyllable& s = chunk.syllables[static_cast<std::size_t>(phone.syllable)];
  PhoneFeatures f;
  f.id = phone.id;
  f.frames = natural_frames(phone, bank);
  f.stress = stress_of(s);
  if (!s.targets.empty() && phone_info(phone.id).voiced) {
    f.pitch = kSemitone * (static_cast<float>(s.targets.front().midi) - middle);
  }
  return f;
}

// How much of the network's change is taken, by frames from the nearer join. Connected speech is
// smoother at its joins and slurs what lies between them: words are understood better from the
// bank's middles (docs/voice.md).
float learned_share(std::size_t frame, std::size_t count) {
  constexpr float kAtJoin = 0.5F, kWhole = 2.0F, kRamp = 4.0F;
  const float away = static_cast<float>(std::min(frame, count - 1 - frame)) + 0.5F;
  return kAtJoin * (1.0F - std::clamp((away - kWhole) / kRamp, 0.0F, 1.0F));
}

// Takes the network's numbers of a phone, beginning at `at`, into its drafted frames.
void blend(const std::vector<float>& made, std::size_t& at, PhoneFrames& phone) {
  for (std::size_t f = 0; f < phone.frames.size(); ++f) {
    const float share = learned_share(f, phone.frames.size());
    for (float& db : phone.frames[f].bands_db) db += share * (made.at(at++) - db);
    for (float& noise : phone.frames[f].shares) noise += share * (made.at(at++) - noise);
  }
}

}  // namespace

void append_numbers(const std::vector<BankFrame>& frames, std::vector<float>& out) {
  for (const BankFrame& f : frames) {
    out.insert(out.end(), std::begin(f.bands_db), std::end(f.bands_db));
    out.insert(out.end(), std::begin(f.shares), std::end(f.shares));
  }
}

std::vector<PhoneFrames> learned_frames(const Chunk& chunk, const VoiceBank& bank,
                                        const SingerModel& model) {
  const float middle = mean_midi(chunk);
  PhoneFeatures pause;
  pause.frames = kPauseFrames;
  std::vector<PhoneFeatures> features = {pause};
  for (const PlannedPhone& p : chunk.phones) {
    features.push_back(features_of(chunk, p, bank, middle));
  }
  features.push_back(pause);

  const int opening = chunk.phones.front().id;
  std::vector<PhoneFrames> phones = {
      in_frames(phone_frames(bank, kPausePhone, kPausePhone, opening), kPausePhone, kPauseFrames)};
  for (std::size_t i = 0; i <= chunk.phones.size(); ++i) {
    const Neighbours n = neighbours(chunk, i);
    phones.push_back(in_frames(phone_frames(bank, n.previous, n.phone, n.next), n.phone,
                               features[i + 1].frames));
  }
  std::vector<float> draft;
  for (const PhoneFrames& p : phones) append_numbers(p.frames, draft);
  const std::vector<float> made = model.envelopes(features, draft, bank.header.voice);
  std::size_t at = 0;
  for (PhoneFrames& p : phones) blend(made, at, p);
  phones.erase(phones.begin());
  return phones;
}

}  // namespace brandiron::gen::singing

namespace brandiron::gen {

std::vector<float> bank_draft(const std::string& voice, std::span<const PhoneFeatures> phones) {
  using namespace singing;
  const auto bank = load_voice_bank(voice);
  std::vector<float> out;
  for (std::size_t i = 0; i < phones.size(); ++i) {
    const int previous = i > 0 ? phones[i - 1].id : kPausePhone;
    const int next = i + 1 < phones.size() ? phones[i + 1].id : kPausePhone;
    const PhoneFrames source = phone_frames(*bank, previous, phones[i].id, next);
    append_numbers(in_frames(source, phones[i].id, phones[i].frames).frames, out);
  }
  return out;
}

}  // namespace brandiron::gen
