#include "brandiron/gen/songwriter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <set>

#include "brandiron/core/error.h"
#include "gen/src/composition/lyric_bank.h"
#include "gen/src/composition/lyric_writer.h"
#include "tests/unit/gen_composition/song_statistics.h"

namespace brandiron::gen {
namespace {

Score write(const SongSpec& spec, const char* persona = "rust-hollow") {
  return write_song(spec, load_persona(persona), Rng(spec.seed, "song"));
}

SongSpec seeded(std::uint64_t seed) {
  SongSpec spec;
  spec.seed = seed;
  return spec;
}

std::string last_word(const Score& s, const Line& line) {
  return s.words[static_cast<std::size_t>(line.first_word + line.num_words - 1)].text;
}

std::string error_of(const SongSpec& spec) {
  try {
    write(spec);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

/// The constraints that hold for every song, whatever the draw.
void check_song(const Score& s, const Persona& persona) {
  SCOPED_TRACE(s.title + " / seed " + std::to_string(s.seed));
  ASSERT_NO_THROW(validate_score(s));
  ASSERT_EQ(s.vocal.size(), s.syllables.size());  // one syllable, one note
  std::map<std::pair<int, std::string>, std::vector<std::string>> rhymed;
  for (const Line& line : s.lines) {
    if (!line.rhyme_class.empty())
      rhymed[{line.section, line.rhyme_class}].push_back(last_word(s, line));
  }
  for (const auto& [key, words] : rhymed) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      // The hook may come back as a refrain; everything else rhymes and differs.
      const bool refrain = s.sections[static_cast<std::size_t>(key.first)].label == "chorus";
      EXPECT_TRUE(rhymes(words[0], words[i]) || (refrain && words[0] == words[i]))
          << words[0] << " / " << words[i];
    }
  }
  const std::string hook = " " + plain_words(s.title) + " ";
  bool has_chorus = false, hook_sung = false;
  int low = 200, high = 0;
  for (const Line& line : s.lines) {
    if (s.sections[static_cast<std::size_t>(line.section)].label != "chorus") continue;
    has_chorus = true;
    hook_sung |= (" " + plain_words(line.text) + " ").find(hook) != std::string::npos;
  }
  EXPECT_TRUE(!has_chorus || hook_sung) << "the title is not in the chorus";
  for (const VocalNote& n : s.vocal) {
    low = std::min(low, n.pitch), high = std::max(high, n.pitch);
    EXPECT_GE(s.time_s(n.duration_beats), 0.159);
  }
  EXPECT_GE(low, persona.style.range_low);
  EXPECT_LE(high, persona.style.range_high);
  EXPECT_LE(high - low, 14);
  for (std::size_t n = 1; n < s.vocal.size(); ++n) {
    if (!s.vocal[n].phrase_start) continue;
    const double end = s.vocal[n - 1].start_beat + s.vocal[n - 1].duration_beats;
    EXPECT_GE(s.vocal[n].start_beat - end, 0.5 - 1e-9) << "no breath before note " << n;
  }
  EXPECT_EQ(s.chords.back().root_pc, s.tonic_pc);
}

/// Choruses with the same words have the same notes.
void check_choruses(const Score& s) {
  std::map<std::string, std::vector<std::pair<long, int>>> tunes;
  for (std::size_t i = 0; i < s.sections.size(); ++i) {
    if (s.sections[i].label != "chorus") continue;
    std::string words;
    std::vector<std::pair<long, int>> notes;  // twelfths of a beat
    const double start = s.sections[i].start_bar * s.beats_per_bar;
    for (const Line& line : s.lines) {
      if (line.section != static_cast<int>(i)) continue;
      words += line.text;
      const Word& a = s.words[static_cast<std::size_t>(line.first_word)];
      const Word& b = s.words[static_cast<std::size_t>(line.first_word + line.num_words - 1)];
      for (int n = a.first_syllable; n < b.first_syllable + b.num_syllables; ++n) {
        const VocalNote& note = s.vocal[static_cast<std::size_t>(n)];
        notes.emplace_back(std::lround(12 * (note.start_beat - start)), note.pitch);
      }
    }
    if (tunes.contains(words)) {
      EXPECT_EQ(tunes.at(words), notes) << s.title;
    }
    if (i > 0) tunes[words] = notes;
  }
}

TEST(Songwriter, AHundredSongsOfEveryPersonaKeepEveryConstraint) {
  for (const std::string& name : list_personas()) {
    const Persona persona = load_persona(name);
    test::Statistics st;
    std::set<std::string> titles;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      const Score s = write_song(seeded(seed), persona, Rng(seed, "song"));
      check_song(s, persona);
      check_choruses(s);
      st.add(s);
      titles.insert(s.title);
      const double duration = s.time_s(s.num_beats());
      EXPECT_GE(duration, 132);
      EXPECT_LE(duration, 198);
    }
    SCOPED_TRACE(name);
    const auto share = test::Statistics::share;
    // The figures that docs quote: read them with `test_gen_composition
    // --gtest_filter=*FourHundred*`.
    std::cout << name << ": diatonic " << share(st.diatonic, st.notes)
              << ", strong-beat chord tones " << share(st.strong_chord_tones, st.strong)
              << ", steps or repeats " << share(st.repeats + st.steps, st.intervals)
              << ", final on tonic " << share(st.final_tonic, st.songs) << ", range p10/median/p90 "
              << st.range_quantile(0.1) << "/" << st.range_quantile(0.5) << "/"
              << st.range_quantile(0.9) << ", word stress "
              << share(st.stress_agrees, st.polysyllables) << ", titles " << titles.size() << " of "
              << st.songs << "\n";
    EXPECT_GE(share(st.diatonic, st.notes), 0.95);
    EXPECT_GE(share(st.strong_chord_tones, st.strong), 0.75);
    EXPECT_LE(share(st.strong_chord_tones, st.strong), 0.92);
    EXPECT_GE(share(st.repeats + st.steps, st.intervals), 0.60);
    EXPECT_LE(share(st.repeats + st.steps, st.intervals), 0.75);
    EXPECT_GE(share(st.final_tonic, st.songs), 0.80);
    EXPECT_GE(share(st.stress_agrees, st.polysyllables), 0.92);
    EXPECT_GE(share(st.neighbour_agrees, st.neighbour_pairs), 0.92);
    EXPECT_GE(share(st.long_line_ends, st.lines), 0.70);
    EXPECT_GE(st.range_quantile(0.1), 10);
    EXPECT_GE(st.chorus_above_verse / st.chorus_songs, 2.0);
    EXPECT_LE(st.fastest_per_s, 4.5);
    EXPECT_GE(titles.size(), 80u) << "songs of one persona share titles";
  }
}

TEST(Songwriter, SameSeedGivesTheSameSongAndAnotherSeedAnother) {
  const Score a = write(seeded(5)), b = write(seeded(5)), c = write(seeded(6));
  EXPECT_EQ(score_to_abc(a), score_to_abc(b));
  EXPECT_EQ(score_to_lrc(a), score_to_lrc(b));
  EXPECT_NE(score_to_lyrics(a), score_to_lyrics(c));
}

TEST(Songwriter, ASongIsWrittenInAFractionOfASecond) {
  write(seeded(1));  // loads dictionary and bank
  const std::clock_t start = std::clock();
  for (std::uint64_t seed = 0; seed < 20; ++seed) write(seeded(seed));
  const double each = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / 20;
  EXPECT_LT(each, 0.3);
  RecordProperty("cpu_ms_per_song", std::to_string(each * 1e3));
}

TEST(Songwriter, PinnedValuesAreKeptExactly) {
  SongSpec spec = seeded(3);
  spec.title = "Barbed Wire Valentine";
  spec.theme = "rails";
  spec.key = "G:min";
  spec.groove = "waltz";
  spec.tempo_bpm = 101;
  spec.form = "intro verse chorus bridge chorus outro";
  const Score s = write(spec);
  check_song(s, load_persona("rust-hollow"));
  EXPECT_EQ(s.title, spec.title);
  EXPECT_EQ(s.theme, "rails");
  EXPECT_EQ(s.key_label(), "G:min");
  EXPECT_EQ(s.meter_label(), "3/4");
  EXPECT_EQ(s.tempo_bpm, 101);
  std::string form;
  for (const Section& section : s.sections) form += (form.empty() ? "" : " ") + section.label;
  EXPECT_EQ(form, spec.form);
}

TEST(Songwriter, AnyTitleUpToALineIsSungAndLongerOnesAreRefused) {
  for (const char* title :
       {"Go", "Rust", "Orange Silver Month", "The Day the Mule Learned How to Swim",
        "I Never Asked the River Where It Was Going", "Caf\xC3\xA9 1973"}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      SongSpec spec = seeded(seed);
      spec.title = title;
      const Score s = write(spec);
      EXPECT_EQ(s.title, title);
      check_song(s, load_persona("rust-hollow"));
    }
  }
  SongSpec spec = seeded(1);
  spec.title = "The unreasonably complicated autobiography of an extraordinarily lonely man";
  EXPECT_NE(error_of(spec).find("syllables"), std::string::npos);
  spec.title = "...";
  EXPECT_NE(error_of(spec), "");
  spec.title = "two\nlines";
  EXPECT_NE(error_of(spec), "");
}

TEST(Songwriter, TwoPersonasWriteDifferentSongsFromOneSeed) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_NE(score_to_lyrics(write(seeded(seed), "rust-hollow")),
              score_to_lyrics(write(seeded(seed), "mule-sermon")));
  }
}

TEST(Songwriter, AnyDurationFromFifteenSecondsIsMetWithinTwoBars) {
  for (const char* groove : {"stomp", "train", "waltz", "ballad"}) {
    for (const double duration :
         {15.0, 20.0, 33.0, 60.0, 75.0, 100.0, 180.0, 240.0, 420.0, 900.0}) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SongSpec spec = seeded(seed);
        spec.duration_s = duration;
        spec.groove = groove;
        const Score s = write(spec);
        ASSERT_NO_THROW(validate_score(s));
        const double bar = s.time_s(s.beats_per_bar);
        EXPECT_NEAR(s.time_s(s.num_beats()), duration, 2 * bar + 1e-9)
            << groove << " " << duration << " s, seed " << seed;
        EXPECT_FALSE(s.vocal.empty());
      }
    }
  }
}

TEST(Songwriter, EveryThemeOfTheBankWritesSongs) {
  ASSERT_EQ(song_themes().size(), 10u);
  for (const std::string& theme : song_themes()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SongSpec spec = seeded(seed);
      spec.theme = theme;
      EXPECT_EQ(write(spec).theme, theme);
    }
  }
}

TEST(Songwriter, ImpossibleWishesAreRefusedWithTheRemedy) {
  SongSpec spec = seeded(1);
  spec.theme = "yachts";
  EXPECT_NE(error_of(spec).find("road"), std::string::npos);
  spec = seeded(1);
  spec.key = "H:maj";
  EXPECT_NE(error_of(spec).find("E:maj"), std::string::npos);
  spec = seeded(1);
  spec.groove = "polka";
  EXPECT_NE(error_of(spec).find("stomp"), std::string::npos);
  spec = seeded(1);
  spec.tempo_bpm = 900;
  EXPECT_NE(error_of(spec).find("220"), std::string::npos);
  spec = seeded(1);
  spec.form = "verse fugue";
  EXPECT_NE(error_of(spec).find("fugue"), std::string::npos);
  spec = seeded(1);
  spec.duration_s = 3;
  EXPECT_NE(error_of(spec).find("15"), std::string::npos);
  spec = seeded(1);
  spec.form = "verse verse verse verse";
  spec.duration_s = 20;
  EXPECT_NE(error_of(spec).find("--duration"), std::string::npos);
}

TEST(Songwriter, PinnedTempoExtremesAndFormsWithoutIntroStayValid) {
  for (const double tempo : {40.0, 60.0, 133.0, 220.0}) {
    for (const char* groove : {"stomp", "waltz", "ballad"}) {
      SongSpec spec = seeded(9);
      spec.tempo_bpm = tempo;
      spec.groove = groove;
      spec.form = "verse chorus verse chorus";
      ASSERT_NO_THROW(validate_score(write(spec))) << tempo << " " << groove;
    }
  }
}

TEST(Songwriter, NoWrittenSongContainsABlockedPhrase) {
  const auto& blocked = LyricBank::shared().blocked;
  ASSERT_GE(blocked.size(), 50u);
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::string text = score_to_lyrics(write(seeded(seed)));
    std::replace(text.begin(), text.end(), '\n', ' ');
    const std::string plain = " " + plain_words(text) + " ";
    for (const std::string& phrase : blocked) {
      EXPECT_EQ(plain.find(" " + phrase + " "), std::string::npos) << phrase << " in seed " << seed;
    }
  }
}

TEST(Songwriter, GroovesMetresAndTemposFollowTheHouseStyle) {
  const Persona persona = load_persona("rust-hollow");
  std::map<std::string, int> grooves;
  const int n = 400;
  for (std::uint64_t seed = 1; seed <= n; ++seed) {
    SongSpec spec = seeded(seed);
    spec.form = "chorus";  // quick: the frame is drawn the same way
    const Score s = write_song(spec, persona, Rng(seed, "song"));
    ++grooves[s.groove];
    if (s.groove == "stomp") {
      EXPECT_GE(s.tempo_bpm, 72);
      EXPECT_LE(s.tempo_bpm, 92);
    }
    if (s.groove == "train") {
      EXPECT_GE(s.tempo_bpm, 96);
      EXPECT_LE(s.tempo_bpm, 120);
    }
  }
  const double triple = (grooves["waltz"] + grooves["ballad"]) / static_cast<double>(n);
  EXPECT_NEAR(triple, 0.15, 0.055);  // three standard errors at n = 400
  EXPECT_GT(grooves["stomp"], grooves["train"]);
}

}  // namespace
}  // namespace brandiron::gen
