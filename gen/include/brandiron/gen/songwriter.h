#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"

namespace brandiron::gen {

/// What a person may pin; whatever is empty is drawn from the persona's style. What is pinned is
/// kept exactly, or refused where two pins contradict each other.
struct SongSpec {
  std::string title, theme, form, key, groove;  ///< form: "intro verse chorus verse chorus outro"
  double tempo_bpm = 0;                         ///< 0: drawn
  double duration_s = 0;  ///< 0: the form decides; else the form is cut or grown
  std::string lyrics;     ///< a person's own words with [Verse] tags; "" = write
  std::uint64_t seed = 1;
  /// Bars of chords by section, "I | IV | V7 | I" or "E | A B7": repeated while the section lasts.
  /// Keys: "verse", or "verse_2" for the second verse alone.
  std::map<std::string, std::string> chords;
  /// Tunes by section, a text a line: "@-1/2 B2:1/2 E3:1 ~F#3:1/2 r:1" (docs/formats.md).
  std::map<std::string, std::vector<std::string>> melody;
};

/// @throws Error(kInvalidArgument) for text that is not UTF-8, holds control characters or is
/// longer than a song can need.
void validate_spec(const SongSpec& spec);

/// Writes the whole score: form, chords, lyrics, melody. Deterministic in (spec, persona, rng).
/// @throws Error(kInvalidArgument) for a spec that cannot be met, naming what and how to fix it.
Score write_song(const SongSpec& spec, const Persona& persona, const Rng& rng);

/// The smallest move (semitones) that brings the tune into the persona's range; the one to its
/// middle where it is wider.
int shift_into_range(const Score& score, const Persona& persona);

/// What the tempo of a song is drawn from, in beats a minute.
std::pair<double, double> tempo_range_bpm(const StyleParameters& style, const std::string& groove);

/// Names of the themes in the bank.
std::vector<std::string> song_themes();

/// ARPAbet phones of one word, with stress digits. Dictionary, spelling rules, flite's
/// letter-to-sound. Numbers and unknown spellings never fail: something singable comes back.
std::vector<std::string> pronounce(const std::string& word);

// Exports of a score as text.
std::string score_to_midi(const Score& score,
                          const std::vector<struct PartNotes>& band);  ///< SMF type 1 bytes
std::string score_to_abc(const Score& score);
/// MusicXML 3.1, partwise: chord symbols, melody with words, sections as rehearsal marks.
std::string score_to_musicxml(const Score& score);
/// Enhanced LRC, word-timed: by the score, or by the start and end of each word as it was sung (s).
std::string score_to_lrc(const Score& score,
                         const std::vector<std::pair<double, double>>& word_times_s = {});
std::string score_to_lyrics(const Score& score);  ///< plain text with section headings

}  // namespace brandiron::gen
