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

}  // namespace

std::vector<std::vector<BankFrame>> learned_frames(const Chunk& chunk, const VoiceBank& bank,
                                                   const SingerModel& model) {
  if (!model.knows_voice(bank.header.voice)) return {};
  const float middle = mean_midi(chunk);
  PhoneFeatures pause;
  pause.frames = kPauseFrames;
  std::vector<PhoneFeatures> features = {pause};
  for (const PlannedPhone& p : chunk.phones) {
    const PlannedSyllable& s = chunk.syllables[static_cast<std::size_t>(p.syllable)];
    PhoneFeatures f;
    f.id = p.id;
    f.frames = natural_frames(p, bank);
    f.stress = stress_of(s);
    if (!s.targets.empty()) {
      const auto midi = static_cast<float>(s.targets.front().midi);
      f.pitch = phone_info(p.id).voiced ? kSemitone * (midi - middle) : 0.0F;
    }
    features.push_back(f);
  }
  features.push_back(pause);

  const std::vector<float> made = model.envelopes(features, bank.header.voice);
  std::vector<std::vector<BankFrame>> out;
  std::size_t at = kPauseFrames * static_cast<std::size_t>(kSingerFrameSize);
  for (std::size_t i = 1; i < features.size(); ++i) {
    std::vector<BankFrame>& frames = out.emplace_back(static_cast<std::size_t>(features[i].frames));
    for (BankFrame& f : frames) {
      for (float& db : f.bands_db) db = made.at(at++);
      for (float& share : f.shares) share = made.at(at++);
    }
  }
  return out;
}

}  // namespace brandiron::gen::singing
