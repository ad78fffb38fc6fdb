#include "composition/key_name.h"

#include <array>
#include <cctype>

namespace brandiron::gen {

std::optional<Key> parse_key(std::string_view text) {
  if (text.empty()) return std::nullopt;
  static constexpr std::array<int, 7> kLetterPc = {9, 11, 0, 2, 4, 5, 7};  // A B C D E F G
  const int letter = std::toupper(static_cast<unsigned char>(text[0])) - 'A';
  if (letter < 0 || letter > 6) return std::nullopt;
  Key key;
  key.tonic_pc = kLetterPc[static_cast<std::size_t>(letter)];
  std::size_t at = 1;
  if (at < text.size() && (text[at] == '#' || text[at] == 'b')) {
    key.tonic_pc = (key.tonic_pc + (text[at] == '#' ? 1 : 11)) % 12;
    ++at;
  }
  std::string mode;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ':' || c == ' ' || c == '-') continue;
    mode += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (mode == "m" && text.find('M') != std::string_view::npos) mode = "maj";
  if (mode.empty() || mode == "maj" || mode == "major") return key;
  key.minor = true;
  if (mode == "m" || mode == "min" || mode == "minor") return key;
  return std::nullopt;
}

std::string pitch_class_name(int pc, bool flats) {
  static constexpr std::array<const char*, 12> kSharps = {"C",  "C#", "D",  "D#", "E",  "F",
                                                          "F#", "G",  "G#", "A",  "A#", "B"};
  static constexpr std::array<const char*, 12> kFlats = {"C",  "Db", "D",  "Eb", "E",  "F",
                                                         "Gb", "G",  "Ab", "A",  "Bb", "B"};
  const auto index = static_cast<std::size_t>(((pc % 12) + 12) % 12);
  return flats ? kFlats[index] : kSharps[index];
}

bool key_has_flats(const Key& key) {
  const int major_pc = key.minor ? (key.tonic_pc + 3) % 12 : key.tonic_pc;
  return major_pc == 5 || major_pc == 10 || major_pc == 3 || major_pc == 8 || major_pc == 1;
}

}  // namespace brandiron::gen
