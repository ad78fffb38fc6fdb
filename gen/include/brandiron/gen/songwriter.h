#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"

namespace brandiron::gen {

/// What a person may pin; whatever is empty is drawn from the persona's style.
struct SongSpec {
  std::string title, theme, form, key, groove;  ///< form: "intro verse chorus verse chorus outro"
  double tempo_bpm = 0;                         ///< 0: drawn
  double duration_s = 0;  ///< 0: the form decides; else the form is cut or grown
  std::string lyrics;     ///< a person's own words with [Verse] tags; "" = write
  std::uint64_t seed = 1;
};

/// Writes the whole score: form, chords, lyrics, melody. Deterministic in (spec, persona, rng).
/// @throws Error(kInvalidArgument) for a spec that cannot be met, naming what and how to fix it.
Score write_song(const SongSpec& spec, const Persona& persona, const Rng& rng);

/// Names of the themes in the bank.
std::vector<std::string> song_themes();

/// ARPAbet phones of one word, with stress digits. Dictionary, spelling rules, flite's
/// letter-to-sound. Numbers and unknown spellings never fail: something singable comes back.
std::vector<std::string> pronounce(const std::string& word);

// Exports of a score as text.
std::string score_to_midi(const Score& score,
                          const std::vector<struct PartNotes>& band);  ///< SMF type 1 bytes
std::string score_to_abc(const Score& score);
/// Enhanced LRC, word-timed: by the score, or by the start and end of each word as it was sung (s).
std::string score_to_lrc(const Score& score,
                         const std::vector<std::pair<double, double>>& word_times_s = {});
std::string score_to_lyrics(const Score& score);  ///< plain text with section headings

}  // namespace brandiron::gen
