#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/human_tune.h"
#include "brandiron/gen/song.h"
#include "corpus_controls/tune_form.h"
#include "tests/support/temporary_folder.h"

namespace brandiron::experiments {
namespace {

using nlohmann::json;

const std::vector<std::string> kWords = {
    "I",   "went", "a-",    "long", "the",  "ri-",   "ver", "bank,", "And", "saw",  "_",
    "the", "wa-",  "ter",   "run-", "ning", "down,", "The", "sun",   "was", "low,", "the",
    "day", "was",  "done,", "And",  "I",    "was",   "far", "a-",    "way", "from", "town."};

/// Four lines of eight quarters with a pickup each, over C, F and G; one syllable on two notes.
HumanTune make_tune() {
  HumanTune tune;
  tune.id = "test-1";
  tune.title = "The River Bank";
  tune.meter = "4/4";
  tune.tonic_pc = 0;
  for (int b = 0; b <= 8; ++b) tune.bars.push_back(48 + 192 * b);
  constexpr int kPitches[] = {67, 72, 72, 76, 76, 74, 72, 74};
  for (int n = 0; n < 32; ++n) {
    const bool split = n == 9;
    tune.notes.push_back({48 * n, split ? 24 : 48, kPitches[n % 8] - (n % 16 == 15 ? 2 : 0)});
    if (split) tune.notes.push_back({48 * n + 24, 24, 74});
  }
  for (int b = 0; b < 8; ++b) {
    tune.chords.push_back({48 + 192 * b, b % 4 == 3 ? 7 : 0, b % 4 == 3 ? "7" : "maj"});
  }
  tune.verses = {kWords};
  return tune;
}

gen::Persona persona() { return gen::load_persona("rust-hollow"); }

TuneRequest request(double duration_s = 0) {
  TuneRequest request;
  request.seed = 3;
  request.duration_s = duration_s;
  return request;
}

gen::Score score_of(const TuneSong& song) {
  return gen::write_song(song.spec, persona(), Rng(song.spec.seed, "song").child("score"));
}

/// The sung notes are the tune's, again and again: pitches moved together, times in one tempo.
void expect_notes(const gen::Score& score, const HumanTune& tune, int semitones, double ticks) {
  ASSERT_FALSE(score.vocal.empty());
  ASSERT_EQ(score.vocal.size() % tune.notes.size(), 0u);
  double start = 0;
  for (std::size_t n = 0; n < score.vocal.size(); ++n) {
    const HumanNote& note = tune.notes[n % tune.notes.size()];
    const gen::VocalNote& sung = score.vocal[n];
    if (n % tune.notes.size() == 0) start = sung.start_beat - note.start / ticks;
    EXPECT_EQ(sung.pitch, note.pitch + semitones) << n;
    EXPECT_NEAR(sung.start_beat - start, note.start / ticks, 1e-9) << n;
    EXPECT_NEAR(sung.duration_beats, note.duration / ticks, 1e-9) << n;
  }
}

TEST(HumanTune, IsSungNoteForNoteWithItsWordsInThePersonasRange) {
  const HumanTune tune = make_tune();
  const TuneVerdict verdict = song_of_tune(tune, persona(), request());
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  EXPECT_TRUE(verdict.song->human_words);
  EXPECT_TRUE(verdict.song->whole);
  EXPECT_EQ(verdict.song->quantised, 0u);
  const gen::Score score = score_of(*verdict.song);
  expect_notes(score, tune, verdict.song->semitones, 48);
  EXPECT_EQ(score.lines[0].text, "I went along the river bank,");
  EXPECT_EQ(score.lines[1].text, "And saw the water running down,");
  for (const gen::VocalNote& note : score.vocal) {
    EXPECT_GE(note.pitch, 45 - 2);
    EXPECT_LE(note.pitch, 59 + 2);
  }
  const double duration_s = score.time_s(score.num_beats());
  EXPECT_GT(duration_s, 130);
  EXPECT_LT(duration_s, 200);
}

TEST(HumanTune, ItsChordsSoundUnderIt) {
  const TuneVerdict verdict = song_of_tune(make_tune(), persona(), request());
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  const gen::Score score = score_of(*verdict.song);
  for (const gen::Section& section : score.sections) {
    if (section.label != "verse") continue;
    const auto at = [&](int bar) {
      const int chord = score.chord_at((section.start_bar + bar) * 4 + 0.1);
      return score.chords[static_cast<std::size_t>(chord)];
    };
    EXPECT_EQ(at(0).root_pc, score.tonic_pc);
    EXPECT_EQ(at(3).root_pc, (score.tonic_pc + 7) % 12);
    EXPECT_EQ(at(3).quality, "7");
  }
}

TEST(HumanTune, SongJsonHasTheTunesNotesAndSaysThatPeopleWroteThem) {
  const testing::TemporaryFolder folder;
  const HumanTune tune = make_tune();
  const TuneVerdict verdict = song_of_tune(tune, persona(), request(18));
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  gen::GenerateOptions options;
  options.persona = persona();
  options.spec = verdict.song->spec;
  gen::Song song = gen::generate_song(options);
  gen::PublishOptions publish;
  publish.own_lyrics = publish.own_tune = true;
  const auto published = gen::publish(song, NullMarker{}, folder.path() / "song", publish);
  const json document = json::parse(published.song_json);
  EXPECT_NEAR(document["audio"]["duration_s"].get<double>(), 18, 7);
  EXPECT_EQ(document["disclosure"]["composition"], "none");
  EXPECT_EQ(document["disclosure"]["lyrics"], "none");
  EXPECT_EQ(document["disclosure"]["vocals"], "full");
  const json& lead = document["parts"][0];
  ASSERT_EQ(lead["name"], "lead_vocal");
  ASSERT_GE(lead["notes"].size(), 8u);
  const double beat_s = 60 / document["tempo_bpm"].get<double>();
  const double first_s = lead["notes"][0]["start_s"];
  for (std::size_t n = 0; n < std::min(lead["notes"].size(), tune.notes.size()); ++n) {
    EXPECT_EQ(lead["notes"][n]["pitch"], tune.notes[n].pitch + verdict.song->semitones);
    EXPECT_NEAR(lead["notes"][n]["start_s"].get<double>() - first_s,
                tune.notes[n].start / 48.0 * beat_s, 1e-6);
  }
  EXPECT_TRUE(gen::read_song_json(published.song_json, "song.json").publish.own_tune);
}

TEST(HumanTune, WithoutItsOwnWordsOursAreWrittenForIt) {
  HumanTune tune = make_tune();
  tune.verses.clear();
  // Our lines have nine syllables or more: fourteen notes each.
  std::vector<HumanNote> notes;
  for (const HumanNote& note : tune.notes) {
    if (note.duration == 24 || note.start % 384 > 240) {
      notes.push_back(note);
      continue;
    }
    notes.push_back({note.start, 24, note.pitch});
    notes.push_back({note.start + 24, 24, note.pitch});
  }
  tune.notes = notes;
  const TuneVerdict verdict = song_of_tune(tune, persona(), request());
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  EXPECT_FALSE(verdict.song->human_words);
  EXPECT_TRUE(verdict.song->spec.lyrics.empty());
  const gen::Score score = score_of(*verdict.song);
  expect_notes(score, tune, verdict.song->semitones, 48);
  EXPECT_FALSE(score.words.empty());
}

TEST(HumanTune, ShortSongsTakeItsFirstLines) {
  const TuneVerdict verdict = song_of_tune(make_tune(), persona(), request(24));
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  const gen::Score score = score_of(*verdict.song);
  EXPECT_NEAR(score.time_s(score.num_beats()), 24, 7);
  EXPECT_EQ(score.lines[0].text, "I went along the river bank,");
}

TEST(HumanTune, WhatComesOnceIsAChorusAsInOurShortestSongs) {
  const TuneVerdict verdict = song_of_tune(make_tune(), persona(), request(18));
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  EXPECT_EQ(verdict.song->spec.form, "intro chorus outro");  // it begins before its bar
  EXPECT_TRUE(verdict.song->spec.melody.contains("chorus_1"));
}

TEST(TuneForm, TakesAnIntroWhereThereAreBarsOrAPickupForOne) {
  EXPECT_EQ(plan_tune_form(12, 8, 0, false)->labels(false), "chorus outro");
  EXPECT_EQ(plan_tune_form(12, 8, 0, true)->labels(false), "intro chorus outro");
  EXPECT_EQ(plan_tune_form(14, 8, 0, false)->labels(false), "intro chorus outro");
  EXPECT_EQ(plan_tune_form(12, 4, 4, false)->labels(true), "intro verse chorus outro");
  EXPECT_EQ(plan_tune_form(24, 8, 0, false)->labels(false), "intro verse verse outro");
}

TEST(HumanTune, SixEightIsSungInTwelveEight) {
  HumanTune tune = make_tune();
  tune.meter = "6/8";
  // A quarter becomes a dotted quarter; a bar of 6/8 has two.
  for (HumanNote& note : tune.notes)
    note.start = note.start * 3 / 2, note.duration = note.duration * 3 / 2;
  for (HumanChord& chord : tune.chords) chord.start = chord.start * 3 / 2;
  tune.bars.clear();
  for (int b = 0; b <= 16; ++b) tune.bars.push_back(72 + 144 * b);
  const TuneVerdict verdict = song_of_tune(tune, persona(), request());
  ASSERT_TRUE(verdict.song) << verdict.why_not;
  const gen::Score score = score_of(*verdict.song);
  EXPECT_EQ(score.meter_label(), "12/8");
  expect_notes(score, tune, verdict.song->semitones, 72);
}

std::string why_not(const HumanTune& tune) {
  const TuneVerdict verdict = song_of_tune(tune, persona(), request());
  EXPECT_FALSE(verdict.song);
  return verdict.why_not;
}

TEST(HumanTune, WhatCannotBeSungSaysWhy) {
  HumanTune tune = make_tune();
  tune.meter = "9/8";
  EXPECT_EQ(why_not(tune), "a metre that the band does not play");
  tune = make_tune();
  tune.one_meter = false;
  EXPECT_EQ(why_not(tune), "changing metre");
  tune = make_tune();
  tune.chords.clear();
  EXPECT_EQ(why_not(tune), "no chords");
  tune = make_tune();
  for (HumanChord& chord : tune.chords) chord.root_pc = 6;
  EXPECT_EQ(why_not(tune), "chords that do not fit the tune");
  tune = make_tune();
  tune.notes[4].pitch += 14;
  EXPECT_EQ(why_not(tune), "a wider range than the singer's");
  tune = make_tune();
  for (HumanNote& note : tune.notes) note.duration = 16;
  EXPECT_EQ(why_not(tune), "rhythm off the grid");
  tune = make_tune();
  tune.bars = {48, 230, 412, 600, 777};
  EXPECT_EQ(why_not(tune), "bars of odd lengths");
  tune = make_tune();
  tune.notes.resize(3);
  tune.verses.clear();
  EXPECT_EQ(why_not(tune), "no lines to sing");
}

TEST(HumanTune, ThePackIsReadByTierAndRefusedWithItsLine) {
  const testing::TemporaryFolder folder;
  const std::string tune =
      R"({"id":"a","source":"s","tier":"A","split":"train","title":"T","license":"public domain",)"
      R"("meter":"3/4","mode":"dorian","tonic_pc":2,"bars":[0],"notes":[[0,48,62]],)"
      R"("chords":[[0,2,"min",null]],"verses":[["la"]]})";
  std::string other = tune;
  other.replace(other.find("\"A\""), 3, "\"B\"");
  write_file(folder.path() / "melodies.jsonl", tune + "\n" + other + "\n");
  const std::vector<HumanTune> tunes = read_tune_pack(folder.path());
  ASSERT_EQ(tunes.size(), 1u);
  EXPECT_TRUE(tunes[0].minor);
  EXPECT_EQ(tunes[0].chords[0].quality, "min");
  EXPECT_EQ(read_tune_pack(folder.path(), {"A", "B"}).size(), 2u);
  write_file(folder.path() / "bad.jsonl", tune + "\n{\"id\": 3}\n");
  try {
    read_tune_pack(folder.path() / "bad.jsonl");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("bad.jsonl:2"), std::string::npos);
  }
}

}  // namespace
}  // namespace brandiron::experiments
