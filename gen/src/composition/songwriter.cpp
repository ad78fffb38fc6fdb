#include "brandiron/gen/songwriter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "brandiron/core/error.h"
#include "composition/form.h"
#include "composition/harmony.h"
#include "composition/key_name.h"
#include "composition/lexicon.h"
#include "composition/lyric_bank.h"
#include "composition/lyric_reader.h"
#include "composition/lyric_writer.h"
#include "composition/melody.h"
#include "composition/own_lyrics.h"
#include "composition/persona_fields.h"
#include "composition/pins.h"
#include "composition/rhythm.h"
#include "composition/sampler.h"
#include "composition/sung_text.h"

namespace brandiron::gen {
namespace {

/// A sung line on its way to notes.
struct LineJob {
  std::string text, rhyme_class;
  std::vector<SungWord> words;
  int section = 0, start_bar = 0, bars = 2;
  const PinnedLine* tune = nullptr;  ///< pinned
};

/// The tune of a line, relative to its bar line: what repeats copy.
struct LineTune {
  std::vector<double> onsets, durations;
  std::vector<int> pitches;
};

struct Frame {
  std::string groove;
  double tempo_bpm = 84;
  Meter meter;
  Key key;
  int bars_per_line = 2;
  int low = 45, high = 59;
};

constexpr int kLongestWrittenLine = 13;  ///< syllables
constexpr std::size_t kDrafts = 4;       ///< of a section's tune
constexpr double kDraftTemperature = 3.0;

double half_up(double value) { return std::floor(value + 0.5); }

std::string draw_groove(const SongSpec& spec, const StyleParameters& style, Rng rng) {
  if (!spec.groove.empty()) {
    if (std::find(kGrooves.begin(), kGrooves.end(), spec.groove) != kGrooves.end()) {
      return spec.groove;
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("groove \"{}\" is not known; expected stomp, train, waltz or ballad",
                            spec.groove));
  }
  // House style: stomp first, train second, waltz or 12/8 about 15 % between them.
  static const std::map<std::string, double> kShare = {
      {"stomp", 0.52}, {"train", 0.33}, {"waltz", 0.08}, {"ballad", 0.07}};
  std::vector<double> weights;
  for (const std::string& groove : style.grooves) weights.push_back(kShare.at(groove));
  return style.grooves[rng.pick(weights)];
}

double draw_tempo(const SongSpec& spec, const StyleParameters& style, const std::string& groove,
                  Rng rng) {
  if (spec.tempo_bpm != 0) {
    if (spec.tempo_bpm >= 40 && spec.tempo_bpm <= 220) return spec.tempo_bpm;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("tempo is {} bpm; expected 40 to 220, or 0 to draw it", spec.tempo_bpm));
  }
  const auto [low, high] = tempo_range_bpm(style, groove);
  return half_up(rng.uniform(low, high));
}

Key draw_key(const SongSpec& spec, const StyleParameters& style, Rng rng) {
  if (!spec.key.empty()) {
    if (const auto key = parse_key(spec.key)) return *key;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("key \"{}\" is not known; expected such as \"E:maj\" or \"A:min\"", spec.key));
  }
  std::vector<double> weights;
  for (const std::string& name : style.keys) {
    weights.push_back(parse_key(name)->minor ? 0.12 : 1.0);  // minor is the rare colour
  }
  return *parse_key(style.keys[rng.pick(weights)]);
}

/// Ten to fourteen semitones inside the persona's range, the tonic in the lower half when it can
/// be.
void draw_range(const StyleParameters& style, Frame& frame, Rng rng) {
  const int room = style.range_high - style.range_low;
  const int span = std::min(room, 12 + static_cast<int>(rng.below(3)));
  std::vector<double> weights;
  for (int low = style.range_low; low + span <= style.range_high; ++low) {
    const int tonic_above = ((frame.key.tonic_pc - low) % 12 + 12) % 12;
    weights.push_back(tonic_above <= 5 ? 1.0 : (tonic_above <= 7 ? 0.7 : 0.05));
  }
  frame.low = style.range_low + static_cast<int>(rng.pick(weights));
  frame.high = frame.low + span;
}

Frame draw_frame(const SongSpec& spec, const Persona& persona, const Rng& rng) {
  Frame frame;
  frame.groove = draw_groove(spec, persona.style, rng.child("groove"));
  frame.tempo_bpm = draw_tempo(spec, persona.style, frame.groove, rng.child("tempo"));
  frame.meter.beats_per_bar = frame.groove == "waltz" ? 3 : 4;
  frame.meter.compound = frame.groove == "ballad";
  frame.meter.beat_s = 60.0 / frame.tempo_bpm;
  frame.key = draw_key(spec, persona.style, rng.child("key"));
  // Room for the longest hook at any tempo.
  frame.bars_per_line = bars_needed(
      kLongestWrittenLine, frame.groove == "waltz" || frame.tempo_bpm > 132 ? 4 : 2, frame.meter);
  draw_range(persona.style, frame, rng.child("range"));
  return frame;
}

/// Where the voice lies in its range (0 low .. 1 high) along each of four lines: start, middle,
/// end.
constexpr std::array<std::array<double, 3>, 4> kVerseArc = {
    {{0.28, 0.45, 0.30}, {0.34, 0.52, 0.40}, {0.40, 0.60, 0.38}, {0.42, 0.48, 0.18}}};
constexpr std::array<std::array<double, 3>, 4> kChorusArc = {
    {{0.62, 0.84, 0.62}, {0.58, 0.80, 0.50}, {0.66, 0.90, 0.62}, {0.64, 0.66, 0.30}}};
constexpr std::array<std::array<double, 3>, 4> kBridgeArc = {
    {{0.50, 0.70, 0.55}, {0.55, 0.72, 0.50}, {0.55, 0.78, 0.60}, {0.60, 0.70, 0.50}}};

double arc_at(const std::string& label, std::size_t line, std::size_t num_lines, double along) {
  const auto& arcs = label == "chorus" ? kChorusArc : (label == "bridge" ? kBridgeArc : kVerseArc);
  const std::size_t row = line + 1 == num_lines ? 3 : line % 4;
  const auto& arc = arcs[row];
  return along < 0.5 ? arc[0] + (arc[1] - arc[0]) * 2 * along
                     : arc[1] + (arc[2] - arc[1]) * (2 * along - 1);
}

class Composer {
 public:
  Composer(const SongSpec& spec, const Persona& persona, const Rng& rng)
      : spec_(spec),
        persona_(persona),
        // Two personas write different songs from one seed.
        rng_(rng.child("songwriter/" + persona.id)),
        frame_(draw_frame(spec, persona, rng_)),
        pins_(spec, frame_.key, frame_.meter) {}

  Score write() {
    start_score();
    if (spec_.lyrics.empty()) {
      plan_written_song();
    } else {
      plan_own_words();
    }
    write_chords();
    write_words();
    write_melody();
    report_draws();
    validate_score(score_);
    return score_;
  }

 private:
  /// What was drawn of each kind, for song.json.
  void report_draws() {
    for (std::size_t k = 0; k < kDrawKinds; ++k) {
      const DrawLedger::Count& count = ledger_.of_kind[k];
      if (count.draws > 0) score_.draws.push_back({kDrawNames[k], count.draws, count.bits});
    }
  }

  double bar_s() const { return frame_.meter.beats_per_bar * frame_.meter.beat_s; }

  void start_score() {
    score_.seed = spec_.seed;
    score_.tempo_bpm = frame_.tempo_bpm;
    score_.beats_per_bar = frame_.meter.beats_per_bar;
    score_.compound = frame_.meter.compound;
    score_.tonic_pc = frame_.key.tonic_pc;
    score_.minor = frame_.key.minor;
    score_.groove = frame_.groove;
  }

  /// Form first, then the words that it asks for.
  void plan_written_song() {
    const std::vector<PlannedSection> plan = plan_with_pins();
    LyricPlan words;
    words.theme = spec_.theme;
    words.title = spec_.title;
    words.verses = 0;
    words.chorus_lines = 4;
    // Songs of one persona own different shares of the bank; so do personas at one seed.
    words.song = spec_.seed + Rng(0, "bank/" + persona_.id).next_u32();
    words.reader = LyricReader::shared();
    for (const PlannedSection& s : plan) {
      if (s.label == "verse") words.verse_lines = s.lines, ++words.verses;
      if (s.label == "chorus") words.chorus_lines = s.lines;
      if (s.label == "bridge") words.bridge_lines = s.lines;
    }
    const WrittenStanzas text = write_fitting(words);
    score_.title = text.title;
    score_.theme = text.theme;
    std::size_t verse = 0;
    int bar = 0;
    for (const PlannedSection& s : plan) {
      const int index = static_cast<int>(score_.sections.size());
      score_.sections.push_back({s.label, bar, s.bars});
      if (s.lines > 0) {
        const std::vector<WrittenLine>& lines =
            s.label == "verse" ? text.verses[verse++]
                               : (s.label == "chorus" ? text.chorus : text.bridge);
        int line_bar = bar;
        const std::vector<PinnedLine>* tune = pins_.tune(s.label, number_of(index));
        for (std::size_t l = 0; l < lines.size(); ++l) {
          const WrittenLine& line = lines[l];
          jobs_.push_back({line.text, line.rhyme_class, read_sung_line(line.text), index, line_bar,
                           frame_.bars_per_line});
          if (tune != nullptr) pin(jobs_.back(), (*tune)[l % tune->size()]);
          line_bar += jobs_.back().bars;
        }
      }
      bar += s.bars;
    }
  }

  /// Which of the sections with its label the i-th is, from 1.
  int number_of(int index) const {
    const auto here = score_.sections.begin() + index;
    return 1 + static_cast<int>(std::count_if(
                   score_.sections.begin(), here,
                   [&](const Section& section) { return section.label == here->label; }));
  }

  static void pin(LineJob& job, const PinnedLine& tune) {
    job.tune = &tune;
    job.bars = tune.bars;
  }

  /// A form with every section that a pin names. Pinned tunes set the lengths of theirs.
  std::vector<PlannedSection> plan_with_pins() const {
    const FormRequest request{spec_.form, spec_.duration_s, bar_s(), frame_.bars_per_line};
    std::vector<PlannedSection> plan = plan_form(request, rng_.child("form"));
    const auto labels = [&] {
      std::vector<std::string> all;
      for (const PlannedSection& section : plan) all.push_back(section.label);
      return all;
    };
    constexpr std::uint64_t kTries = 200;
    for (std::uint64_t t = 0; spec_.form.empty() && !pins_.unused(labels()).empty(); ++t) {
      if (t == kTries) break;
      plan = plan_form(request, rng_.child("form", t));
    }
    refuse_unused(labels());
    std::map<std::string, int> number;
    for (PlannedSection& section : plan) {
      const auto* tune = pins_.tune(section.label, ++number[section.label]);
      const int lines = pins_.tune_lines(section.label);
      if (lines % 2 != 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("melody.{}: {} lines; words are written in couplets: pin an even "
                                "number, or the lyrics as well",
                                section.label, lines));
      }
      if (lines > 0) section.lines = lines, section.bars = lines * frame_.bars_per_line;
      if (tune != nullptr) section.bars = bars_of(*tune, section.lines);
    }
    check_duration(plan, "this melody");
    return plan;
  }

  static int bars_of(const std::vector<PinnedLine>& tune, int lines) {
    int bars = 0;
    for (int l = 0; l < lines; ++l) bars += tune[static_cast<std::size_t>(l) % tune.size()].bars;
    return bars;
  }

  void refuse_unused(const std::vector<std::string>& labels) const {
    const std::string pin = pins_.unused(labels);
    if (pin.empty()) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is pinned, but the song has no such section; add it to the form or "
                            "drop the pin",
                            pin));
  }

  void check_duration(std::vector<PlannedSection>& plan, const char* what) const {
    if (spec_.duration_s <= 0 || spec_.melody.empty()) return;
    const int wanted = static_cast<int>(half_up(spec_.duration_s / bar_s()));
    stretch_to(plan, wanted);
    if (std::abs(total_bars(plan) - wanted) <= 2) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} makes a song of {:.0f} s at {} bpm, {:.0f} s were asked for; leave "
                            "the duration out",
                            what, total_bars(plan) * bar_s(), frame_.tempo_bpm, spec_.duration_s));
  }

  /// Words for the plan; where a tune is pinned, words that have no more syllables than it.
  WrittenStanzas write_fitting(LyricPlan words) {
    constexpr std::uint64_t kTries = 600;
    for (std::uint64_t t = 0; t < kTries; ++t) {
      const Rng rng = t == 0 ? rng_.child("lyrics") : rng_.child("lyrics", t);
      WrittenStanzas text = write_lyrics(words, persona_.style.themes, {rng, ledger_});
      if (spec_.melody.empty() || fits_tunes(text)) return text;
      ++words.song;            // another share of the bank,
      words.reader = nullptr;  // and no time for taste
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("no words were found in {} tries that the pinned melody can carry; pin "
                            "the lyrics as well, or give its lines 9 notes or more",
                            kTries));
  }

  bool fits_tunes(const WrittenStanzas& text) const {
    const auto fits = [&](const std::string& label, int number,
                          const std::vector<WrittenLine>& lines) {
      const auto* tune = pins_.tune(label, number);
      for (std::size_t l = 0; tune != nullptr && l < lines.size(); ++l) {
        const int syllables = syllables_of(read_sung_line(lines[l].text));
        if (syllables > (*tune)[l % tune->size()].places()) return false;
      }
      return true;
    };
    for (std::size_t v = 0; v < text.verses.size(); ++v) {
      if (!fits("verse", static_cast<int>(v) + 1, text.verses[v])) return false;
    }
    constexpr int kMostChoruses = 16;
    for (int number = 1; number <= kMostChoruses; ++number) {
      if (!fits("chorus", number, text.chorus) || !fits("bridge", number, text.bridge)) {
        return false;
      }
    }
    return true;
  }

  /// A person's own words: the words decide the form, lines take the bars that they need.
  void plan_own_words() {
    OwnLyrics lyrics = parse_own_lyrics(spec_.lyrics);
    std::vector<OwnSection>& own = lyrics.sections;
    if (!spec_.form.empty()) {
      arrange_by_form(lyrics, parse_form(spec_.form));
    } else {
      if (own.front().label != "intro") own.insert(own.begin(), OwnSection{"intro", {}});
      if (own.back().label != "outro") own.push_back({"outro", {}});
    }
    score_.adapted = lyrics.notes;
    std::vector<std::string> labels;
    for (const OwnSection& section : own) labels.push_back(section.label);
    refuse_unused(labels);
    std::map<std::string, int> number;
    std::vector<PlannedSection> plan;
    std::vector<std::vector<LineJob>> lines(own.size());
    for (std::size_t s = 0; s < own.size(); ++s) {
      PlannedSection section{own[s].label, 0, static_cast<int>(own[s].lines.size())};
      const std::vector<PinnedLine>* tune = pins_.tune(section.label, ++number[section.label]);
      if (tune != nullptr && own[s].lines.size() % tune->size() != 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("melody.{} has {} lines, {} {} of the lyrics {}; make them agree",
                                section.label, tune->size(), section.label, number[section.label],
                                own[s].lines.size()));
      }
      for (const std::string& text : own[s].lines) {
        LineJob job{text, "", read_sung_line(text), static_cast<int>(s), section.bars, 2};
        job.bars = bars_needed(syllables_of(job.words), frame_.bars_per_line, frame_.meter);
        if (tune != nullptr) {
          pin(job, (*tune)[lines[s].size() % tune->size()]);
        } else if (job.bars > frame_.bars_per_line) {
          score_.adapted.push_back(fmt::format("\"{}\": {} syllables take {} bars instead of {}",
                                               text, syllables_of(job.words), job.bars,
                                               frame_.bars_per_line));
        }
        section.bars += job.bars;
        lines[s].push_back(std::move(job));
      }
      if (section.lines == 0) {
        const auto* bars = pins_.chords(section.label, number[section.label]);
        section.bars = section.label == "intro" ? 2 : 4;
        if (bars != nullptr) section.bars = static_cast<int>(bars->size());
      }
      plan.push_back(section);
    }
    fit_duration(plan);
    int bar = 0;
    for (std::size_t s = 0; s < plan.size(); ++s) {
      score_.sections.push_back({plan[s].label, bar, plan[s].bars});
      for (LineJob& job : lines[s]) {
        job.start_bar += bar;
        jobs_.push_back(std::move(job));
      }
      bar += plan[s].bars;
    }
    name_own_song(own);
    score_.theme = spec_.theme.empty() ? "own words" : spec_.theme;
  }

  void fit_duration(std::vector<PlannedSection>& plan) const {
    if (spec_.duration_s > 0) {
      const int wanted = static_cast<int>(half_up(spec_.duration_s / bar_s()));
      stretch_to(plan, wanted);
      const int found = total_bars(plan);
      if (std::abs(found - wanted) > 2) {
        throw Error(
            ErrorCode::kInvalidArgument,
            fmt::format("these lyrics take {:.0f} s at {} bpm, {:.0f} s were asked for; "
                        "leave the duration out, {} the tempo or {} words",
                        found * bar_s(), frame_.tempo_bpm, spec_.duration_s,
                        found > wanted ? "raise" : "lower", found > wanted ? "cut" : "add"));
      }
    }
    if (total_bars(plan) * bar_s() > 2 * kLongestSong_s) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("these lyrics take {:.0f} s at {} bpm; at most {:.0f} s are sung",
                              total_bars(plan) * bar_s(), frame_.tempo_bpm, 2 * kLongestSong_s));
    }
  }

  /// Five words of a line or fewer: to its first pause, and not on a word that leans on the next.
  static std::string opening_words(const std::vector<SungWord>& words) {
    std::size_t count = 0;
    while (count < std::min<std::size_t>(words.size(), 5)) {
      if (words[count++].pause_after) break;
    }
    while (count > 1 && is_function_word(plain_words(words[count - 1].text))) --count;
    std::string title;
    for (std::size_t w = 0; w < count; ++w) title += (w > 0 ? " " : "") + words[w].text;
    return title;
  }

  void name_own_song(const std::vector<OwnSection>& own) {
    if (!spec_.title.empty()) {
      score_.title = spec_.title;
      return;
    }
    const auto chorus = std::find_if(own.begin(), own.end(), [](const OwnSection& s) {
      return s.label == "chorus" && !s.lines.empty();
    });
    const auto any =
        std::find_if(own.begin(), own.end(), [](const OwnSection& s) { return !s.lines.empty(); });
    const std::string& line = (chorus != own.end() ? chorus : any)->lines.front();
    std::vector<SungWord> words = read_sung_line(line);
    score_.title = title_case(opening_words(words));
    score_.adapted.push_back("the title \"" + score_.title + "\" is taken from the words");
  }

  void write_chords() {
    bool verse_opens = false;
    for (std::size_t s = 0; s + 1 < score_.sections.size(); ++s) {
      verse_opens |=
          score_.sections[s].label == "verse" && score_.sections[s + 1].label == "chorus";
    }
    std::map<std::pair<std::string, int>, std::vector<DegreeChord>> known;
    Sampler sampler(rng_.child("chords"), ledger_);
    for (std::size_t i = 0; i < score_.sections.size(); ++i) {
      const Section& section = score_.sections[i];
      if (const auto* bars = pins_.chords(section.label, number_of(static_cast<int>(i)))) {
        const double start = static_cast<double>(section.start_bar) * frame_.meter.beats_per_bar;
        for (const Chord& chord : pinned_chords(*bars, section.bars, start, frame_.meter)) {
          score_.chords.push_back(chord);
        }
        continue;
      }
      const auto key = std::pair{section.label, section.bars};
      if (!known.contains(key)) {
        Cadence cadence = Cadence::kHome;
        if (section.label == "verse" && verse_opens) cadence = Cadence::kOpen;
        if (section.label == "bridge") cadence = Cadence::kOpen;
        if (section.label == "intro") cadence = Cadence::kAny;
        known[key] = write_harmony(section.label, section.bars, cadence, frame_.key.minor, sampler);
      }
      place_chords(section, known[key]);
    }
    const int last = static_cast<int>(score_.sections.size()) - 1;
    if (pins_.chords(score_.sections.back().label, number_of(last)) == nullptr) {
      make_last_chord_tonic();
    }
  }

  void place_chords(const Section& section, const std::vector<DegreeChord>& chords) {
    const int beats = frame_.meter.beats_per_bar;
    int eighths = 0;  // of a bar
    const auto beat_at = [&](int at) {
      // Half of a three-beat bar is two beats and one.
      const int bar = at / 8, half = at % 8;
      double inside = beats * half / 8.0;
      if (beats == 3 && half > 0) inside = half == 4 ? 2.0 : 2.5;
      return static_cast<double>((section.start_bar + bar) * beats) + inside;
    };
    for (const DegreeChord& c : chords) {
      Chord chord;
      chord.start_beat = beat_at(eighths);
      eighths += c.bars_eighths;
      chord.end_beat = beat_at(eighths);
      chord.root_pc = (frame_.key.tonic_pc + c.degree_pc) % 12;
      chord.quality = c.quality;
      score_.chords.push_back(chord);
    }
  }

  void make_last_chord_tonic() {
    Chord& last = score_.chords.back();
    const double last_bar = score_.num_beats() - frame_.meter.beats_per_bar;
    const std::string home = frame_.key.minor ? "min" : "maj";
    if (last.root_pc == frame_.key.tonic_pc && last.quality == home) return;
    Chord tonic{last_bar, score_.num_beats(), frame_.key.tonic_pc, home};
    while (!score_.chords.empty() && score_.chords.back().start_beat >= last_bar) {
      score_.chords.pop_back();
    }
    if (!score_.chords.empty()) score_.chords.back().end_beat = last_bar;
    score_.chords.push_back(tonic);
  }

  void write_words() {
    for (std::size_t l = 0; l < jobs_.size(); ++l) {
      const LineJob& job = jobs_[l];
      score_.lines.push_back({job.text, job.section, static_cast<int>(score_.words.size()),
                              static_cast<int>(job.words.size()), job.rhyme_class});
      for (const SungWord& sung : job.words) {
        const int word = static_cast<int>(score_.words.size());
        score_.words.push_back({sung.text, static_cast<int>(l),
                                static_cast<int>(score_.syllables.size()),
                                static_cast<int>(sung.syllables.size())});
        for (Syllable syllable : sung.syllables) {
          syllable.word = word;
          score_.syllables.push_back(std::move(syllable));
        }
      }
    }
  }

  static std::vector<SungSyllable> rhythm_view(const LineJob& job) {
    std::vector<SungSyllable> view;
    for (const SungWord& word : job.words) {
      for (std::size_t s = 0; s < word.syllables.size(); ++s) {
        view.push_back(
            {word.syllables[s].stress, s == 0, word.pause_after && s + 1 == word.syllables.size()});
      }
    }
    return view;
  }

  void write_melody() {
    std::map<std::string, std::vector<LineTune>> first_of;  // by label: what later ones echo
    std::map<std::string, std::vector<LineTune>> by_words;  // identical words: an exact copy
    double verse_mean = 0;
    for (std::size_t from = 0; from < jobs_.size();) {
      std::size_t to = from;
      std::string words;
      while (to < jobs_.size() && jobs_[to].section == jobs_[from].section) {
        words += jobs_[to++].text + "\n";
      }
      const std::string label =
          score_.sections[static_cast<std::size_t>(jobs_[from].section)].label;
      const std::string key = label + "\n" + words;
      if (jobs_[from].tune != nullptr) {
        const std::vector<LineTune> tune = sing_pinned(from, to);
        if (label == "verse" && verse_mean == 0) verse_mean = mean_pitch(tune);
        first_of.try_emplace(label, tune);
      } else if (!by_words.contains(key) || from == 0) {
        const std::vector<LineTune>* model =
            first_of.contains(label) ? &first_of.at(label) : nullptr;
        const bool last = is_last_kind(label);
        std::vector<LineTune> tune = compose(from, to, label, model, last, verse_mean);
        if (label == "verse" && verse_mean == 0) verse_mean = mean_pitch(tune);
        first_of.try_emplace(label, tune);
        // A song that begins with words has no bar for the first pickup: no copy of that one.
        if (from > 0 || jobs_[0].start_bar > 0) by_words[key] = tune;
        emit(from, tune);
      } else {
        emit(from, by_words.at(key));
      }
      from = to;
    }
  }

  /// The pinned tunes of a section, note for note; what the lines have over is sung on.
  std::vector<LineTune> sing_pinned(std::size_t from, std::size_t to) {
    std::vector<LineTune> section;
    for (std::size_t l = from; l < to; ++l) {
      const LineJob& job = jobs_[l];
      std::vector<int> stresses;
      for (const SungSyllable& syllable : rhythm_view(job)) stresses.push_back(syllable.stress);
      const std::vector<std::size_t> starts = place_syllables(*job.tune, stresses, frame_.meter);
      if (starts.empty()) {
        throw Error(
            ErrorCode::kInvalidArgument,
            fmt::format("\"{}\" has {} syllables, its pinned tune {} notes; cut words or add "
                        "notes",
                        job.text, stresses.size(), job.tune->places()));
      }
      if (job.start_bar == 0 && job.tune->notes.front().onset < 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    "the song begins with a pinned pickup, before its first bar; add an intro to "
                    "the form or begin the tune with a bar of rest");
      }
      LineTune& line = section.emplace_back();
      for (const PinnedNote& pinned : job.tune->notes) {
        line.onsets.push_back(pinned.onset);
        line.durations.push_back(pinned.duration);
        line.pitches.push_back(pinned.pitch);
      }
      // The whole line first: a note ends the phrase only where the line has no more.
      for (std::size_t n = 0, next = 0; n < line.onsets.size(); ++n) {
        const bool begins = next < starts.size() && starts[next] == n;
        next += begins ? 1 : 0;
        emit_note(job, line, n, !begins);
      }
    }
    return section;
  }

  bool is_last_kind(const std::string& label) const {
    return score_.sections[static_cast<std::size_t>(jobs_.back().section)].label == label;
  }

  static double mean_pitch(const std::vector<LineTune>& tune) {
    double sum = 0, n = 0;
    for (const LineTune& line : tune) {
      for (const int pitch : line.pitches) sum += pitch, n += 1;
    }
    return n > 0 ? sum / n : 0;
  }

  static std::pair<int, int> limits_of(const std::vector<LineTune>& tune) {
    int low = 200, high = 0;
    for (const LineTune& line : tune) {
      for (const int pitch : line.pitches) low = std::min(low, pitch), high = std::max(high, pitch);
    }
    return {low, high};
  }

  /// Rhythm and pitches of one section. Where there is a model, several are written and the one to
  /// keep is drawn by how likely the model finds its notes.
  std::vector<LineTune> compose(std::size_t from, std::size_t to, const std::string& label,
                                const std::vector<LineTune>* model, bool ends_song,
                                double verse_mean) {
    const std::size_t count = MelodyModel::shared() != nullptr ? kDrafts : 1;
    // One end for all drafts; what ends no song needs none.
    const bool on_tonic =
        ends_song && Sampler(rng_.child("final"), ledger_).chance(Draw::kNote, 0.91);
    std::vector<Draft> drafts;
    std::vector<float> scores;
    for (std::size_t d = 0; d < count; ++d) {
      drafts.push_back(write_draft(d, from, to, label, model, ends_song, on_tonic, verse_mean));
      scores.push_back(static_cast<float>(drafts.back().log_p - (drafts.back().good ? 0 : 1e3)));
    }
    Sampler sampler(rng_.child("draft/" + label, from), ledger_);
    const std::size_t kept =
        count == 1 ? 0 : sampler.pick_log(Draw::kRhythm, scores, kDraftTemperature);
    std::vector<LineTune> tune = std::move(drafts[kept].tune);
    const auto [low, high] = limits_of(tune);
    low_so_far_ = std::min(low_so_far_, low);
    high_so_far_ = std::max(high_so_far_, high);
    return tune;
  }

  struct Draft {
    std::vector<LineTune> tune;
    double log_p = 0;
    bool good = false;  ///< a chorus that rises, a range that is used
  };

  /// Rhythm, then pitches. Tries again while a chorus fails to rise.
  Draft write_draft(std::size_t number, std::size_t from, std::size_t to, const std::string& label,
                    const std::vector<LineTune>* model, bool ends_song, bool on_tonic,
                    double verse_mean) {
    const Rng stream = rng_.child("draft-" + std::to_string(number));
    Sampler rhythm_sampler(stream.child("rhythm/" + label, from), ledger_);
    Draft draft;
    draft.tune = write_rhythm(from, to, model, rhythm_sampler);
    // Only the first draft insists: one is needed, and time is short.
    const std::uint64_t attempts = number == 0 ? 24 : 4;
    for (std::uint64_t attempt = 0; attempt < attempts && !draft.good; ++attempt) {
      Rng rng = stream.child("melody/" + label + "/" + std::to_string(from), attempt);
      const double shift = rng.uniform(-0.06, 0.06);
      Sampler sampler(rng, ledger_);
      draft.log_p = write_pitches(draft.tune, from, label, model, ends_song, on_tonic,
                                  1.0 + 0.08 * static_cast<double>(attempt), shift, sampler);
      const bool rises =
          label != "chorus" || verse_mean == 0 || mean_pitch(draft.tune) > verse_mean + 1.5;
      const auto [low, high] = limits_of(draft.tune);
      const bool wide = std::max(high, high_so_far_) - std::min(low, low_so_far_) >= 10;
      draft.good = rises && (label == "verse" ? high - low >= 7 : wide);
    }
    return draft;
  }

  std::vector<LineTune> write_rhythm(std::size_t from, std::size_t to,
                                     const std::vector<LineTune>* model, Sampler& sampler) const {
    std::vector<LineTune> tune;
    for (std::size_t l = from; l < to; ++l) {
      const std::size_t i = l - from;
      RhythmRequest request;
      request.meter = frame_.meter;
      request.bars = jobs_[l].bars;
      request.pickup_beats = jobs_[l].start_bar > 0 ? 1.0 : 0.0;
      if (model != nullptr && i < model->size()) {
        request.motif = (*model)[i].onsets;
        request.motif_strength = 2.5;
      } else if (i >= 2) {  // lines of a stanza share their gait
        request.motif = tune[i % 2].onsets;
        request.motif_strength = 1.4;
      }
      const SungRhythm rhythm = fit_rhythm(rhythm_view(jobs_[l]), request, sampler);
      tune.push_back({rhythm.onsets, rhythm.durations, {}});
    }
    return tune;
  }

  /// The pitch that `model` has at a place in the line: of the same onset, or the one before it.
  static int echo_of(const LineTune& model, double onset) {
    int pitch = -1;
    for (std::size_t n = 0; n < model.onsets.size() && n < model.pitches.size(); ++n) {
      if (model.onsets[n] <= onset + 0.01 || pitch < 0) pitch = model.pitches[n];
    }
    return pitch;
  }

  /// Returns the model's ln P of the notes.
  double write_pitches(std::vector<LineTune>& tune, std::size_t from, const std::string& label,
                       const std::vector<LineTune>* model, bool ends_song, bool on_tonic,
                       double spread, double shift, Sampler& sampler) const {
    const MelodyScale scale{frame_.key.tonic_pc, frame_.key.minor, frame_.low, frame_.high};
    std::vector<MelodyPlace> places;
    std::vector<std::size_t> first_place;  // of each line
    for (std::size_t i = 0; i < tune.size(); ++i) {
      const LineJob& job = jobs_[from + i];
      const std::vector<SungSyllable> syllables = rhythm_view(job);
      first_place.push_back(places.size());
      for (std::size_t n = 0; n < tune[i].onsets.size(); ++n) {
        MelodyPlace place;
        const double onset = tune[i].onsets[n];
        const double beat = job.start_bar * frame_.meter.beats_per_bar + onset;
        place.weight = frame_.meter.weight(beat);
        set_chord(place, beat);
        const double along = static_cast<double>(n) / static_cast<double>(std::max<std::size_t>(
                                                          1, tune[i].onsets.size() - 1));
        const double height = 0.5 + spread * (arc_at(label, i, tune.size(), along) - 0.5) + shift;
        place.target = frame_.low + height * (frame_.high - frame_.low);
        place.pull = std::max(1.0, spread - 0.3);  // after some attempts the contour insists
        place.line_start = n == 0;
        place.line_end = n + 1 == tune[i].onsets.size();
        place.ticks = ticks_of(tune[i].durations[n]);
        place.known = condition_of(job, beat, syllables, n);
        if (model != nullptr && i < model->size()) {
          place.echo = echo_of((*model)[i], onset);
          place.echo_strength = 80;
        } else if (model == nullptr) {
          echo_earlier_line(place, tune, first_place, i, n);
        }
        const bool last = place.line_end && i + 1 == tune.size();
        if (last && ends_song) close(place, on_tonic);
        places.push_back(place);
      }
    }
    for (std::size_t p = 1; p < places.size(); ++p) {
      places[p - 1].known.next_stress = places[p].known.stress;
    }
    if (!places.empty()) places.back().known.next_stress = 5;
    const DrawnMelody drawn = sample_melody(places, scale, MelodyModel::shared(), sampler);
    split(drawn.pitches, tune);
    return drawn.log_p;
  }

  /// Lines 1 and 3 of a stanza share their opening, and the second half of a long one the first's.
  static void echo_earlier_line(MelodyPlace& place, const std::vector<LineTune>& tune,
                                const std::vector<std::size_t>& first_place, std::size_t i,
                                std::size_t n) {
    const bool opening = 2 * n < tune[i].onsets.size() || i % 4 == 2;
    if (!opening || (i < 4 && i != 2)) return;
    const std::size_t source = i < 4 ? 0 : i - 4;
    std::size_t there = 0;
    for (std::size_t k = 0; k < tune[source].onsets.size(); ++k) {
      if (tune[source].onsets[k] <= tune[i].onsets[n] + 0.01) there = k;
    }
    place.echo_place = static_cast<int>(first_place[source] + there);
    place.echo_strength = place.line_end ? 1 : 25;
  }

  int ticks_per_beat() const { return frame_.meter.compound ? 72 : kMelodyTicks; }

  int ticks_of(double beats) const { return static_cast<int>(half_up(beats * ticks_per_beat())); }

  /// What the melody model is told of the n-th note of a line. 12/8 counts as two bars of 6/8.
  MelodyCondition condition_of(const LineJob& job, double beat,
                               const std::vector<SungSyllable>& syllables, std::size_t n) const {
    const Section& section = score_.sections[static_cast<std::size_t>(job.section)];
    const int halves = frame_.meter.compound ? 2 : 1;
    MelodyCondition known;
    known.mode = frame_.key.minor ? melody_mode("minor") : melody_mode("major");
    known.meter =
        frame_.meter.compound ? melody_meter(6, 8) : melody_meter(frame_.meter.beats_per_bar, 4);
    known.bar_ticks = frame_.meter.beats_per_bar * ticks_per_beat() / halves;
    known.onset = ticks_of(beat - section.start_bar * frame_.meter.beats_per_bar);
    known.bar = known.onset < 0 ? -1 : known.onset / known.bar_ticks;
    known.in_bar = known.onset - known.bar * known.bar_ticks;
    known.bars = section.bars * halves;
    set_chords(known, std::max(0.0, beat));
    known.stress = syllables[n].stress;
    known.word_end = n + 1 == syllables.size() || syllables[n + 1].word_start ? 1 : 0;
    known.left = static_cast<int>(syllables.size() - n);
    return known;
  }

  void set_chords(MelodyCondition& known, double beat) const {
    const int index = score_.chord_at(beat);
    if (index < 0) return;
    const auto code = [&](const Chord& chord) {
      return melody_chord(chord.root_pc - frame_.key.tonic_pc, chord.quality);
    };
    const Chord& now = score_.chords[static_cast<std::size_t>(index)];
    known.chord = code(now);
    if (static_cast<std::size_t>(index) + 1 >= score_.chords.size()) return;
    known.next_chord = code(score_.chords[static_cast<std::size_t>(index) + 1]);
    known.chord_left = 1 + std::min(3, ticks_of(now.end_beat - beat) / kMelodyTicks);
  }

  void close(MelodyPlace& place, bool on_tonic) const {
    const int degree = on_tonic ? 0 : (frame_.key.minor ? 3 : 4);
    place.must_be_pc = (frame_.key.tonic_pc + degree) % 12;
  }

  void set_chord(MelodyPlace& place, double beat) const {
    // A pickup sings the chord that it leads to.
    const int index = score_.chord_at(std::max(0.0, beat));
    if (index < 0) return;
    const Chord& chord = score_.chords[static_cast<std::size_t>(index)];
    for (const int interval : chord_intervals(chord.quality)) {
      place.chord[static_cast<std::size_t>((chord.root_pc + interval) % 12)] = true;
    }
  }

  static void split(const std::vector<int>& pitches, std::vector<LineTune>& tune) {
    std::size_t at = 0;
    for (LineTune& line : tune) {
      line.pitches.assign(pitches.begin() + static_cast<std::ptrdiff_t>(at),
                          pitches.begin() + static_cast<std::ptrdiff_t>(at + line.onsets.size()));
      at += line.onsets.size();
    }
  }

  void emit(std::size_t from, const std::vector<LineTune>& tune) {
    for (std::size_t i = 0; i < tune.size(); ++i) {
      for (std::size_t n = 0; n < tune[i].onsets.size(); ++n) {
        emit_note(jobs_[from + i], tune[i], n, false);
      }
    }
  }

  void emit_note(const LineJob& job, const LineTune& tune, std::size_t n, bool melisma) {
    const bool chorus = score_.sections[static_cast<std::size_t>(job.section)].label == "chorus";
    VocalNote note;
    note.start_beat = job.start_bar * frame_.meter.beats_per_bar + tune.onsets[n];
    note.duration_beats = tune.durations[n];
    note.pitch = tune.pitches[n];
    note.melisma = melisma;
    note.syllable = melisma ? next_syllable_ - 1 : next_syllable_++;
    const int stress = score_.syllables[static_cast<std::size_t>(note.syllable)].stress;
    note.velocity =
        78 + 3 * frame_.meter.weight(note.start_beat) + (stress == 1 ? 6 : 0) + (chorus ? 8 : 0);
    note.phrase_start = n == 0;
    note.phrase_end = n + 1 == tune.onsets.size();
    score_.vocal.push_back(note);
  }

  const SongSpec& spec_;
  const Persona& persona_;
  const Rng rng_;
  Frame frame_;
  const Pins pins_;
  Score score_;
  DrawLedger ledger_;
  std::vector<LineJob> jobs_;
  int next_syllable_ = 0;
  int low_so_far_ = 200, high_so_far_ = 0;
};

}  // namespace

Score write_song(const SongSpec& spec, const Persona& persona, const Rng& rng) {
  validate_spec(spec);
  return Composer(spec, persona, rng).write();
}

std::pair<double, double> tempo_range_bpm(const StyleParameters& style, const std::string& groove) {
  double low = style.tempo_low_bpm, high = style.tempo_high_bpm;
  if (groove == "train") low += 24, high += 28;
  if (groove == "waltz") low += 12, high += 24;
  if (groove == "ballad") low -= 10, high -= 16;
  low = std::max(low, 44.0);
  return {low, std::max(low + 1, high)};
}

std::vector<std::string> song_themes() { return LyricBank::shared().themes; }

std::vector<std::string> pronounce(const std::string& word) {
  return Lexicon::shared().phones(word);
}

}  // namespace brandiron::gen
