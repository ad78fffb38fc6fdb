#include "brandiron/gen/persona.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/songwriter.h"
#include "composition/key_name.h"
#include "composition/persona_fields.h"

namespace brandiron::gen {
namespace {

constexpr int kLowestNote = 36, kHighestNote = 76;
constexpr int kLeastRange = 10;  // semitones: a tune of ten needs room

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string where(const Config& config, const std::string& key) {
  const std::string origin = config.origin(key);
  return origin.empty() ? key : origin + ": " + key;
}

void require_one_of(const Config& config, const std::string& key, const std::string& value,
                    std::span<const std::string_view> allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  throw Error(ErrorCode::kConfig, fmt::format("{}: \"{}\" is not known; expected one of {}",
                                              where(config, key), value, joined(allowed)));
}

VoiceParameters parse_voice(const Config& config) {
  VoiceParameters voice;
  voice.bank = config.get_string("voice.bank", voice.bank);
  require_one_of(config, "voice.bank", voice.bank, kVoiceBanks);
  for (const VoiceField& field : kVoiceFields) {
    voice.*field.member = config.get_double_in("voice." + std::string(field.key),
                                               voice.*field.member, field.low, field.high);
  }
  voice.southern_ay = config.get_bool("voice.southern_ay", voice.southern_ay);
  voice.g_dropping = config.get_bool("voice.g_dropping", voice.g_dropping);
  return voice;
}

void check_range(const Config& config, const StyleParameters& style) {
  const auto fail = [&](const char* key, const std::string& what) {
    throw Error(ErrorCode::kConfig, fmt::format("{}: {}", where(config, key), what));
  };
  for (const auto& [key, note] : {std::pair{"style.range_low", style.range_low},
                                  std::pair{"style.range_high", style.range_high}}) {
    if (note < kLowestNote || note > kHighestNote) {
      fail(key, fmt::format("{} is outside {}..{} (MIDI notes)", note, kLowestNote, kHighestNote));
    }
  }
  if (style.range_high - style.range_low < kLeastRange) {
    fail("style.range_high",
         fmt::format("{} is less than {} semitones above range_low = {}; a tune needs that room",
                     style.range_high, kLeastRange, style.range_low));
  }
}

StyleParameters parse_style(const Config& config) {
  StyleParameters style;
  style.range_low = static_cast<int>(config.get_int("style.range_low", style.range_low));
  style.range_high = static_cast<int>(config.get_int("style.range_high", style.range_high));
  check_range(config, style);
  style.keys = config.get_strings("style.keys", {"E:maj", "A:maj", "D:maj", "G:maj"});
  for (const std::string& key : style.keys) {
    if (!parse_key(key)) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("{}: \"{}\" is not a key; expected such as \"E:maj\" or \"A:min\"",
                              where(config, "style.keys"), key));
    }
  }
  style.tempo_low_bpm = config.get_double_in("style.tempo_low_bpm", style.tempo_low_bpm, 40, 200);
  style.tempo_high_bpm =
      config.get_double_in("style.tempo_high_bpm", style.tempo_high_bpm, 40, 200);
  if (style.tempo_high_bpm < style.tempo_low_bpm) {
    throw Error(ErrorCode::kConfig, fmt::format("{}: {} is below tempo_low_bpm = {}",
                                                where(config, "style.tempo_high_bpm"),
                                                style.tempo_high_bpm, style.tempo_low_bpm));
  }
  style.grooves = config.get_strings("style.grooves", {"stomp"});
  for (const std::string& groove : style.grooves) {
    require_one_of(config, "style.grooves", groove, kGrooves);
  }
  style.themes = config.get_strings("style.themes");
  if (!style.themes.empty()) {
    const std::vector<std::string> known = song_themes();
    const std::vector<std::string_view> names(known.begin(), known.end());
    for (const std::string& theme : style.themes) {
      require_one_of(config, "style.themes", theme, names);
    }
  }
  style.colour = config.get_string("style.colour", style.colour);
  require_one_of(config, "style.colour", style.colour, kColours);
  style.guitar = config.get_string("style.guitar", style.guitar);
  require_one_of(config, "style.guitar", style.guitar, kGuitars);
  style.swing = config.get_double_in("style.swing", style.swing, 0.5, 0.67);
  style.gang = config.get_bool("style.gang", style.gang);
  style.backing = config.get_strings("style.backing", {});
  for (const std::string& voice : style.backing) {
    require_one_of(config, "style.backing", voice, kBackingVoices);
    if (std::count(style.backing.begin(), style.backing.end(), voice) > 1) {
      throw Error(ErrorCode::kConfig, fmt::format("{}: \"{}\" twice; name each voice once",
                                                  where(config, "style.backing"), voice));
    }
  }
  if (style.keys.empty() || style.grooves.empty()) {
    throw Error(ErrorCode::kConfig,
                fmt::format("{}: the list is empty; name at least one",
                            where(config, style.keys.empty() ? "style.keys" : "style.grooves")));
  }
  return style;
}

bool is_identifier(const std::string& id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

std::string toml_list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    text += (i ? ", " : "") + quoted(items[i]);
  }
  return text + "]";
}

}  // namespace

Persona parse_persona(const Config& config) {
  Persona persona;
  persona.id = config.get_string("id");
  if (!is_identifier(persona.id)) {
    throw Error(ErrorCode::kConfig,
                fmt::format("{}: \"{}\" is not an identifier; use a-z, 0-9 and '-'",
                            where(config, "id"), persona.id));
  }
  persona.version = static_cast<int>(config.get_int("version", 1));
  if (persona.version < 1) {
    throw Error(ErrorCode::kConfig,
                fmt::format("{}: {} is below 1", where(config, "version"), persona.version));
  }
  persona.name = config.get_string("name", persona.id);
  persona.description = config.get_string("description", "");
  persona.voice = parse_voice(config);
  persona.style = parse_style(config);
  config.check_all_used();
  persona.sha256 = config.sha256();
  persona.config_json = config.to_json();
  return persona;
}

std::vector<std::string> list_personas() {
  std::vector<std::string> names;
  std::error_code error;
  const std::filesystem::path folder = home_folder() / "configs" / "persona";
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Persona load_persona(const std::string& name_or_path) {
  const bool is_path =
      name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".toml");
  if (is_path) return parse_persona(Config::from_file(name_or_path));
  const std::filesystem::path file =
      home_folder() / "configs" / "persona" / (name_or_path + ".toml");
  if (!is_identifier(name_or_path) || !std::filesystem::exists(file)) {
    throw Error(ErrorCode::kConfig,
                fmt::format("persona \"{}\" is not known; known: {} (or give a path to a .toml)",
                            name_or_path, fmt::join(list_personas(), ", ")));
  }
  return parse_persona(Config::from_file(file));
}

std::string new_persona_toml(std::uint64_t seed, const std::string& id) {
  if (!is_identifier(id)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("persona id \"{}\" is not an identifier; use a-z, 0-9 and '-'", id));
  }
  // Stage names of things, never of people: no combination can be a person's name.
  static constexpr std::array<const char*, 16> kFirst = {
      "Ash",  "Copper", "Flint", "Hemlock", "Iron",  "Salt",   "Tin",   "Barbwire",
      "Soot", "Gravel", "Pitch", "Sulphur", "Burnt", "Hollow", "Dusty", "Rawhide"};
  static constexpr std::array<const char*, 16> kSecond = {
      "Culvert", "Draw",  "Trestle", "Sermon", "Levee",  "Lantern", "Furrow",  "Bellows",
      "Anvil",   "Creek", "Spur",    "Gully",  "Hymnal", "Whistle", "Mercury", "Kettle"};
  const Rng root(seed, "persona/new");
  Rng rng = root.child("style");
  const std::string name = fmt::format("{} {}", kFirst[rng.below(16)], kSecond[rng.below(16)]);
  const std::string bank(kVoiceBanks[rng.below(kVoiceBanks.size())]);
  Rng voice_rng = root.child("voice");
  std::string voice;
  double formant_scale = 1.0;
  for (const VoiceField& field : kVoiceFields) {
    const double value = voice_rng.uniform(field.typical_low, field.typical_high);
    if (field.key == "formant_scale") formant_scale = value;
    const double step = field.high - field.low > 50 ? 1.0 : 1000.0;
    voice += fmt::format("{} = {}\n", field.key, std::floor(value * step + 0.5) / step);
  }
  // A longer throat sings lower: the range follows the formants. The woman's bank lies higher.
  const int range_low = (bank == "slt" ? 50 : 43) +
                        static_cast<int>((formant_scale - 0.83) / 0.25 * 12.0) +
                        static_cast<int>(rng.below(3));
  const int range_high = std::min(kHighestNote, range_low + 13 + static_cast<int>(rng.below(3)));
  static constexpr std::array<const char*, 8> kKeys = {"E:maj", "A:maj", "D:maj", "G:maj",
                                                       "C:maj", "E:min", "A:min", "D:min"};
  std::vector<std::string> keys;
  const std::uint32_t first_key = rng.below(5);
  for (std::uint32_t i = 0; i < 3; ++i) keys.emplace_back(kKeys[(first_key + i) % 5]);
  if (rng.chance(0.5)) keys.emplace_back(kKeys[5 + rng.below(3)]);
  std::vector<std::string> grooves = {"stomp"};
  if (rng.chance(0.7)) grooves.emplace_back("train");
  if (rng.chance(0.5)) grooves.emplace_back("waltz");
  if (rng.chance(0.4)) grooves.emplace_back("ballad");
  const bool gang = rng.chance(0.6);
  Rng company = root.child("company");
  std::vector<std::string> backing;
  for (const std::string_view part : kBackingVoices) {
    if (company.chance(0.5)) backing.emplace_back(part);
  }
  const double tempo_low = 70 + rng.below(8);
  return fmt::format(
      "# Sampled by `brandiron persona new --seed {}`. A fictional singer: no person is meant.\n"
      "id = {}\nversion = 1\nname = {}\ndescription = \"A fictional singer, sampled from seed "
      "{}.\"\n\n"
      "[voice]\nbank = {}\n{}southern_ay = {}\ng_dropping = {}\n\n"
      "[style]\nrange_low = {}\nrange_high = {}\nkeys = {}\ntempo_low_bpm = {:.1f}\n"
      "tempo_high_bpm = {:.1f}\ngrooves = {}\nthemes = []\ncolour = {}\nguitar = {}\nswing = "
      "{:.2f}\ngang = {}\nbacking = {}\n",
      seed, quoted(id), quoted(name), seed, quoted(bank), voice, rng.chance(0.6), rng.chance(0.7),
      range_low, range_high, toml_list(keys), tempo_low, tempo_low + 14 + rng.below(8),
      toml_list(grooves), quoted(std::string(kColours[rng.below(4)])),
      quoted(std::string(kGuitars[root.child("guitar").chance(0.3) ? 1 : 0])),
      rng.uniform(0.5, 0.6), gang, toml_list(backing));
}

double persona_distance(const Persona& a, const Persona& b) {
  constexpr double kBankWeight =
      6.0;  // two banks share no speaker: the largest difference there is
  constexpr double kRegisterWeight = 3.0;
  double sum = 0, total = kBankWeight + kRegisterWeight;
  if (a.voice.bank != b.voice.bank) sum += kBankWeight;
  const double centre_a = 0.5 * (a.style.range_low + a.style.range_high);
  const double centre_b = 0.5 * (b.style.range_low + b.style.range_high);
  sum += kRegisterWeight * std::min(1.0, std::abs(centre_a - centre_b) / 12.0);
  for (const VoiceField& field : kVoiceFields) {
    const double span = field.typical_high - field.typical_low;
    sum += field.weight *
           std::min(1.0, std::abs(a.voice.*field.member - b.voice.*field.member) / span);
    total += field.weight;
  }
  return sum / total;
}

}  // namespace brandiron::gen
