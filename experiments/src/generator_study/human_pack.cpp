#include "generator_study/human_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/gen/lyric_tools.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Instrumental collections; all other sources are sung.
bool is_vocal(const std::string& source) {
  return source != "ryans-mammoth-1883" && source != "nottingham" && source != "oldtime-rjl20";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
    at = end + 1;
  }
  return lines;
}

struct Meter {
  int numerator = 4, denominator = 4;
};

Meter meter_of(const json& tune) {
  const std::string text = tune.at("meter");
  const auto slash = text.find('/');
  Meter meter{std::stoi(text.substr(0, slash)), std::stoi(text.substr(slash + 1))};
  if (meter.numerator < 1 || (meter.denominator & (meter.denominator - 1)) != 0) {
    throw Error(ErrorCode::kFormat, "meter \"" + text + "\" is no metre");
  }
  return meter;
}

// Stress of every syllable of a verse, from its words: "ga-", "thered" is one word.
void set_stresses(Tune& tune, const json& verse) {
  std::string word;
  std::vector<std::size_t> places;
  for (std::size_t n = 0; n < verse.size() && n < tune.notes.size(); ++n) {
    std::string syllable = verse[n];
    if (syllable.empty() || syllable == "_") continue;
    const bool goes_on = syllable.back() == '-';
    if (goes_on) syllable.pop_back();
    word += syllable;
    places.push_back(n);
    if (goes_on) continue;
    const std::vector<int> stresses = gen::sung_stresses(word);
    // A spelling that our lexicon divides otherwise says nothing.
    for (std::size_t i = 0; stresses.size() == places.size() && i < places.size(); ++i) {
      tune.notes[places[i]].stress = stresses[i];
    }
    word.clear();
    places.clear();
  }
}

void set_weights(Tune& tune, const json& document, const Meter& meter) {
  const auto bars = document.at("bars").get<std::vector<int>>();
  for (TuneNote& note : tune.notes) {
    // The bar line at or before the note; a pickup hangs before the first one.
    const auto next = std::upper_bound(bars.begin(), bars.end(), note.start);
    int inside = note.start - (next == bars.begin() ? bars.front() : *(next - 1));
    inside = ((inside % tune.bar_ticks) + tune.bar_ticks) % tune.bar_ticks;
    note.weight = metric_weight(inside, meter.numerator, meter.denominator);
  }
}

void set_chords(Tune& tune, const json& document) {
  if (document.value("chords_source", json()).is_null()) return;
  // Derived chords were not checked by a person: only notated ones count.
  if (document.at("chords_source") != "notated") return;
  const json& chords = document.at("chords");
  std::size_t next = 0;
  int mask = 0;
  for (TuneNote& note : tune.notes) {
    for (; next < chords.size() && chords[next][0].get<int>() <= note.start; ++next) {
      mask = chord_mask(chords[next][1], chords[next][2]);
    }
    note.chord = mask;
  }
}

Tune tune_from(const json& document) {
  Tune tune;
  tune.id = document.at("id");
  tune.tonic_pc = document.at("tonic_pc");
  tune.scale = scale_of_mode(document.at("mode"));
  const Meter meter = meter_of(document);
  tune.bar_ticks = 4 * kTicksPerQuarter * meter.numerator / meter.denominator;
  for (const json& note : document.at("notes")) {
    TuneNote out;
    out.start = note.at(0);
    out.duration = note.at(1);
    out.pitch = note.at(2);
    tune.notes.push_back(out);
  }
  if (tune.notes.empty() || document.at("bars").empty()) {
    throw Error(ErrorCode::kFormat, "a tune without notes or bars");
  }
  set_weights(tune, document, meter);
  set_chords(tune, document);
  if (document.contains("verses") && !document["verses"].empty()) {
    set_stresses(tune, document["verses"][0]);
  }
  return tune;
}

}  // namespace

HumanTunes read_human_tunes(const fs::path& file) {
  HumanTunes tunes;
  int number = 0;
  for (const std::string& line : lines_of(read_file(file))) {
    ++number;
    if (line.empty()) continue;
    try {
      const json document = json::parse(line);
      const std::string tier = document.at("tier"), split = document.at("split");
      if (tier != "A" && tier != "A-US") continue;
      if (split == "train") {
        tunes.train.push_back(tune_from(document));
      } else if (is_vocal(document.at("source"))) {
        tunes.held_out.push_back(tune_from(document));
      }
    } catch (const std::exception& error) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
  }
  return tunes;
}

std::vector<Poem> read_poems(const fs::path& folder) {
  std::set<fs::path> books;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") books.insert(entry.path());
  }
  std::vector<Poem> poems;
  for (const fs::path& book : books) {
    const std::string name = book.stem().string();
    poems.push_back({name, "", {}});
    bool gap = true;
    for (const std::string& line : lines_of(read_file(book))) {
      if (line.starts_with("# ")) {
        poems.push_back({name, line.substr(2), {}});
        gap = true;
      } else if (line.find_first_not_of(" \t") == std::string::npos) {
        gap = true;
      } else {
        if (gap) poems.back().stanzas.emplace_back();
        gap = false;
        poems.back().stanzas.back().push_back(line);
      }
    }
  }
  std::erase_if(poems, [](const Poem& poem) { return poem.stanzas.empty(); });
  return poems;
}

ChordCounts read_chord_counts(const fs::path& file, const std::string& key) {
  ChordCounts counts;
  try {
    const json all = json::parse(read_file(file));
    const json& part = all.at(key);
    counts.songs = part.at("songs");
    for (const json& entry : part.at("unigram")) counts.unigram[entry.at(0)] = entry.at(1);
    for (const json& entry : part.at("bigram")) counts.bigram[entry.at(0)] = entry.at(1);
    for (const auto& [label, entries] : part.at("section_bars").items()) {
      for (const json& entry : entries) {
        counts.section_bars[label][std::to_string(entry.at(0).get<int>())] = entry.at(1);
      }
    }
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kFormat, fmt::format("{}: {}: {}", file.string(), key, error.what()));
  }
  return counts;
}

}  // namespace brandiron::experiments
