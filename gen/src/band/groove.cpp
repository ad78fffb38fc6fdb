#include "groove.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::gen::band {
namespace {

constexpr const char* kGuitarLetters = "DdUuMmcbf123PhswW-.";
constexpr const char* kBassLetters = "RFOwW-.";
constexpr const char* kHitLetters = "Xxo.";

std::string strip_layout(const std::string& pattern) {
  std::string out;
  for (const char c : pattern) {
    if (c != ' ' && c != '|') out += c;
  }
  return out;
}

std::vector<std::string> read_patterns(const Config& config, const std::string& key,
                                       const char* letters, int steps) {
  std::vector<std::string> patterns;
  for (const std::string& written : config.get_strings(key)) {
    const std::string pattern = strip_layout(written);
    const std::size_t bad = pattern.find_first_not_of(letters);
    if (bad != std::string::npos) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("{}: {}: '{}' has the letter '{}'; expected one of \"{}\"",
                              config.origin(key), key, written, pattern[bad], letters));
    }
    if (pattern.size() != static_cast<std::size_t>(steps)) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("{}: {}: '{}' has {} steps; expected {} (beats x steps_per_beat)",
                              config.origin(key), key, written, pattern.size(), steps));
    }
    patterns.push_back(pattern);
  }
  return patterns;
}

PatternRow read_row(const Config& config, const std::string& prefix, const std::string& player,
                    const char* letters, int steps) {
  PatternRow row;
  row.bars = read_patterns(config, prefix + "." + player, letters, steps);
  row.last = read_patterns(config, prefix + ".last_" + player, letters, steps);
  return row;
}

ColourMode read_colour_mode(const Config& config, const std::string& key) {
  const std::string word = config.get_string(key, "off");
  if (word == "off") return ColourMode::kOff;
  if (word == "fills") return ColourMode::kFills;
  if (word == "lead") return ColourMode::kLead;
  throw Error(ErrorCode::kConfig, fmt::format("{}: {}: found '{}'; expected off, fills or lead",
                                              config.origin(key), key, word));
}

SectionGroove read_section(const Config& config, const std::string& prefix, int steps) {
  SectionGroove section;
  section.intensity = config.get_double_in(prefix + ".intensity", 1.0, 0.3, 1.2);
  section.colour = read_colour_mode(config, prefix + ".colour");
  section.guitar = read_row(config, prefix, "guitar", kGuitarLetters, steps);
  section.guitar_double = read_row(config, prefix, "guitar_double", kGuitarLetters, steps);
  section.bass = read_row(config, prefix, "bass", kBassLetters, steps);
  section.stomp = read_row(config, prefix, "stomp", kHitLetters, steps);
  section.kick = read_row(config, prefix, "kick", kHitLetters, steps);
  section.clap = read_row(config, prefix, "clap", kHitLetters, steps);
  section.tambourine = read_row(config, prefix, "tambourine", kHitLetters, steps);
  section.brush = read_row(config, prefix, "brush", kHitLetters, steps);
  section.gang = read_row(config, prefix, "gang", kHitLetters, steps);
  return section;
}

Groove read_groove(const Config& config, const std::string& name) {
  Groove groove;
  groove.name = name;
  groove.beats_per_bar = static_cast<int>(config.get_int("beats_per_bar", 4));
  groove.steps_per_beat = static_cast<int>(config.get_int("steps_per_beat", 2));
  if (groove.beats_per_bar < 2 || groove.beats_per_bar > 6 || groove.steps_per_beat < 1 ||
      groove.steps_per_beat > 6) {
    throw Error(ErrorCode::kConfig,
                fmt::format("groove {}: {} beats of {} steps; expected 2-6 beats of 1-6 steps",
                            name, groove.beats_per_bar, groove.steps_per_beat));
  }
  groove.cold_end = config.get_double_in("cold_end", 0.5, 0.0, 1.0);
  config.mark_used("description");
  for (const std::string& section : config.children("")) {
    const std::size_t n = config.array_size(section);
    std::vector<SectionGroove> alternatives;
    for (std::size_t i = 0; i < n; ++i) {
      alternatives.push_back(
          read_section(config, fmt::format("{}.{}", section, i), groove.steps_per_bar()));
    }
    if (n > 0) groove.sections.emplace_back(section, std::move(alternatives));
  }
  config.check_all_used();
  const bool has_verse = std::any_of(groove.sections.begin(), groove.sections.end(),
                                     [](const auto& s) { return s.first == "verse"; });
  if (!has_verse) {
    throw Error(
        ErrorCode::kConfig,
        fmt::format("groove {}: no [[verse]] found; it is what unnamed sections play", name));
  }
  return groove;
}

// Semitones of the major scale's degrees 1..7.
constexpr std::array<int, 7> kMajorScale{0, 2, 4, 5, 7, 9, 11};

LickNote parse_lick_note(const std::string& token, const std::string& where) {
  const std::size_t colon = token.find(':');
  LickNote note;
  std::string degree = token.substr(0, colon);
  const std::string steps = colon == std::string::npos ? "" : token.substr(colon + 1);
  const bool below = !degree.empty() && degree[0] == '_';
  if (below) degree.erase(0, 1);
  const bool flat = !degree.empty() && degree[0] == 'b';
  if (flat) degree.erase(0, 1);
  const auto is_number = [](const std::string& s) {
    return !s.empty() && s.size() < 3 && s.find_first_not_of("0123456789") == std::string::npos &&
           s != "0";
  };
  note.rest = degree == "r";
  if (!is_number(steps) || !(note.rest || is_number(degree))) {
    throw Error(ErrorCode::kConfig,
                fmt::format("{}: found '{}'; expected degree:steps such as b3:2", where, token));
  }
  note.steps = std::stoi(steps);
  if (!note.rest) {
    const int index = std::stoi(degree) - 1;
    note.semitones = kMajorScale[static_cast<std::size_t>(index % 7)] + 12 * (index / 7) -
                     (flat ? 1 : 0) - (below ? 12 : 0);
  }
  return note;
}

std::vector<Lick> read_licks(const Config& config, const std::string& key) {
  std::vector<Lick> licks;
  for (const std::string& text : config.get_strings(key)) {
    Lick lick;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) lick.push_back(parse_lick_note(text.substr(at, end - at), config.origin(key)));
      at = end + 1;
    }
    licks.push_back(std::move(lick));
  }
  if (licks.empty()) {
    throw Error(ErrorCode::kConfig, fmt::format("licks.toml: {}: no lick found", key));
  }
  return licks;
}

// Files are read once a process: they are part of the program's data, not of a song.
template <typename Value, typename Make>
std::shared_ptr<const Value> once(const std::string& key, Make make) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Value>> known;
  const std::lock_guard lock(mutex);
  auto& entry = known[key];
  if (!entry) entry = std::make_shared<const Value>(make());
  return entry;
}

std::filesystem::path groove_path(const std::string& file_stem) {
  return home_folder() / "configs" / "groove" / (file_stem + ".toml");
}

}  // namespace

const std::vector<SectionGroove>& Groove::alternatives(const std::string& label,
                                                       int occurrence) const {
  const auto find = [&](const std::string& wanted) -> const std::vector<SectionGroove>* {
    for (const auto& [key, value] : sections) {
      if (key == wanted) return &value;
    }
    return nullptr;
  };
  if (const auto* found = find(fmt::format("{}{}", label, occurrence))) return *found;
  if (const auto* found = find(label)) return *found;
  if (label == "solo" || label == "interlude") return alternatives("instrumental", occurrence);
  return *find("verse");
}

std::string groove_file_stem(const Score& score) {
  if (score.compound) return "ballad_12_8";
  if (score.beats_per_bar == 3) return "waltz";
  return score.groove == "waltz" || score.groove.empty() ? "stomp" : score.groove;
}

std::shared_ptr<const Groove> load_groove(const std::string& file_stem) {
  return once<Groove>(file_stem, [&] {
    const auto path = groove_path(file_stem);
    if (!std::filesystem::exists(path)) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("groove '{}': {} not found; expected stomp, train, waltz or ballad",
                              file_stem, path.string()));
    }
    return read_groove(Config::from_file(path), file_stem);
  });
}

Groove parse_groove(const std::string& toml, const std::string& name) {
  return read_groove(Config::from_text(toml, name), name);
}

std::shared_ptr<const LickBook> load_licks(bool compound) {
  const std::string table = compound ? "compound" : "straight";
  return once<LickBook>(table, [&] {
    const Config config = Config::from_file(groove_path("licks"));
    LickBook book;
    book.short_licks = read_licks(config, table + ".short");
    book.long_licks = read_licks(config, table + ".long");
    book.lead_licks = read_licks(config, table + ".lead");
    return book;
  });
}

const std::string& bar_pattern(const PatternRow& row, const BarInfo& bar) {
  static const std::string kRests;
  if (bar.last_in_section && !row.last.empty()) {
    return row.last[static_cast<std::size_t>(bar.occurrence) % row.last.size()];
  }
  if (row.bars.empty()) return kRests;
  return row.bars[static_cast<std::size_t>(bar.bar_in_section) % row.bars.size()];
}

}  // namespace brandiron::gen::band
