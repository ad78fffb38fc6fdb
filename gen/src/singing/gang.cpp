// "Hey!", "whoa!": a handful of different men shouting one word, each a short song of this engine.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/gen/singer.h"
#include "singing/synthesis.h"

namespace brandiron::gen {
namespace {

constexpr int kNumShouters = 7;
constexpr int kTakes = 3;               // each shouter's different tries at the word
constexpr double kLead = 0.2;           // seconds of a take before its vowel
constexpr double kOnsetSpread = 0.022;  // standard deviation between men
constexpr std::array<int, 4> kIntervals = {0, -5, 7, -12};  // semitones from the shouted root

constexpr std::array<const char*, 2> kBanks = {"kal16", "rms"};

struct ShoutedWord {
  const char* text;
  const char *onset, *onset_label, *vowel, *vowel_label;
  double shortest_s, longest_s;  // how long it is held
  double take_s;                 // how long a take is
};
constexpr std::array<ShoutedWord, 2> kWords = {{
    {"hey", "hh", "HH", "ey", "EY1", 0.26, 0.40, 0.95},
    {"whoa", "w", "W", "ow", "OW1", 0.42, 0.60, 1.20},
}};

const ShoutedWord& shouted(const std::string& text) {
  for (const ShoutedWord& word : kWords) {
    if (text == word.text) return word;
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("gang: \"{}\" is not shouted; expected hey or whoa", text));
}

struct Shouter {
  std::vector<std::vector<float>> takes;
  float left = 1, right = 1;
};

VoiceParameters shouting_voice(const VoiceParameters& lead, int man, Rng& rng) {
  VoiceParameters v = lead;
  v.bank = kBanks[static_cast<std::size_t>(man) % kBanks.size()];
  v.formant_scale = 0.84 + 0.21 * man / (kNumShouters - 1);
  v.tilt_db_per_octave = 1.5;
  v.twang_db = 6.0;
  v.vibrato_cents = 0;
  v.scoop_cents = -350;
  v.scoop_s = 0.05;
  v.fall_cents = -500;
  v.rasp = rng.uniform(0.8, 1.0);
  v.fry = 0;
  v.breath_db = -22;
  v.layback_s = 0;
  v.portamento_s = 0.05;
  return v;
}

singing::PlannedPhone phone(const char* flite_name, const char* label) {
  singing::PlannedPhone p;
  p.id = singing::phone_id_from_flite(flite_name);
  p.label = label;
  return p;
}

std::vector<float> shout_once(const ShoutedWord& word, const VoiceParameters& voice, double midi,
                              double length_s, singing::Synthesiser& synthesiser,
                              const singing::VoiceBank& bank, int rate_hz, const Rng& rng) {
  singing::PlannedSyllable syllable;
  syllable.onset = {phone(word.onset, word.onset_label)};
  syllable.nucleus = phone(word.vowel, word.vowel_label);
  syllable.nucleus.nucleus = true;
  syllable.note_start_s = kLead;
  syllable.note_end_s = kLead + length_s;
  syllable.targets = {{kLead, midi}};
  syllable.phrase_start = syllable.phrase_end = true;
  std::vector<float> out(static_cast<std::size_t>(word.take_s * rate_hz), 0.0F);
  for (const auto& chunk : singing::plan_syllables({syllable}, voice, bank)) {
    synthesiser.sing_chunk(chunk, rng, out);
  }
  return out;
}

// Chest register of a grown man, wherever the song's tonic lies: C#3 .. C4.
double shouted_root(int tonic_pc) {
  const int pc = ((tonic_pc % 12) + 12) % 12;
  return 49 + (pc + 12 - 1) % 12;
}

std::vector<Shouter> gather(const ShoutedWord& word, const Persona& persona, int tonic_pc,
                            int rate_hz, const Rng& rng) {
  std::vector<Shouter> men;
  for (int man = 0; man < kNumShouters; ++man) {
    Rng draw = rng.child("shouter", static_cast<std::uint64_t>(man));
    const VoiceParameters voice = shouting_voice(persona.voice, man, draw);
    const auto bank = singing::load_voice_bank(voice.bank);
    singing::Synthesiser synthesiser(voice, *bank, rate_hz);
    Shouter shouter;
    const double midi =
        shouted_root(tonic_pc) + kIntervals[static_cast<std::size_t>(man) % kIntervals.size()] + 3;
    for (int take = 0; take < kTakes; ++take) {
      const double pitch = midi + draw.normal(0, 0.5),
                   length = draw.uniform(word.shortest_s, word.longest_s);
      shouter.takes.push_back(shout_once(word, voice, std::clamp(pitch, 36.0, 66.0), length,
                                         synthesiser, *bank, rate_hz,
                                         draw.child("take", static_cast<std::uint64_t>(take))));
    }
    // Constant power over the stage, nobody quite outside.
    const double place = (man + 0.5) / kNumShouters * 0.9 + 0.05;
    shouter.left = static_cast<float>(det::cos(1.5707963267948966 * place));
    shouter.right = static_cast<float>(det::sin(1.5707963267948966 * place));
    men.push_back(std::move(shouter));
  }
  return men;
}

void add_take(const std::vector<float>& take, double at_s, float left, float right,
              AudioBuffer& out) {
  const auto first = static_cast<std::ptrdiff_t>(std::llround((at_s - kLead) * out.rate_hz()));
  const auto frames = static_cast<std::ptrdiff_t>(out.num_frames());
  for (std::size_t i = 0; i < take.size(); ++i) {
    const std::ptrdiff_t n = first + static_cast<std::ptrdiff_t>(i);
    if (n < 0 || n >= frames) continue;
    out.channel(0)[static_cast<std::size_t>(n)] += left * take[i];
    out.channel(1)[static_cast<std::size_t>(n)] += right * take[i];
  }
}

}  // namespace

std::string draw_gang_word(const Rng& rng) {
  return rng.child("word").chance(0.7) ? kWords[0].text : kWords[1].text;
}

std::vector<std::string> gang_banks() { return {kBanks.begin(), kBanks.end()}; }

AudioBuffer shout_gang(const std::vector<double>& times_s, const std::string& word,
                       double duration_s, int tonic_pc, const Persona& persona, int rate_hz,
                       const Rng& rng) {
  const ShoutedWord& said = shouted(word);
  if (!(duration_s >= 0 && duration_s <= 3600) || rate_hz < 16000 || rate_hz > 192000) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("gang: {} s at {} Hz; expected 0 .. 3600 s at 16000 .. 192000 Hz",
                            duration_s, rate_hz));
  }
  AudioBuffer out(2, static_cast<std::size_t>(std::llround(duration_s * rate_hz)), rate_hz);
  if (times_s.empty()) return out;
  const std::vector<Shouter> men = gather(said, persona, tonic_pc, rate_hz, rng);
  for (const double time_s : times_s) {
    if (!std::isfinite(time_s)) {
      throw Error(ErrorCode::kInvalidArgument, "gang: a shout's time is not a number");
    }
    // Named by the moment, so that a shout more or less elsewhere changes nothing here.
    Rng draw =
        rng.child("shout", static_cast<std::uint64_t>(std::llround(1000 * std::max(0.0, time_s))));
    for (const Shouter& man : men) {
      const auto& take = man.takes[draw.below(kTakes)];
      const double late = std::clamp(draw.normal(0, kOnsetSpread), -0.06, 0.06);
      const auto gain = static_cast<float>(draw.uniform(0.6, 1.0)) * 0.5F;
      add_take(take, time_s + late, gain * man.left, gain * man.right, out);
    }
  }
  return out;
}

}  // namespace brandiron::gen
