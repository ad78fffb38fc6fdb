#pragma once

#include <string>
#include <string_view>

namespace brandiron::gen::singing {

/// How a phone behaves in time and in the source: what the timing and mapping rules ask about it.
enum class PhoneClass {
  kVowel,
  kDiphthong,
  kStop,
  kAffricate,
  kFricative,
  kNasal,
  kLiquid,
  kPause
};

struct PhoneInfo {
  const char* name;  ///< flite's name, lower case ("ax" is the schwa)
  PhoneClass kind;
  bool voiced;
  double cap_s;  ///< longest sung consonant (voice.md section 4)
};

inline constexpr int kNumPhones = 41;
inline constexpr int kPausePhone = 40;

/// The static table: 40 phones of American English and the pause.
const PhoneInfo& phone_info(int id);
/// -1 when unknown. Takes flite's names ("ax") only.
int phone_id_from_flite(std::string_view name);
/// ARPAbet, any case, optional stress digit ("AY1"); AH0 is the schwa. -1 when unknown.
int phone_id_from_arpabet(std::string_view name);
bool is_vowel(int id);
/// Nasals, liquids and glides: what can carry a syllable that has no vowel.
bool is_sonorant(int id);

}  // namespace brandiron::gen::singing
