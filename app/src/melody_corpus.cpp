#include "melody_corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/gen/lyric_tools.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using gen::MelodyCondition;
using nlohmann::json;

constexpr int kUnknownStress = 3, kNoSyllable = 4, kAfterLast = 5;
constexpr double kHidden = 0.1;

struct Meter {
  int beats = 4, unit = 4;
};

Meter meter_of(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) throw Error(ErrorCode::kFormat, "meter \"" + text + "\"");
  return {std::stoi(text.substr(0, slash)), std::stoi(text.substr(slash + 1))};
}

/// Words that begin with a capital wherever they stand.
bool always_capital(const std::string& word) {
  static const std::set<std::string> kWords = {"i", "o", "lord", "god", "jesus", "christ"};
  std::string bare;
  for (const char c : word) {
    if (c == '\'') break;  // I'll
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      bare += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return kWords.contains(bare);
}

bool ends_with_mark(const std::string& syllable) {
  const auto last = syllable.find_last_not_of("'\"");
  return last != std::string::npos &&
         std::string_view(",.;:!?)-").find(syllable[last]) != std::string_view::npos;
}

/// The words under a tune: stress, ends of words, and the line that each note belongs to.
class Words {
 public:
  explicit Words(std::vector<MelodyCondition>& notes) : notes_(notes), line_(notes.size(), -1) {}

  /// "ga-", "thered" is one word, "_" holds the syllable, "" comes before the first one.
  void read(const json& verse) {
    for (std::size_t n = 0; n < notes_.size() && n < verse.size(); ++n) {
      const std::string syllable = verse[n];
      if (syllable.empty()) continue;
      notes_[n].word_end = 0;
      if (syllable == "_") {
        notes_[n].stress = kNoSyllable;
      } else {
        add(n, syllable);
      }
      line_[n] = number_;
    }
    set_left();
  }

 private:
  void add(std::size_t n, const std::string& syllable) {
    // A line begins where a capital follows a stop.
    const bool capital = std::isupper(static_cast<unsigned char>(syllable.front())) != 0;
    if (number_ < 0 || (places_.empty() && capital && stopped_ && !always_capital(syllable))) {
      ++number_;
    }
    const bool goes_on = syllable.back() == '-';
    word_ += goes_on ? syllable.substr(0, syllable.size() - 1) : syllable;
    places_.push_back(n);
    if (goes_on) return;
    const std::vector<int> stresses = gen::sung_stresses(word_);
    // A spelling that our lexicon divides otherwise says nothing.
    for (std::size_t i = 0; stresses.size() == places_.size() && i < places_.size(); ++i) {
      notes_[places_[i]].stress = stresses[i];
    }
    notes_[n].word_end = 1;
    stopped_ = ends_with_mark(syllable);
    word_.clear();
    places_.clear();
  }

  void set_left() {
    for (std::size_t n = notes_.size(); n-- > 0;) {
      if (line_[n] < 0) continue;
      const bool last = n + 1 == notes_.size() || line_[n + 1] != line_[n];
      notes_[n].left = last ? 1 : notes_[n + 1].left + 1;
    }
    constexpr int kLongestLine = 24;  // a longer one is a line that was not found
    for (MelodyCondition& note : notes_) {
      if (note.left > kLongestLine) note.left = 0;
    }
  }

  std::vector<MelodyCondition>& notes_;
  std::vector<int> line_;
  std::vector<std::size_t> places_;
  std::string word_;
  int number_ = -1;
  bool stopped_ = true;
};

void set_bars(std::vector<MelodyCondition>& notes, const json& document, int bar_ticks) {
  const auto bars = document.at("bars").get<std::vector<int>>();
  if (bars.empty()) throw Error(ErrorCode::kFormat, "a tune without bars");
  for (MelodyCondition& note : notes) {
    const auto next = std::upper_bound(bars.begin(), bars.end(), note.onset);
    note.bar = static_cast<int>(next - bars.begin()) - 1;
    note.bars = static_cast<int>(bars.size());
    note.bar_ticks = bar_ticks;
    note.in_bar = note.onset - (note.bar < 0 ? bars.front() : *(next - 1));
  }
}

void set_chords(std::vector<MelodyCondition>& notes, const json& document, int tonic) {
  if (!document.contains("chords") || document["chords"].empty()) return;
  const json& chords = document["chords"];
  const auto code = [&](std::size_t c) {
    return gen::melody_chord(chords[c][1].get<int>() - tonic, chords[c][2].get<std::string>());
  };
  std::size_t now = 0;
  for (MelodyCondition& note : notes) {
    while (now + 1 < chords.size() && chords[now + 1][0].get<int>() <= note.onset) ++now;
    note.chord = code(now);
    if (now + 1 >= chords.size()) continue;
    note.next_chord = code(now + 1);
    const int left = chords[now + 1][0].get<int>() - note.onset;
    note.chord_left = 1 + std::min(3, left / gen::kMelodyTicks);
  }
}

/// Octaves down that bring the tune's middle to the octave above its tonic.
int octaves_above(const json& notes, int tonic) {
  double sum = 0;
  for (const json& note : notes) sum += note.at(2).get<int>() - 60 - tonic;
  constexpr double kLowestMiddle = -2;
  const double mean = sum / static_cast<double>(notes.size());
  int octaves = 0;
  while (mean - 12 * octaves >= kLowestMiddle + 12) ++octaves;
  while (mean - 12 * octaves < kLowestMiddle) --octaves;
  return octaves;
}

CorpusTune tune_from(const json& document) {
  CorpusTune tune;
  tune.id = document.at("id");
  const json& notes = document.at("notes");
  if (notes.empty()) throw Error(ErrorCode::kFormat, "a tune without notes");
  const int tonic = document.at("tonic_pc");
  const Meter meter = meter_of(document.at("meter"));
  MelodyCondition known;
  known.mode = gen::melody_mode(document.at("mode").get<std::string>());
  known.meter = gen::melody_meter(meter.beats, meter.unit);
  std::vector<MelodyCondition> conditions(notes.size(), known);
  for (std::size_t n = 0; n < notes.size(); ++n) conditions[n].onset = notes[n].at(0);
  set_bars(conditions, document, 4 * gen::kMelodyTicks * meter.beats / meter.unit);
  set_chords(conditions, document, tonic);
  if (document.contains("verses") && !document["verses"].empty()) {
    Words(conditions).read(document["verses"][0]);
  }
  for (std::size_t n = 0; n < conditions.size(); ++n) {
    conditions[n].next_stress = n + 1 < conditions.size() ? conditions[n + 1].stress : kAfterLast;
  }
  const int octaves = octaves_above(notes, tonic);
  gen::MelodyMemory memory;
  for (std::size_t n = 0; n < conditions.size(); ++n) {
    const int ticks = notes[n].at(1);
    if (ticks <= 0) throw Error(ErrorCode::kFormat, "a note without length");
    TuneStep step{conditions[n],
                  gen::melody_pitch(notes[n].at(2).get<int>() - 60 - tonic - 12 * octaves),
                  gen::melody_length(ticks), memory.inputs(conditions[n])};
    memory.add(step.known, step.pitch, step.length, ticks);
    tune.steps.push_back(step);
  }
  return tune;
}

enum class Role { kLearn, kValidation, kTest, kOut };

std::map<std::string, Role> read_splits(const fs::path& file) {
  static const std::map<std::string, Role> kRoles = {
      {"validation", Role::kValidation}, {"test", Role::kTest}, {"out", Role::kOut}};
  std::map<std::string, Role> splits;
  std::istringstream lines(read_file(file));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string key, role;
    words >> key >> role;
    if (key.size() != 16 || !kRoles.contains(role)) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}:{}: found \"{}\", expected 16 hexadecimal digits and validation, "
                              "test or out",
                              file.string(), number, line));
    }
    splits[key] = kRoles.at(role);
  }
  return splits;
}

}  // namespace

std::string title_key(const std::string& title) {
  std::string lower = title;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return sha256_hex(lower).substr(0, 16);
}

MelodyCorpus read_melody_corpus(const fs::path& file, const fs::path& splits) {
  const std::map<std::string, Role> roles = read_splits(splits);
  MelodyCorpus corpus;
  std::istringstream lines(read_file(file));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    try {
      const json document = json::parse(line);
      const std::string tier = document.at("tier"), source = document.at("source");
      // What licences let into shipped weights: see the recipe.
      if (tier != "A" && tier != "A-US") continue;
      const auto found = roles.find(title_key(document.at("title")));
      const Role role = found == roles.end() ? Role::kLearn : found->second;
      const bool fiddle = source == "ryans-mammoth-1883";
      if (role == Role::kOut || (fiddle && role != Role::kLearn)) {
        ++corpus.left_out;
        continue;
      }
      std::vector<CorpusTune>& to = fiddle                      ? corpus.fiddle
                                    : role == Role::kLearn      ? corpus.learnt
                                    : role == Role::kValidation ? corpus.validation
                                                                : corpus.test;
      to.push_back(tune_from(document));
    } catch (const std::exception& error) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
  }
  if (corpus.learnt.empty() || corpus.validation.empty() || corpus.test.empty()) {
    throw Error(ErrorCode::kFormat,
                fmt::format("{}: found {} tunes to learn, {} for validation, {} for the test; "
                            "expected some of each",
                            file.string(), corpus.learnt.size(), corpus.validation.size(),
                            corpus.test.size()));
  }
  return corpus;
}

models::SequenceBatch MelodyBatch::view() const {
  return {sequences, steps, inputs, targets, weights};
}

namespace {

void put(MelodyBatch& batch, std::size_t row, std::size_t column, const TuneStep& step) {
  const std::size_t at = row * batch.steps + column;
  std::copy(step.inputs.begin(), step.inputs.end(),
            batch.inputs.begin() + static_cast<std::ptrdiff_t>(at * gen::kMelodyInputs));
  batch.targets[2 * at] = step.length;
  batch.targets[2 * at + 1] = step.pitch;
  batch.weights[2 * at] = batch.weights[2 * at + 1] = 1;
}

MelodyBatch empty_batch(std::size_t sequences, std::size_t steps) {
  MelodyBatch batch{sequences, steps, {}, {}, {}};
  batch.inputs.resize(sequences * steps * gen::kMelodyInputs);
  batch.targets.resize(sequences * steps * 2);
  batch.weights.resize(sequences * steps * 2);
  return batch;
}

TuneStep hidden(TuneStep step, bool chords, bool words) {
  const auto set = [&](gen::MelodyInput which, int value) {
    step.inputs[static_cast<std::size_t>(which)] = value;
  };
  if (chords) {
    set(gen::MelodyInput::kChord, 0);
    set(gen::MelodyInput::kNextChord, 0);
    set(gen::MelodyInput::kChordLeft, 0);
  }
  if (words) {
    set(gen::MelodyInput::kStress, kUnknownStress);
    set(gen::MelodyInput::kNextStress, kUnknownStress);
    set(gen::MelodyInput::kWordEnd, 2);
    set(gen::MelodyInput::kLeft, 0);
  }
  return step;
}

}  // namespace

MelodyBatch draw_melody_batch(const std::vector<CorpusTune>& tunes, std::size_t count,
                              std::size_t window, Rng& rng) {
  std::vector<double> notes;
  for (const CorpusTune& tune : tunes) notes.push_back(static_cast<double>(tune.steps.size()));
  struct Window {
    const CorpusTune* tune;
    std::size_t first, count;
    bool chords, words;
  };
  std::vector<Window> windows;
  std::size_t longest = 1;
  for (std::size_t w = 0; w < count; ++w) {
    const CorpusTune& tune = tunes[rng.pick(notes)];
    const std::size_t n = std::min(window, tune.steps.size());
    // A quarter of the windows begin with the tune, as a song does.
    const auto room = static_cast<std::uint32_t>(tune.steps.size() - n + 1);
    const std::size_t first = rng.chance(0.25) ? 0 : rng.below(room);
    windows.push_back({&tune, first, n, rng.chance(kHidden), rng.chance(kHidden)});
    longest = std::max(longest, n);
  }
  MelodyBatch batch = empty_batch(count, longest);
  for (std::size_t w = 0; w < count; ++w) {
    for (std::size_t i = 0; i < windows[w].count; ++i) {
      const TuneStep& step = windows[w].tune->steps[windows[w].first + i];
      put(batch, w, i, hidden(step, windows[w].chords, windows[w].words));
    }
  }
  return batch;
}

MelodyBatch whole_tune(const CorpusTune& tune) {
  MelodyBatch batch = empty_batch(1, tune.steps.size());
  for (std::size_t i = 0; i < tune.steps.size(); ++i) put(batch, 0, i, tune.steps[i]);
  return batch;
}

}  // namespace brandiron::app
