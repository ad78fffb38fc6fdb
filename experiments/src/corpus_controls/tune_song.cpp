#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/human_tune.h"
#include "brandiron/gen/lyric_tools.h"
#include "corpus_controls/tune_form.h"
#include "corpus_controls/tune_grid.h"
#include "corpus_controls/tune_lines.h"
#include "corpus_controls/tune_words.h"

namespace brandiron::experiments {
namespace {

constexpr int kReach = 2;  // semitones beyond the persona's range on either side
constexpr double kMostSyllablesPerSecond = 4.5, kShortestNote_s = 0.11, kSlowestBpm = 44;
constexpr double kShortest_s = 140, kLongest_s = 190;  // of written songs (gen's form.cpp)
constexpr std::size_t kMostLines = 64;
constexpr int kFewestPlaces = 9;  // of a line that words of ours are written for
constexpr int kMostSectionBars = 64, kIntroBars = 4, kSoloBars = 8;

struct Lines {
  std::vector<TuneLine> verse, chorus;  ///< no chorus: only the first lines fit
};

/// Everything that is known of the song on the way to its plan.
class TuneWriter {
 public:
  TuneWriter(const HumanTune& tune, const gen::Persona& persona, const TuneRequest& request)
      : tune_(tune),
        persona_(persona),
        request_(request),
        rng_(Rng(request.seed, "human-tune").child(tune.id)) {}

  TuneVerdict write() {
    for (const auto step : {&TuneWriter::read, &TuneWriter::move_into_range, &TuneWriter::set_pace,
                            &TuneWriter::set_form, &TuneWriter::set_words}) {
      const std::string why_not = (this->*step)();
      if (!why_not.empty()) return {std::nullopt, why_not};
    }
    set_chords();
    song_.spec.seed = request_.seed;
    song_.spec.title = tune_.title;
    song_.quantised = grid_.quantised;
    return check();
  }

 private:
  std::string read() {
    if (!gen::blocked_phrases_in(tune_.title).empty()) return "a title on the blocklist";
    grid_ = grid_tune(tune_);
    if (!grid_.why_not.empty()) return grid_.why_not;
    all_ = cut_lines(tune_, grid_);
    if (all_.size() < 2) return "no lines to sing";
    return all_.size() > kMostLines ? "too long" : "";
  }

  /// Nearest to the persona's range, then to the keys that he likes, then to where it was.
  std::string move_into_range() {
    const auto [low, high] =
        std::minmax_element(grid_.notes.begin(), grid_.notes.end(),
                            [](const GridNote& a, const GridNote& b) { return a.pitch < b.pitch; });
    const gen::StyleParameters& style = persona_.style;
    int best = 1000, least_over = 0;
    for (int move = -36; move <= 24; ++move) {
      const int over = std::max(0, style.range_low - low->pitch - move) +
                       std::max(0, high->pitch + move - style.range_high);
      const std::string key = key_name(move);
      const bool liked = std::find(style.keys.begin(), style.keys.end(), key) != style.keys.end();
      const int middle =
          std::abs(style.range_low + style.range_high - low->pitch - high->pitch - 2 * move);
      const int worth = 20 * over + middle - (liked ? 6 : 0);
      if (worth < best) best = worth, song_.semitones = move, least_over = over;
    }
    song_.spec.key = key_name(song_.semitones);
    return least_over > 2 * kReach ? "a wider range than the singer's" : "";
  }

  std::string key_name(int move) const {
    return pitch_class((tune_.tonic_pc + move + 48) % 12) + (tune_.minor ? ":min" : ":maj");
  }

  static std::string pitch_class(int pc) {
    static constexpr std::array<const char*, 12> kNames = {"C",  "C#", "D",  "D#", "E",  "F",
                                                           "F#", "G",  "G#", "A",  "A#", "B"};
    return kNames[static_cast<std::size_t>(pc)];
  }

  /// Groove by metre, a tempo as the persona's songs have it, and none that cannot be sung.
  std::string set_pace() {
    gen::SongSpec& spec = song_.spec;
    spec.groove = grid_.compound ? "ballad" : (grid_.beats_per_bar == 3 ? "waltz" : "stomp");
    const auto& grooves = persona_.style.grooves;
    const bool train = std::find(grooves.begin(), grooves.end(), "train") != grooves.end();
    const auto [train_low, train_high] = gen::tempo_range_bpm(persona_.style, "train");
    Rng draw = rng_.child("pace");
    if (spec.groove == "stomp" && train && fastest_bpm() >= train_low && draw.chance(0.4)) {
      spec.groove = "train";
    }
    const auto [low, high] = gen::tempo_range_bpm(persona_.style, spec.groove);
    const double tempo = std::floor(draw.uniform(low, high) + 0.5);
    spec.tempo_bpm = std::min(tempo, std::floor(fastest_bpm()));
    return spec.tempo_bpm < kSlowestBpm ? "too fast to sing" : "";
  }

  double fastest_bpm() const {
    double fastest = 1000;
    const double per_beat = grid_.units_per_beat;
    for (const TuneLine& line : all_) {
      const double beats = (grid_.notes[line.to - 1].end - grid_.notes[line.from].start) / per_beat;
      const auto notes = static_cast<double>(line.to - line.from);
      fastest = std::min(fastest, kMostSyllablesPerSecond * 60 * beats / notes);
    }
    for (const GridNote& note : grid_.notes) {
      fastest = std::min(fastest, (note.end - note.start) / per_beat * 60 / kShortestNote_s);
    }
    return fastest;
  }

  std::string set_form() {
    double duration_s = request_.duration_s;
    if (duration_s <= 0) duration_s = rng_.child("duration").uniform(kShortest_s, kLongest_s);
    song_.spec.duration_s = duration_s;
    const double bar_s = grid_.beats_per_bar * 60.0 / song_.spec.tempo_bpm;
    const int bars = static_cast<int>(std::floor(duration_s / bar_s + 0.5));
    split(all_.size());
    const bool pickup = begins_before_its_bar();
    form_ = plan_tune_form(bars, bars_of(lines_.verse), bars_of(lines_.chorus), pickup);
    // As many lines as the duration takes, in couplets.
    for (std::size_t count = all_.size() - 2; !form_ && count >= 2; count -= 2) {
      lines_ = {{all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(count)}, {}};
      form_ = plan_tune_form(bars, bars_of(lines_.verse), 0, pickup);
      song_.whole = false;
    }
    if (!form_) return "too long for the duration";
    const bool long_section =
        std::max(bars_of(lines_.verse), bars_of(lines_.chorus)) > kMostSectionBars;
    song_.spec.form = form_->labels(!lines_.chorus.empty());
    return long_section ? "too long" : "";
  }

  bool begins_before_its_bar() const {
    const TuneLine& first = lines_.verse.front();
    return grid_.notes[first.from].start < first.start_bar * grid_.units_per_bar();
  }

  /// The first half is the verse, the second the chorus; both in couplets.
  void split(std::size_t count) {
    const std::size_t half = (count / 2 + 1) / 2 * 2;
    const auto middle = all_.begin() + static_cast<std::ptrdiff_t>(std::min(half, count));
    lines_.verse.assign(all_.begin(), middle);
    lines_.chorus.assign(middle, all_.end());
    // A tune of one couplet is sung as both.
    if (lines_.chorus.empty()) lines_.chorus = lines_.verse;
  }

  int bars_of(const std::vector<TuneLine>& lines) const {
    if (lines.empty()) return 0;
    return next_bar(lines, lines.size() - 1) - lines.front().start_bar;
  }

  /// The bar that the line after `l` is written from.
  int next_bar(const std::vector<TuneLine>& lines, std::size_t l) const {
    if (l + 1 < lines.size()) return lines[l + 1].start_bar;
    const std::size_t after = lines[l].to;
    const auto next = std::find_if(all_.begin(), all_.end(),
                                   [&](const TuneLine& line) { return line.from == after; });
    const bool goes_on = &lines == &lines_.verse && !lines_.chorus.empty() && next != all_.end() &&
                         lines_.chorus.front().from == after;
    return goes_on ? next->start_bar : end_bar(grid_, all_.front(), lines[l]);
  }

  /// The tune's own words where a verse of them fits; else none, and we write some.
  std::string set_words() {
    std::vector<const std::vector<std::string>*> verses, choruses;
    for (const auto& verse : tune_.verses) {
      if (says_all(verse, lines_.verse)) verses.push_back(&verse);
      if (says_all(verse, lines_.chorus)) choruses.push_back(&verse);
    }
    song_.human_words = !verses.empty() && (lines_.chorus.empty() || !choruses.empty());
    if (!song_.human_words) {
      if (fewest_places() < kFewestPlaces) return "no words of its own, lines too short for ours";
      pin_tune(strophe(), lines_.verse, nullptr);
      if (!lines_.chorus.empty()) pin_tune("chorus", lines_.chorus, nullptr);
      return "";
    }
    for (int s = 0; s < form_->strophes; ++s) {
      const auto* verse = verses[static_cast<std::size_t>(s) % verses.size()];
      add_section(strophe(), s + 1, lines_.verse, *verse);
      if (choruses.empty() || lines_.chorus.empty()) continue;
      // A refrain is written under one verse only.
      const auto own = std::find(choruses.begin(), choruses.end(), verse);
      const auto* chorus = own != choruses.end() ? *own : choruses.front();
      add_section("chorus", s + 1, lines_.chorus, *chorus);
      if (s + 1 == form_->strophes && form_->last_chorus_again) {
        add_section("chorus", s + 2, lines_.chorus, *chorus);
      }
    }
    return "";
  }

  /// Of the shortest line, places for a syllable.
  int fewest_places() const {
    int fewest = 1000;
    for (const std::vector<TuneLine>* lines : {&lines_.verse, &lines_.chorus}) {
      for (const TuneLine& line : *lines) {
        int places = 1;
        for (std::size_t n = line.from + 1; n < line.to; ++n) {
          places += grid_.notes[n].slurred ? 0 : 1;
        }
        fewest = std::min(fewest, places);
      }
    }
    return fewest;
  }

  static bool says_all(const std::vector<std::string>& verse, const std::vector<TuneLine>& lines) {
    return !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](const TuneLine& line) {
      return !verse_line(verse, line.from, line.to).text.empty();
    });
  }

  /// What the tune's first half is to the song.
  std::string strophe() const {
    return form_->is_chorus_alone(!lines_.chorus.empty()) ? "chorus" : "verse";
  }

  void add_section(const std::string& label, int number, const std::vector<TuneLine>& lines,
                   const std::vector<std::string>& verse) {
    std::string& text = song_.spec.lyrics;
    text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", label);
    for (const TuneLine& line : lines) text += verse_line(verse, line.from, line.to).text + "\n";
    pin_tune(fmt::format("{}_{}", label, number), lines, &verse);
  }

  void pin_tune(const std::string& pin, const std::vector<TuneLine>& lines,
                const std::vector<std::string>* verse) {
    std::vector<std::string>& texts = song_.spec.melody[pin];
    for (std::size_t l = 0; l < lines.size(); ++l) {
      texts.push_back(line_text(lines[l], next_bar(lines, l), verse));
    }
  }

  std::string line_text(const TuneLine& line, int next,
                        const std::vector<std::string>* verse) const {
    const int bar = grid_.units_per_bar(), origin = line.start_bar * bar;
    int at = grid_.notes[line.from].start - origin;
    std::string text = "@" + beats(at);
    for (std::size_t n = line.from; n < line.to; ++n) {
      const GridNote& note = grid_.notes[n];
      rest(text, note.start - origin - at);
      const bool slurred = n > line.from && (verse != nullptr ? (*verse)[n] == "_" : note.slurred);
      const int pitch = note.pitch + song_.semitones;
      text += fmt::format(" {}{}{}:{}", slurred ? "~" : "", pitch_class(pitch % 12), pitch / 12 - 1,
                          beats(note.end - note.start));
      at = note.end - origin;
    }
    rest(text, (next - line.start_bar) * bar - at);
    return text;
  }

  void rest(std::string& text, int units) const {
    const int most = 16 * grid_.units_per_beat;
    for (; units > 0; units -= std::min(units, most)) text += " r:" + beats(std::min(units, most));
  }

  std::string beats(int units) const {
    const int per_beat = grid_.units_per_beat;
    return units % per_beat == 0 ? std::to_string(units / per_beat)
                                 : fmt::format("{}/{}", units, per_beat);
  }

  void set_chords() {
    const int verse = lines_.verse.front().start_bar, bars = bars_of(lines_.verse);
    auto& chords = song_.spec.chords;
    chords[strophe()] = progression(verse, bars);
    if (form_->intro) chords["intro"] = progression(verse, std::min(bars, kIntroBars));
    if (form_->instrumentals > 0) {
      chords["instrumental"] = progression(verse, std::min(bars, kSoloBars));
    }
    if (lines_.chorus.empty()) return;
    chords["chorus"] = progression(lines_.chorus.front().start_bar, bars_of(lines_.chorus));
  }

  std::string progression(int from, int bars) const {
    std::string text;
    for (int b = from; b < from + bars; ++b) {
      std::vector<std::string> names;
      for (int beat = 0; beat < grid_.beats_per_bar; ++beat) {
        names.push_back(chord_name(b * grid_.beats_per_bar + beat));
      }
      if (std::all_of(names.begin(), names.end(), [&](const auto& n) { return n == names[0]; })) {
        names.resize(1);
      }
      text += text.empty() ? "" : " |";
      for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    }
    return text;
  }

  std::string chord_name(int beat) const {
    const auto last = static_cast<int>(grid_.beats.size()) - 1;
    const HumanChord& chord = grid_.beats[static_cast<std::size_t>(std::clamp(beat, 0, last))];
    return pitch_class((chord.root_pc + song_.semitones + 48) % 12) + ":" + chord.quality;
  }

  /// The songwriter has the last word: a plan that it refuses is no song.
  TuneVerdict check() {
    try {
      const gen::Score score =
          gen::write_song(song_.spec, persona_, Rng(song_.spec.seed, "song").child("score"));
      for (const gen::Line& line : score.lines) {
        if (!gen::blocked_phrases_in(line.text).empty())
          return {std::nullopt, "words on the blocklist"};
      }
      return {song_, ""};
    } catch (const Error& error) {
      const std::string what = error.what();
      if (what.find("no words were found") != std::string::npos) {
        return {std::nullopt, "no words of ours that fit"};
      }
      return {std::nullopt, "refused by the songwriter: " + what};
    }
  }

  const HumanTune& tune_;
  const gen::Persona& persona_;
  const TuneRequest& request_;
  const Rng rng_;
  GridTune grid_;
  std::vector<TuneLine> all_;
  Lines lines_;
  std::optional<TuneForm> form_;
  TuneSong song_;
};

}  // namespace

TuneVerdict song_of_tune(const HumanTune& tune, const gen::Persona& persona,
                         const TuneRequest& request) {
  return TuneWriter(tune, persona, request).write();
}

}  // namespace brandiron::experiments
