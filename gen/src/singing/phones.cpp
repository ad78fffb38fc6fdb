#include "singing/phones.h"

#include <array>
#include <cctype>

namespace brandiron::gen::singing {
namespace {

using enum PhoneClass;

constexpr std::array<PhoneInfo, kNumPhones> kPhones = {{
    {"aa", kVowel, true, 0},          {"ae", kVowel, true, 0},
    {"ah", kVowel, true, 0},          {"ao", kVowel, true, 0},
    {"aw", kDiphthong, true, 0},      {"ax", kVowel, true, 0},
    {"ay", kDiphthong, true, 0},      {"b", kStop, true, 0.085},
    {"ch", kAffricate, false, 0.130}, {"d", kStop, true, 0.085},
    {"dh", kFricative, true, 0.085},  {"eh", kVowel, true, 0},
    {"er", kVowel, true, 0},          {"ey", kDiphthong, true, 0},
    {"f", kFricative, false, 0.120},  {"g", kStop, true, 0.085},
    {"hh", kFricative, false, 0.090}, {"ih", kVowel, true, 0},
    {"iy", kVowel, true, 0},          {"jh", kAffricate, true, 0.110},
    {"k", kStop, false, 0.110},       {"l", kLiquid, true, 0.110},
    {"m", kNasal, true, 0.100},       {"n", kNasal, true, 0.100},
    {"ng", kNasal, true, 0.110},      {"ow", kDiphthong, true, 0},
    {"oy", kDiphthong, true, 0},      {"p", kStop, false, 0.100},
    {"r", kLiquid, true, 0.100},      {"s", kFricative, false, 0.150},
    {"sh", kFricative, false, 0.150}, {"t", kStop, false, 0.100},
    {"th", kFricative, false, 0.100}, {"uh", kVowel, true, 0},
    {"uw", kVowel, true, 0},          {"v", kFricative, true, 0.085},
    {"w", kLiquid, true, 0.100},      {"y", kLiquid, true, 0.080},
    {"z", kFricative, true, 0.110},   {"zh", kFricative, true, 0.110},
    {"pau", kPause, false, 0},
}};

}  // namespace

const PhoneInfo& phone_info(int id) { return kPhones.at(static_cast<std::size_t>(id)); }

int phone_id_from_flite(std::string_view name) {
  for (int i = 0; i < kNumPhones; ++i) {
    if (name == kPhones[static_cast<std::size_t>(i)].name) return i;
  }
  return -1;
}

int phone_id_from_arpabet(std::string_view name) {
  std::string lower;
  char stress = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (std::isdigit(c) != 0 && i + 1 == name.size() && i > 0) {
      stress = static_cast<char>(c);
    } else {
      lower.push_back(static_cast<char>(std::tolower(c)));
    }
  }
  if (lower == "ah" && stress == '0') lower = "ax";
  const int id = phone_id_from_flite(lower);
  if (id == kPausePhone) return -1;
  if (stress != 0 && id >= 0 && !is_vowel(id)) return -1;
  return id;
}

bool is_vowel(int id) {
  const PhoneClass kind = phone_info(id).kind;
  return kind == kVowel || kind == kDiphthong;
}

bool is_sonorant(int id) {
  const PhoneClass kind = phone_info(id).kind;
  return kind == kNasal || kind == kLiquid;
}

}  // namespace brandiron::gen::singing
