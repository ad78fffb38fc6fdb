#include "singing/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"

namespace brandiron::gen::singing {
namespace {

constexpr double kShortestVowel = 0.075;
constexpr double kJoinGap = 0.25;    // a shorter silence between notes is sung through
constexpr double kLongSchwa = 0.30;  // a held schwa opens to AH
constexpr int kLowestMidi = 28, kHighestMidi = 88;
constexpr double kLongestSong = 3600.0;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, "score: " + what);
}

// ---------------------------------------------------------------- what is sung

bool ends_in_dropped_g(const Score& score, std::size_t syllable) {
  const Syllable& s = score.syllables[syllable];
  if (s.phones.size() < 2 || s.word < 0 || static_cast<std::size_t>(s.word) >= score.words.size()) {
    return false;
  }
  const bool last_of_word =
      syllable + 1 == score.syllables.size() || score.syllables[syllable + 1].word != s.word;
  const bool longer_word = syllable > 0 && score.syllables[syllable - 1].word == s.word;
  const std::string& text = score.words[static_cast<std::size_t>(s.word)].text;
  const auto n = text.size();
  const bool spelt_ing = n > 4 && (text.substr(n - 3) == "ing" || text.substr(n - 3) == "in'");
  const bool ng = phone_id_from_arpabet(s.phones.back()) == phone_id_from_flite("ng");
  const int vowel = phone_id_from_arpabet(s.phones[s.phones.size() - 2]);
  return last_of_word && longer_word && spelt_ing && ng && vowel == phone_id_from_flite("ih");
}

std::vector<PlannedPhone> phones_of(const Score& score, std::size_t index, bool g_dropping) {
  const Syllable& s = score.syllables[index];
  if (s.phones.empty()) refuse(fmt::format("syllable {} (\"{}\") has no phones", index, s.text));
  std::vector<PlannedPhone> out;
  for (const std::string& label : s.phones) {
    PlannedPhone p;
    p.id = phone_id_from_arpabet(label);
    if (p.id < 0) {
      refuse(fmt::format("syllable {} (\"{}\"): unknown phone \"{}\"; expected ARPAbet such as AY1",
                         index, s.text, label));
    }
    p.label = label;
    p.word = s.word;
    out.push_back(std::move(p));
  }
  if (g_dropping && ends_in_dropped_g(score, index)) {
    out.back().id = phone_id_from_flite("n");
    out.back().label = std::string("N");
  }
  return out;
}

// The phone that carries the note: the first vowel, else a sonorant, else the last phone.
std::size_t nucleus_index(const std::vector<PlannedPhone>& phones) {
  for (std::size_t i = 0; i < phones.size(); ++i) {
    if (is_vowel(phones[i].id)) return i;
  }
  for (std::size_t i = phones.size(); i-- > 0;) {
    if (is_sonorant(phones[i].id)) return i;
  }
  return phones.size() - 1;
}

PlannedSyllable make_syllable(std::vector<PlannedPhone> phones) {
  PlannedSyllable s;
  const std::size_t n = nucleus_index(phones);
  s.onset.assign(phones.begin(), phones.begin() + static_cast<std::ptrdiff_t>(n));
  s.nucleus = phones[n];
  s.nucleus.nucleus = true;
  s.coda.assign(phones.begin() + static_cast<std::ptrdiff_t>(n) + 1, phones.end());
  return s;
}

void check_note(const VocalNote& note, std::size_t index, const Score& score) {
  const auto say = [&](const std::string& what) {
    refuse(fmt::format("vocal note {} at beat {}: {}", index, note.start_beat, what));
  };
  if (!std::isfinite(note.start_beat) || note.start_beat < 0) say("start must be 0 or later");
  if (!std::isfinite(note.duration_beats) || note.duration_beats <= 0) {
    say(fmt::format("duration {} beats must be above 0", note.duration_beats));
  }
  if (note.pitch < kLowestMidi || note.pitch > kHighestMidi) {
    say(fmt::format("pitch {} is outside what a voice can sing ({} .. {})", note.pitch, kLowestMidi,
                    kHighestMidi));
  }
  if (note.syllable < 0 || static_cast<std::size_t>(note.syllable) >= score.syllables.size()) {
    say(fmt::format("syllable {} does not exist (the score has {})", note.syllable,
                    score.syllables.size()));
  }
  if (index > 0 && note.start_beat < score.vocal[index - 1].start_beat) {
    say("starts before the note in front of it; notes must be in order");
  }
  if (score.time_s(note.start_beat + note.duration_beats) > kLongestSong) {
    say("ends after one hour; the longest song is 3600 s");
  }
}

void add_note(PlannedSyllable& s, const Score& score, const VocalNote& note, double layback_s) {
  const double start = score.time_s(note.start_beat);
  const double end = score.time_s(note.start_beat + note.duration_beats);
  if (s.targets.empty()) {
    s.note_start_s = start;
    s.velocity = std::clamp(note.velocity, 1, 127);
    s.phrase_start = note.phrase_start;
  }
  s.targets.push_back(
      {start + std::min(layback_s, 0.25 * (end - start)), static_cast<double>(note.pitch)});
  s.note_end_s = end;
  s.phrase_end = s.phrase_end || note.phrase_end;
}

// Southern AY: before a voiced sound or at the end of the word, not before "like"'s K.
void mark_short_glides(std::vector<PlannedSyllable>& syllables) {
  for (std::size_t i = 0; i < syllables.size(); ++i) {
    PlannedPhone& v = syllables[i].nucleus;
    if (v.id != phone_id_from_flite("ay")) continue;
    const PlannedPhone* next = nullptr;
    if (!syllables[i].coda.empty()) {
      next = &syllables[i].coda.front();
    } else if (i + 1 < syllables.size() && syllables[i + 1].nucleus.word == v.word) {
      next = syllables[i + 1].onset.empty() ? &syllables[i + 1].nucleus
                                            : &syllables[i + 1].onset.front();
    }
    v.short_glide = next == nullptr || phone_info(next->id).voiced;
  }
}

// ---------------------------------------------------------------- when it is sung

double consonant_length(const PlannedPhone& phone, bool coda, double scale, const VoiceBank& bank) {
  const double speech = static_cast<double>(bank.duration_s[static_cast<std::size_t>(phone.id)]);
  const double cap = phone_info(phone.id).cap_s;
  if (cap <= 0) return std::clamp(speech, 0.06, 0.15);  // a second vowel in the syllable
  double length = std::clamp(scale * speech, 0.6 * cap, 1.1 * cap);
  if (coda && is_sonorant(phone.id)) length *= 1.35;
  return length;
}

double group_length(const std::vector<PlannedPhone>& group, bool coda, double scale,
                    const VoiceBank& bank) {
  double sum = 0;
  for (const PlannedPhone& p : group) sum += consonant_length(p, coda, scale, bank);
  return group.size() > 1 ? 0.88 * sum : sum;
}

// Lays a group out over [start, end), each phone its natural share.
void lay_out(std::vector<PlannedPhone>& group, bool coda, double start, double end, double scale,
             const VoiceBank& bank) {
  double sum = 0;
  for (const PlannedPhone& p : group) sum += consonant_length(p, coda, scale, bank);
  double at = start;
  for (PlannedPhone& p : group) {
    p.start_s = at;
    at += (end - start) * consonant_length(p, coda, scale, bank) / sum;
    p.end_s = at;
  }
  if (!group.empty()) group.back().end_s = end;
}

bool joined(const PlannedSyllable& a, const PlannedSyllable& b) {
  const double gap = b.note_start_s - a.note_end_s;
  return gap < (b.phrase_start ? 0.05 : kJoinGap);
}

class Layout {
 public:
  Layout(std::vector<PlannedSyllable>& syllables, double scale, const VoiceBank& bank)
      : s_(syllables), scale_(scale), bank_(bank) {}

  void run() {
    if (s_.empty()) return;
    place_first_onset(s_.front(), 0.0);
    for (std::size_t i = 0; i < s_.size(); ++i) {
      if (i + 1 == s_.size()) {
        finish(s_[i], nullptr);
      } else if (joined(s_[i], s_[i + 1])) {
        share(s_[i], s_[i + 1]);
      } else {
        finish(s_[i], &s_[i + 1]);
      }
    }
  }

 private:
  double onset(const PlannedSyllable& s) { return group_length(s.onset, false, scale_, bank_); }
  double coda(const PlannedSyllable& s) { return group_length(s.coda, true, scale_, bank_); }
  double vowel_on(const PlannedSyllable& s) { return s.targets.front().time_s; }

  // The vowel may come up to 50 ms late where there is no room for what stands before it.
  void place_first_onset(PlannedSyllable& s, double free_from) {
    const double need = onset(s);
    double& vowel = s.targets.front().time_s;
    const double late = std::clamp(free_from + 0.7 * need - vowel, 0.0, 0.05);
    vowel = std::max(vowel, std::min(vowel + late, s.note_end_s - 0.02));
    const double length = std::min(need, std::max(0.0, vowel - free_from));
    lay_out(s.onset, false, vowel - length, vowel, scale_, bank_);
    s.nucleus.start_s = vowel;
  }

  // Sung through: vowel, coda and the next onset divide the time between the two vowel onsets.
  void share(PlannedSyllable& a, PlannedSyllable& b) {
    const double span = vowel_on(b) - s_start(a);
    double coda_s = coda(a), onset_s = onset(b);
    const double vowel_min = std::min(0.6 * span, std::max(kShortestVowel, 0.4 * span));
    if (coda_s + onset_s > span - vowel_min) {
      const double factor = (span - vowel_min) / (coda_s + onset_s);
      coda_s *= factor;
      onset_s *= factor;
    }
    const double onset_start = vowel_on(b) - onset_s;
    a.nucleus.end_s = onset_start - coda_s;
    lay_out(a.coda, true, a.nucleus.end_s, onset_start, scale_, bank_);
    lay_out(b.onset, false, onset_start, vowel_on(b), scale_, bank_);
    b.nucleus.start_s = vowel_on(b);
  }

  // Before a silence: half of the coda runs past the note.
  void finish(PlannedSyllable& a, PlannedSyllable* next) {
    double coda_s = coda(a);
    const double start = s_start(a);
    const double vowel_min = std::max(kShortestVowel, 0.5 * (a.note_end_s - start));
    double vowel_end = std::max(a.note_end_s - 0.5 * coda_s, start + vowel_min);
    if (next != nullptr) {
      const double room = vowel_on(*next) - vowel_end;
      const double need = coda_s + onset(*next) + 0.01;
      if (need > room) {
        const double factor = std::max(0.0, room) / need;
        coda_s *= factor;
        if (room < 0.02) vowel_end = 0.5 * (start + vowel_on(*next));
      }
    }
    a.nucleus.end_s = vowel_end;
    lay_out(a.coda, true, vowel_end, vowel_end + coda_s, scale_, bank_);
    if (next != nullptr) place_first_onset(*next, vowel_end + coda_s);
  }

  static double s_start(const PlannedSyllable& s) { return s.nucleus.start_s; }

  std::vector<PlannedSyllable>& s_;
  double scale_;
  const VoiceBank& bank_;
};

std::vector<Chunk> cut_to_chunks(std::vector<PlannedSyllable> syllables) {
  std::vector<Chunk> chunks;
  const PlannedSyllable* previous = nullptr;
  for (PlannedSyllable& s : syllables) {
    if (previous == nullptr || !joined(*previous, s)) chunks.emplace_back();
    Chunk& chunk = chunks.back();
    const auto put = [&](const PlannedPhone& phone) {
      chunk.phones.push_back(phone);
      chunk.phones.back().syllable = static_cast<int>(chunk.syllables.size());
    };
    for (const PlannedPhone& p : s.onset) put(p);
    put(s.nucleus);
    PlannedPhone& vowel = chunk.phones.back();
    if (vowel.id == phone_id_from_flite("ax") && vowel.duration_s() > kLongSchwa) {
      vowel.id = phone_id_from_flite("ah");
    }
    for (const PlannedPhone& p : s.coda) put(p);
    chunk.syllables.push_back(s);
    previous = &s;
  }
  return chunks;
}

}  // namespace

std::vector<Chunk> plan_syllables(std::vector<PlannedSyllable> syllables,
                                  const VoiceParameters& voice, const VoiceBank& bank) {
  Layout(syllables, voice.consonant_scale, bank).run();
  return cut_to_chunks(std::move(syllables));
}

std::vector<Chunk> plan_score(const Score& score, const VoiceParameters& voice,
                              const VoiceBank& bank) {
  if (!std::isfinite(score.tempo_bpm) || score.tempo_bpm < 10 || score.tempo_bpm > 1000) {
    refuse(fmt::format("tempo {} bpm is outside 10 .. 1000", score.tempo_bpm));
  }
  std::vector<PlannedSyllable> syllables;
  int current = -1;
  for (std::size_t i = 0; i < score.vocal.size(); ++i) {
    const VocalNote& note = score.vocal[i];
    check_note(note, i, score);
    // Two notes at once cannot be sung: the earlier one ends where the later begins.
    if (!syllables.empty()) {
      PlannedSyllable& before = syllables.back();
      before.note_end_s = std::min(before.note_end_s, score.time_s(note.start_beat));
    }
    if (note.melisma && note.syllable == current && !syllables.empty()) {
      add_note(syllables.back(), score, note, voice.layback_s);
      continue;
    }
    current = note.syllable;
    syllables.push_back(
        make_syllable(phones_of(score, static_cast<std::size_t>(note.syllable), voice.g_dropping)));
    add_note(syllables.back(), score, note, voice.layback_s);
    if (syllables.size() > 1) {
      const PlannedSyllable& before = syllables[syllables.size() - 2];
      if (syllables.back().targets.front().time_s < before.targets.front().time_s + 0.02) {
        refuse(
            fmt::format("vocal note {} at beat {} starts less than 20 ms after the one before it",
                        i, note.start_beat));
      }
    }
  }
  if (voice.southern_ay) mark_short_glides(syllables);
  return plan_syllables(std::move(syllables), voice, bank);
}

double score_duration_s(const Score& score) {
  double beats = 0;
  for (const Section& s : score.sections) {
    beats = std::max(beats, static_cast<double>(s.start_bar + s.bars) * score.beats_per_bar);
  }
  if (score.sections.empty() && !score.vocal.empty()) {
    beats = score.vocal.back().start_beat + score.vocal.back().duration_beats + score.beats_per_bar;
  }
  const double seconds = score.time_s(beats);
  if (!(seconds >= 0 && seconds <= kLongestSong)) {
    refuse(fmt::format("lasts {} s; expected 0 .. 3600 s", seconds));
  }
  return seconds;
}

}  // namespace brandiron::gen::singing
