#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace brandiron::gen {

struct Key {
  int tonic_pc = 0;  ///< 0 = C
  bool minor = false;
};

/// "E:maj", "F#:min", "Bb:maj"; also "Em", "E", "A minor". Empty when it is no key.
std::optional<Key> parse_key(std::string_view text);

/// Spelled with the accidentals that the key signature uses: "Bb", "F#".
std::string pitch_class_name(int pc, bool flats = false);

/// True when the key's signature has flats (F, Bb, Eb, Ab, Db major and their relatives).
bool key_has_flats(const Key& key);

}  // namespace brandiron::gen
