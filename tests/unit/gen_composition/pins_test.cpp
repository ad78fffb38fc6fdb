#include <gtest/gtest.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

Score write(const SongSpec& spec) {
  return write_song(spec, load_persona("rust-hollow"), Rng(spec.seed, "song"));
}

std::string refusal(const SongSpec& spec) {
  try {
    write(spec);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

SongSpec own_words() {
  SongSpec spec;
  spec.key = "G:maj";
  spec.groove = "waltz";
  spec.tempo_bpm = 108;
  spec.lyrics =
      "[Verse]\nI sold the truck in Abilene\nTo pay what I was owing\n\n"
      "[Chorus]\nLeave the porch light on for me\nI am late but I am sober\n";
  return spec;
}

std::string labels_of(const Score& score) {
  std::string form;
  for (const Section& s : score.sections) form += (form.empty() ? "" : " ") + s.label;
  return form;
}

/// The chord labels of a section, bar by bar, one a beat.
std::vector<std::string> chords_by_beat(const Score& score, const std::string& label) {
  std::vector<std::string> chords;
  for (const Section& section : score.sections) {
    if (section.label != label) continue;
    for (int beat = 0; beat < section.bars * score.beats_per_bar; ++beat) {
      const int at = score.chord_at(section.start_bar * score.beats_per_bar + beat + 0.25);
      chords.push_back(score.chords[static_cast<std::size_t>(at)].label());
    }
    break;
  }
  return chords;
}

TEST(Pins, EveryPinnedWordAndNumberIsKeptExactly) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SongSpec spec;
    spec.seed = seed;
    spec.title = "Nine Miles of Caf\xC3\xA9 Smoke";
    spec.theme = song_themes().front();
    spec.form = "intro chorus verse chorus bridge chorus outro";
    spec.key = "F#:min";
    spec.tempo_bpm = 83.25;
    spec.groove = "train";
    const Score s = write(spec);
    EXPECT_EQ(s.title, spec.title);
    EXPECT_EQ(s.theme, spec.theme);
    EXPECT_EQ(labels_of(s), spec.form);
    EXPECT_EQ(s.key_label(), spec.key);
    EXPECT_EQ(s.tempo_bpm, 83.25);
    EXPECT_EQ(s.groove, "train");
  }
}

TEST(Pins, ChordsSoundBarByBarAndRepeatWhileTheSectionLasts) {
  SongSpec spec;
  spec.form = "verse chorus outro";
  spec.groove = "stomp";
  spec.key = "E:maj";
  spec.chords["verse"] = "E | A B7 | % | bVII ii V7 I";
  spec.chords["outro"] = "| F#m7 |";
  const Score s = write(spec);
  const std::vector<std::string> verse = chords_by_beat(s, "verse");
  const std::vector<std::string> wanted = {"E:maj", "E:maj",  "E:maj", "E:maj", "A:maj", "A:maj",
                                           "B:7",   "B:7",    "A:maj", "A:maj", "B:7",   "B:7",
                                           "D:maj", "F#:min", "B:7",   "E:maj"};
  ASSERT_GE(verse.size(), wanted.size());
  for (std::size_t b = 0; b < verse.size(); ++b)
    EXPECT_EQ(verse[b], wanted[b % wanted.size()]) << b;
  // Not even the last chord is made the tonic.
  for (const std::string& chord : chords_by_beat(s, "outro")) EXPECT_EQ(chord, "F#:min7");
}

TEST(Pins, TheSecondVerseMayHaveChordsOfItsOwn) {
  SongSpec spec;
  spec.form = "verse verse chorus";
  spec.chords["verse"] = "I";
  spec.chords["verse_2"] = "IV";
  spec.key = "A:maj";
  const Score s = write(spec);
  EXPECT_EQ(s.chords.front().label(), "A:maj");
  const int second = s.chord_at(s.sections[1].start_bar * s.beats_per_bar + 0.5);
  EXPECT_EQ(s.chords[static_cast<std::size_t>(second)].label(), "D:maj");
}

TEST(Pins, AMelodyIsSungNoteForNote) {
  SongSpec spec = own_words();
  spec.melody["chorus"] = {"D3:2 D3:1 G3:2 G3:1 A3:2 A3:1 B3:2 r:1",
                           "@-1 B3:1/2 A3:1/2 G3:2 G3:1 E3:2 E3:1 D3:1 E3:1"};
  const Score s = write(spec);
  validate_score(s);
  std::vector<std::pair<double, int>> sung;
  double chorus_start = 0;
  for (const Section& x : s.sections) {
    if (x.label == "chorus") chorus_start = x.start_bar * 3;
  }
  for (const VocalNote& n : s.vocal) {
    const auto& word =
        s.words[static_cast<std::size_t>(s.syllables[static_cast<std::size_t>(n.syllable)].word)];
    if (word.line >= 2) sung.emplace_back(n.start_beat - chorus_start, n.pitch);
  }
  const std::vector<std::pair<double, int>> wanted = {
      {0, 50},    {2, 50},  {3, 55},  {5, 55},  {6, 57},  {8, 57},  {9, 59}, {11, 59},
      {11.5, 57}, {12, 55}, {14, 55}, {15, 52}, {17, 52}, {18, 50}, {19, 52}};
  EXPECT_EQ(sung, wanted);
}

TEST(Pins, NotesThatTheWordsLackSyllablesForAreSungOnAndSlursAreKept) {
  SongSpec spec = own_words();
  spec.lyrics = "[Chorus]\nLeave the light\n";
  spec.melody["chorus"] = {"D3:1 ~E3:1 D3:1 G3:1 G3:1 A3:4"};
  const Score s = write(spec);
  validate_score(s);
  ASSERT_EQ(s.vocal.size(), 6u);
  EXPECT_FALSE(s.vocal[0].melisma);
  EXPECT_TRUE(s.vocal[1].melisma);
  EXPECT_EQ(
      std::count_if(s.vocal.begin(), s.vocal.end(), [](const VocalNote& n) { return n.melisma; }),
      3);
  EXPECT_EQ(s.syllables.size(), 3u);
}

TEST(Pins, WordsAreFoundForAPinnedMelody) {
  SongSpec spec;
  spec.form = "verse chorus";
  spec.groove = "stomp";
  spec.tempo_bpm = 84;
  spec.key = "E:maj";
  const std::string line =
      "E3:1/2 E3:1/2 F#3:1/2 G#3:1/2 G#3:1/2 F#3:1/2 E3:1/2 B2:1/2 E3:1/2 "
      "E3:1/2 F#3:1/2 E3:1 r:1/2";
  spec.melody["chorus"] = {line, line, line, line};
  const Score s = write(spec);
  validate_score(s);
  int notes = 0;
  for (const VocalNote& n : s.vocal) {
    const auto& word =
        s.words[static_cast<std::size_t>(s.syllables[static_cast<std::size_t>(n.syllable)].word)];
    notes += s.lines[static_cast<std::size_t>(word.line)].section == 1 ? 1 : 0;
  }
  EXPECT_EQ(notes, 4 * 12);
}

TEST(Pins, ADrawnFormHasEverySectionThatAPinNames) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SongSpec spec;
    spec.seed = seed;
    spec.chords["bridge"] = "vi | IV | ii | V";
    EXPECT_NE(labels_of(write(spec)).find("bridge"), std::string::npos);
  }
}

TEST(Pins, WordsFollowAPinnedForm) {
  SongSpec spec = own_words();
  spec.form = "chorus verse chorus outro";
  EXPECT_NE(refusal(spec).find("does not fit the lyrics"), std::string::npos);
  spec.form = "verse chorus instrumental chorus";
  const Score s = write(spec);
  EXPECT_EQ(labels_of(s), spec.form);
  EXPECT_EQ(s.lines.size(), 6u);                                   // the chorus again
  spec.lyrics = "one two\nthree four\n\nfive six\nseven eight\n";  // no tags: the form says
  EXPECT_EQ(labels_of(write(spec)), spec.form);
}

TEST(Pins, WhatCannotBeKeptIsRefusedWithTheRemedy) {
  const auto chords = [](const std::string& section, const std::string& bars) {
    SongSpec spec = own_words();
    spec.chords[section] = bars;
    return refusal(spec);
  };
  EXPECT_NE(chords("verse", "E | H").find("bar 2: \"H\" is not a chord"), std::string::npos);
  EXPECT_NE(chords("verse", "").find("0 bars"), std::string::npos);
  EXPECT_NE(chords("verse", "E A B7 E").find("one a beat (3)"), std::string::npos);
  EXPECT_NE(chords("bridge", "E").find("no such section"), std::string::npos);
  EXPECT_NE(chords("vrese", "E").find("not a section"), std::string::npos);
  EXPECT_NE(chords("verse", std::string(5000, '|')).find("5000 bytes"), std::string::npos);
  const auto melody = [](const std::string& section, const std::vector<std::string>& lines) {
    SongSpec spec = own_words();
    spec.melody[section] = lines;
    return refusal(spec);
  };
  const std::string good = "D3:2 D3:1 G3:2 G3:1 A3:2 A3:1 B3:2 r:1";
  EXPECT_NE(melody("chorus", {good, "D3:2 E3"}).find("line 2: token 2"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "H3:1"}).find("is no pitch"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "C9:1"}).find("between E1 and C6"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "D3:0.3"}).find("grid of 1/4"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "D3:1/0"}).find("length"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "D3:nan"}).find("length"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "r:1"}).find("no notes"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "~D3:1"}).find("slur"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, "D3:1 D3:1"}).find("8 syllables"), std::string::npos);
  EXPECT_NE(melody("chorus", {good, good, good}).find("make them agree"), std::string::npos);
  EXPECT_NE(melody("chorus", {"D3:3 D3:3 D3:3 D3:1 D3:1 D3:1 D3:2", "@-2 " + good}).find("pickup"),
            std::string::npos);
  EXPECT_NE(melody("outro", {good}).find("not a section"), std::string::npos);
  EXPECT_NE(melody("chorus", {}).find("0 lines"), std::string::npos);
}

TEST(Pins, TextThatNoFileCanHoldIsRefused) {
  SongSpec spec;
  spec.title = "bad \xFF byte";
  EXPECT_NE(refusal(spec).find("UTF-8"), std::string::npos);
  spec.title = "two\nlines";
  EXPECT_NE(refusal(spec).find("control character"), std::string::npos);
  spec.title = std::string(5000, 'a');
  EXPECT_NE(refusal(spec).find("5000 bytes"), std::string::npos);
  spec = {};
  spec.lyrics = "fine\nbad \xC3\x28\n";
  EXPECT_NE(refusal(spec).find("line 2"), std::string::npos);
}

TEST(Pins, WithoutPinsNothingChanges) {
  // The same draws as a specification that names no section: pins must not move a stream.
  SongSpec plain;
  plain.seed = 3;
  SongSpec pinned = plain;
  pinned.chords["verse"] = "I";
  const Score a = write(plain), b = write(pinned);
  EXPECT_EQ(a.title, b.title);
  ASSERT_EQ(a.lines.size(), b.lines.size());
  for (std::size_t l = 0; l < a.lines.size(); ++l) EXPECT_EQ(a.lines[l].text, b.lines[l].text);
}

}  // namespace
}  // namespace brandiron::gen
