#include "composition/pins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr int kLowestPitch = 28, kHighestPitch = 84;  // E1 to C6: what a voice can be asked for
constexpr std::size_t kMostBars = 64, kMostNotes = 64, kMostLines = 64;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string quoted(const std::string& text) {
  return "\"" + (text.size() > 40 ? text.substr(0, 40) + "..." : text) + "\"";
}

/// Letter and accidentals at the front of a text; what follows goes to `rest`.
std::optional<int> pitch_class(const std::string& text, std::string& rest) {
  static constexpr std::array<int, 7> kLetterPc = {9, 11, 0, 2, 4, 5, 7};
  if (text.empty() || text[0] < 'A' || text[0] > 'G') return std::nullopt;
  int pc = kLetterPc[static_cast<std::size_t>(text[0] - 'A')];
  std::size_t at = 1;
  if (at < text.size() && (text[at] == '#' || text[at] == 'b')) pc += text[at++] == '#' ? 1 : -1;
  rest = text.substr(at);
  return (pc + 12) % 12;
}

/// "", "m", "7", "maj7" ... as lead sheets and Harte write them -> Harte.
std::optional<std::string> quality_of(std::string text) {
  if (text.starts_with(':')) {
    text.erase(0, 1);
    if (text.empty()) return std::nullopt;
  }
  static const std::map<std::string, std::string> kQualities = {
      {"", "maj"},      {"maj", "maj"},  {"m", "min"},     {"min", "min"},   {"-", "min"},
      {"7", "7"},       {"m7", "min7"},  {"min7", "min7"}, {"maj7", "maj7"}, {"M7", "maj7"},
      {"sus4", "sus4"}, {"sus", "sus4"}, {"dim", "dim"},   {"o", "dim"}};
  const auto found = kQualities.find(text);
  if (found == kQualities.end()) return std::nullopt;
  return found->second;
}

std::optional<PinnedChord> roman(const std::string& text, const Key& key) {
  static const std::map<std::string, int> kDegrees = {{"I", 0}, {"II", 2}, {"III", 4}, {"IV", 5},
                                                      {"V", 7}, {"VI", 9}, {"VII", 11}};
  std::size_t at = 0;
  int shift = 0;
  if (at < text.size() && (text[at] == 'b' || text[at] == '#')) shift = text[at++] == '#' ? 1 : -1;
  std::string numeral;
  bool lower = false;
  for (; at < text.size() && std::string("IVivx").find(text[at]) != std::string::npos; ++at) {
    lower |= text[at] == 'i' || text[at] == 'v';
    numeral += static_cast<char>(lower ? text[at] - 'a' + 'A' : text[at]);
  }
  const auto degree = kDegrees.find(numeral);
  auto quality = quality_of(text.substr(at));
  if (degree == kDegrees.end() || !quality) return std::nullopt;
  if (lower && *quality == "maj") quality = "min";
  if (lower && *quality == "7") quality = "min7";
  return PinnedChord{(key.tonic_pc + degree->second + shift + 12) % 12, *quality};
}

std::vector<PinnedBar> parse_progression(const std::string& name, const std::string& text,
                                         const Key& key, const Meter& meter) {
  std::vector<PinnedBar> bars;
  for (const std::string& part : split(text, '|')) {
    const std::vector<std::string> names = words_of(part);
    if (names.empty()) continue;  // bar lines at the ends
    if (names.size() == 1 && names[0] == "%" && !bars.empty()) {
      bars.push_back(bars.back());
      continue;
    }
    PinnedBar bar;
    for (const std::string& chord : names) {
      try {
        bar.push_back(parse_chord(chord, key));
      } catch (const Error& error) {
        refuse(fmt::format("{}, bar {}: {}", name, bars.size() + 1, error.what()));
      }
    }
    if (bar.size() > static_cast<std::size_t>(meter.beats_per_bar)) {
      refuse(fmt::format("{}, bar {}: {} chords; expected at most one a beat ({})", name,
                         bars.size() + 1, bar.size(), meter.beats_per_bar));
    }
    bars.push_back(std::move(bar));
  }
  if (bars.empty() || bars.size() > kMostBars) {
    refuse(fmt::format("{}: {} bars; expected 1 to {}, such as \"I | IV | V7 | I\"", name,
                       bars.size(), kMostBars));
  }
  return bars;
}

/// "1", "0.5", "1/3", "-1".
std::optional<double> number(const std::string& text) {
  const auto plain = [](const std::string& t) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
    if (error != std::errc() || end != t.data() + t.size() || !(std::abs(value) < 1000)) return {};
    return value;
  };
  const auto slash = text.find('/');
  if (slash == std::string::npos) return plain(text);
  const auto above = plain(text.substr(0, slash)), below = plain(text.substr(slash + 1));
  if (!above || !below || *below == 0) return {};
  return *above / *below;
}

/// "E3", "F#2", "Bb2" -> MIDI; C4 is 60.
std::optional<int> midi_pitch(const std::string& text) {
  std::string octave;
  if (!pitch_class(text, octave)) return {};
  const auto value = number(octave);
  if (!value || *value != std::floor(*value) || std::abs(*value) > 9) return {};
  std::string rest;
  const int natural = *pitch_class(text.substr(0, 1), rest);
  const int alter = text.size() > 1 && text[1] == '#' ? 1 : (text[1] == 'b' ? -1 : 0);
  return 12 * (static_cast<int>(*value) + 1) + natural + alter;
}

/// Reads one line of a tune.
class TuneReader {
 public:
  TuneReader(const std::string& name, const Meter& meter)
      : name_(name), meter_(meter), grid_(meter.compound ? 6 : 4) {}

  PinnedLine read(const std::string& text) {
    for (const std::string& token : words_of(text)) {
      ++token_;
      if (token[0] == '@') {
        begin_at(token);
      } else {
        add(token);
      }
    }
    if (line_.notes.empty()) fail("has no notes", "");
    if (line_.notes.front().slurred) fail("begins with a slur", "");
    if (line_.notes.size() > kMostNotes)
      fail(fmt::format("has more than {} notes", kMostNotes), "");
    line_.bars = std::max(1, static_cast<int>(std::ceil(at_ / meter_.beats_per_bar - 1e-9)));
    return line_;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& token) const {
    refuse(fmt::format(
        "{}: {}{}; expected such as \"@-1/2 B2:1/2 E3:1 ~F#3:1/2 r:1\"", name_,
        token.empty() ? "" : "token " + std::to_string(token_) + " " + quoted(token) + " ", what));
  }

  double on_grid(const std::optional<double>& beats, const std::string& token) const {
    if (!beats) fail("has no length in beats", token);
    const double units = *beats * grid_;
    if (std::abs(units - std::round(units)) > 1e-6) {
      fail(fmt::format("is not on the grid of 1/{} beat", grid_), token);
    }
    return std::round(units) / grid_;
  }

  void begin_at(const std::string& token) {
    if (token_ != 1) fail("is not the first of its line", token);
    at_ = on_grid(number(token.substr(1)), token);
    if (at_ <= -meter_.beats_per_bar || at_ >= 2 * meter_.beats_per_bar) {
      fail("is more than a bar away", token);
    }
  }

  void add(const std::string& token) {
    const auto colon = token.find(':');
    if (colon == std::string::npos) fail("has no length", token);
    const double length = on_grid(number(token.substr(colon + 1)), token);
    if (length <= 0 || length > 16) fail("has no length between 0 and 16 beats", token);
    std::string pitch = token.substr(0, colon);
    if (pitch != "r") {
      PinnedNote note{at_, length, 0, pitch.starts_with('~')};
      if (note.slurred) pitch.erase(0, 1);
      const auto midi = midi_pitch(pitch);
      if (!midi) fail("is no pitch (C4 is middle C)", token);
      if (*midi < kLowestPitch || *midi > kHighestPitch) fail("is not between E1 and C6", token);
      note.pitch = *midi;
      line_.notes.push_back(note);
    }
    at_ += length;
  }

  const std::string& name_;
  const Meter& meter_;
  int grid_;
  std::size_t token_ = 0;
  double at_ = 0;
  PinnedLine line_;
};

/// "verse_2" -> {"verse", 2}; "verse" -> {"verse", 0}.
std::pair<std::string, int> section_of(const std::string& key) {
  const auto bar = key.find('_');
  if (bar == std::string::npos) return {key, 0};
  const auto value = number(key.substr(bar + 1));
  return {key.substr(0, bar), value ? static_cast<int>(*value) : -1};
}

bool is_sung(const std::string& label) {
  return label == "verse" || label == "chorus" || label == "bridge";
}

void check_section(const std::string& name, const std::string& key, bool sung_only) {
  const auto [label, number] = section_of(key);
  const bool known =
      is_sung(label) ||
      (!sung_only && (label == "intro" || label == "outro" || label == "instrumental"));
  if (known && number >= 0) return;
  refuse(fmt::format(
      "{}: not a section; expected {} or such as verse_2 for the second", name,
      sung_only ? "verse, chorus, bridge" : "intro, verse, chorus, bridge, instrumental, outro"));
}

template <typename T>
const T* find_section(const std::map<std::string, T>& pinned, const std::string& label,
                      int number) {
  const auto own = pinned.find(label + "_" + std::to_string(number));
  if (own != pinned.end()) return &own->second;
  const auto all = pinned.find(label);
  return all != pinned.end() ? &all->second : nullptr;
}

}  // namespace

int PinnedLine::places() const {
  return static_cast<int>(
      std::count_if(notes.begin(), notes.end(), [](const PinnedNote& n) { return !n.slurred; }));
}

PinnedChord parse_chord(const std::string& text, const Key& key) {
  std::string rest;
  if (const auto root = pitch_class(text, rest)) {
    if (const auto quality = quality_of(rest)) return {*root, *quality};
  } else if (const auto chord = roman(text, key)) {
    return *chord;
  }
  refuse(
      quoted(text) +
      " is not a chord; expected such as E, B7, F#m7, E:maj, bVII or ii (maj min 7 min7 maj7 sus4 "
      "dim)");
}

Pins::Pins(const SongSpec& spec, const Key& key, const Meter& meter) {
  for (const auto& [section, text] : spec.chords) {
    const std::string name = "chords." + section;
    check_section(name, section, false);
    chords_[section] = parse_progression(name, text, key, meter);
  }
  for (const auto& [section, lines] : spec.melody) {
    check_section("melody." + section, section, true);
    if (lines.empty() || lines.size() > kMostLines) {
      refuse(
          fmt::format("melody.{}: {} lines; expected 1 to {}", section, lines.size(), kMostLines));
    }
    for (std::size_t l = 0; l < lines.size(); ++l) {
      const std::string name = fmt::format("melody.{}, line {}", section, l + 1);
      tunes_[section].push_back(TuneReader(name, meter).read(lines[l]));
    }
    // A pickup sounds in the last bar of the line before.
    const auto& tune = tunes_[section];
    for (std::size_t l = 1; l < tune.size(); ++l) {
      const PinnedNote& last = tune[l - 1].notes.back();
      const double end = last.onset + last.duration;
      if (tune[l].notes.front().onset + tune[l - 1].bars * meter.beats_per_bar < end - 1e-9) {
        refuse(fmt::format("melody.{}, line {}: its pickup begins before line {} ends", section,
                           l + 1, l));
      }
    }
  }
}

const std::vector<PinnedBar>* Pins::chords(const std::string& label, int number) const {
  return find_section(chords_, label, number);
}

const std::vector<PinnedLine>* Pins::tune(const std::string& label, int number) const {
  return find_section(tunes_, label, number);
}

int Pins::tune_lines(const std::string& label) const {
  int lines = 0;
  for (const auto& [key, tune] : tunes_) {
    if (section_of(key).first != label) continue;
    const int here = static_cast<int>(tune.size());
    if (lines != 0 && here != lines) {
      refuse(
          fmt::format("melody.{}: {} lines where another {} has {}; without pinned lyrics all "
                      "have the same number",
                      key, here, label, lines));
    }
    lines = here;
  }
  return lines;
}

std::string Pins::unused(const std::vector<std::string>& labels) const {
  const auto missing = [&](const std::string& key) {
    const auto [label, number] = section_of(key);
    return std::count(labels.begin(), labels.end(), label) < std::max(1, number);
  };
  for (const auto& [key, bars] : chords_) {
    if (missing(key)) return "chords." + key;
  }
  for (const auto& [key, lines] : tunes_) {
    if (missing(key)) return "melody." + key;
  }
  return "";
}

std::vector<Chord> pinned_chords(const std::vector<PinnedBar>& progression, int bars, double start,
                                 const Meter& meter) {
  std::vector<Chord> chords;
  for (int b = 0; b < bars; ++b) {
    const PinnedBar& bar = progression[static_cast<std::size_t>(b) % progression.size()];
    const auto n = static_cast<int>(bar.size());
    for (int c = 0; c < n; ++c) {
      // Whole beats: what does not divide goes to the first chords.
      const auto beat = [&](int chord) { return (chord * meter.beats_per_bar + n - 1) / n; };
      const double from = start + b * meter.beats_per_bar;
      const PinnedChord& pinned = bar[static_cast<std::size_t>(c)];
      Chord chord{from + beat(c), from + beat(c + 1), pinned.root_pc, pinned.quality};
      const bool same = !chords.empty() && chords.back().root_pc == chord.root_pc &&
                        chords.back().quality == chord.quality;
      if (same) {
        chords.back().end_beat = chord.end_beat;
      } else {
        chords.push_back(chord);
      }
    }
  }
  return chords;
}

std::vector<std::size_t> place_syllables(const PinnedLine& line, const std::vector<int>& stresses,
                                         const Meter& meter) {
  std::vector<std::size_t> slots;
  for (std::size_t n = 0; n < line.notes.size(); ++n) {
    if (!line.notes[n].slurred) slots.push_back(n);
  }
  const std::size_t syllables = stresses.size(), places = slots.size();
  if (syllables == 0 || syllables > places) return {};
  // best[i][p]: syllable i begins at place p. The first begins with the tune.
  constexpr double kNever = -1e9;
  std::vector<std::vector<double>> best(syllables, std::vector<double>(places, kNever));
  std::vector<std::vector<std::size_t>> from(syllables, std::vector<std::size_t>(places, 0));
  const auto worth = [&](std::size_t i, std::size_t p) {
    const int weight = meter.weight(line.notes[slots[p]].onset + meter.beats_per_bar);
    return stresses[i] == 1 ? 1.0 * weight : (stresses[i] == 2 ? 0.3 : -0.4) * weight;
  };
  best[0][0] = worth(0, 0);
  for (std::size_t i = 1; i < syllables; ++i) {
    for (std::size_t p = i; p + (syllables - i) <= places; ++p) {
      for (std::size_t q = i - 1; q < p; ++q) {
        if (best[i - 1][q] <= kNever) continue;
        // Notes sung on: cheaper on a stressed syllable.
        const double sung_on = static_cast<double>(p - q - 1) * (stresses[i - 1] == 1 ? 0.5 : 1.2);
        const double score = best[i - 1][q] - sung_on + worth(i, p);
        if (score > best[i][p]) best[i][p] = score, from[i][p] = q;
      }
    }
  }
  std::size_t end = syllables - 1;
  double top = kNever;
  for (std::size_t p = syllables - 1; p < places; ++p) {
    // The last syllable may carry the rest of the line.
    const double score = best[syllables - 1][p] - 0.3 * static_cast<double>(places - 1 - p);
    if (best[syllables - 1][p] > kNever && score > top) top = score, end = p;
  }
  std::vector<std::size_t> starts(syllables);
  for (std::size_t i = syllables; i-- > 0;) {
    starts[i] = slots[end];
    end = from[i][end];
  }
  return starts;
}

}  // namespace brandiron::gen
