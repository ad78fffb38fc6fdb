#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/label_check.h"
#include "brandiron/watermark/key.h"
#include "brandiron/watermark/watermark.h"
#include "support/test_audio.h"

namespace brandiron::experiments {
namespace {

namespace testing = brandiron::testing;

constexpr double kBeat = 0.6;  // 100 bpm
constexpr int kBars = 12;
constexpr double kSeconds = kBars * 4 * kBeat;
constexpr std::uint64_t kPayload = 0x0123456789abcdef;

double midi_hz(double midi) { return 440 * std::exp2((midi - 69) / 12); }

/// A song that is easy to hear, with labels that are right: strokes on the beats, a triad a bar, a
/// tone a bar for the lead, with a bar of rest after every three.
struct EasySong {
  StatedLabels stated;
  SongSound sound;

  EasySong() {
    AudioBuffer kick = AudioBuffer(1, frames(), 44100), guitar = kick, bass = kick, lead = kick;
    StatedPart kick_part{"kick", {}}, guitar_part{"guitar", {}}, bass_part{"bass", {}},
        lead_part{"lead_vocal", {}};
    stated.f0_hop_s = 0.005;
    stated.f0_hz.assign(static_cast<std::size_t>(std::ceil(kSeconds / 0.005)), 0.0F);
    constexpr std::array<int, 4> kRoots = {45, 50, 40, 45};  // A D E A
    for (int bar = 0; bar < kBars; ++bar) {
      const double start = bar * 4 * kBeat;
      const int root = kRoots[static_cast<std::size_t>(bar % 4)];
      for (int beat = 0; beat < 4; ++beat) {
        const double t = start + beat * kBeat;
        stated.beats.push_back({t, bar + 1, beat + 1});
        add_burst(kick, t, static_cast<std::uint64_t>(bar * 4 + beat));
        kick_part.notes.push_back({t, t + 0.1, 36});
      }
      stated.chords.push_back({name_of(root), start, start + 4 * kBeat});
      for (const int up : {0, 7, 12, 16}) {
        add_string(guitar, root + up, start);
        guitar_part.notes.push_back({start, start + 4 * kBeat, root + up});
      }
      add_tone(bass, root - 12, start, start + 2.0);
      bass_part.notes.push_back({start, start + 2.0, root - 12});
      if (bar % 4 == 3) continue;
      sing(lead, root + 12, start + 0.1, start + 2.1);
      lead_part.notes.push_back({start + 0.1, start + 2.1, root + 12});
      stated.words.push_back({"la", start + 0.1, start + 2.1});
      stated.lines.push_back({"la", start + 0.1, start + 2.1});
    }
    stated.id = "easy";
    stated.duration_s = kSeconds;
    stated.tempo_bpm = 60 / kBeat;
    stated.key = "A:maj";
    stated.meter = "4/4";
    stated.sections = {{"verse", 0, 8 * 4 * kBeat, 8}, {"outro", 8 * 4 * kBeat, kSeconds, 4}};
    stated.parts = {lead_part, kick_part, guitar_part, bass_part};
    publish(kick, guitar, bass, lead);
  }

  static std::size_t frames() { return static_cast<std::size_t>(std::llround(kSeconds * 44100)); }
  static std::string name_of(int midi) {
    static const std::map<int, std::string> names = {{9, "A:maj"}, {2, "D:maj"}, {4, "E:maj"}};
    return names.at(midi % 12);
  }

  static void add_burst(AudioBuffer& out, double t, std::uint64_t seed) {
    Rng rng(seed, "kick");
    const auto at = static_cast<std::size_t>(std::llround(t * 44100));
    for (std::size_t i = 0; i < 4000; ++i) {
      out.channel(0)[at + i] +=
          static_cast<float>(0.2 * std::exp(-static_cast<double>(i) / 600) * rng.normal());
    }
  }
  static void add_string(AudioBuffer& out, int midi, double t) {
    const auto at = static_cast<std::size_t>(std::llround(t * 44100));
    const auto string =
        testing::pluck(midi_hz(midi), static_cast<std::size_t>(4 * kBeat * 44100) - 10, 44100,
                       Rng(static_cast<std::uint64_t>(midi), "string"));
    for (std::size_t i = 0; i < string.size(); ++i) out.channel(0)[at + i] += 0.1F * string[i];
  }
  static void add_tone(AudioBuffer& out, int midi, double from, double to) {
    for (auto i = static_cast<std::size_t>(from * 44100); i < static_cast<std::size_t>(to * 44100);
         ++i) {
      const double t = static_cast<double>(i) / 44100;
      const double fade = std::min({1.0, (t - from) / 0.01, (to - t) / 0.01});
      double x = 0;
      for (int k = 1; k <= 8; ++k) {
        x += std::sin(2 * std::numbers::pi * k * midi_hz(midi) * t) / k;
      }
      out.channel(0)[i] += static_cast<float>(0.1 * fade * x);
    }
  }
  void sing(AudioBuffer& out, int midi, double from, double to) {
    add_tone(out, midi, from, to);
    for (auto i = static_cast<std::size_t>(std::ceil(from / 0.005));
         i < static_cast<std::size_t>(to / 0.005); ++i) {
      stated.f0_hz[i] = static_cast<float>(midi_hz(midi));
    }
  }

  void publish(AudioBuffer kick, AudioBuffer guitar, AudioBuffer bass, AudioBuffer lead) {
    AudioBuffer mono = kick;
    mono.add(guitar);
    mono.add(bass);
    mono.add(lead);
    sound.mix = AudioBuffer(2, frames(), 44100);
    sound.mix.add(mono);
    sound.mix.add(testing::noise(kSeconds, 44100, 0.01, 2));  // something for the mark to hide in
    sound.key = std::make_shared<watermark::Key>(watermark::Key::demo());
    watermark::embed(sound.mix, *sound.key, kPayload);
    stated.marked = true;
    stated.payload_hex = watermark::payload_hex(kPayload);
    const Loudness loudness = measure_loudness(sound.mix);
    stated.integrated_lufs = loudness.integrated_lufs;
    stated.true_peak_dbtp = loudness.true_peak_dbtp;
    sound.stems = {{"kick", std::move(kick)},
                   {"guitar", std::move(guitar)},
                   {"bass", std::move(bass)},
                   {"lead_vocal_dry", std::move(lead)}};
  }
};

const EasySong& easy() {
  static const EasySong song;
  return song;
}

std::map<std::string, LabelFinding> by_label(const SongFindings& findings) {
  std::map<std::string, LabelFinding> out;
  for (const LabelFinding& f : findings.labels) out[f.label] = f;
  return out;
}

TEST(LabelCheck, EveryLabelOfAnEasySongAgrees) {
  const auto found = by_label(check_song_labels(easy().stated, easy().sound));
  EXPECT_EQ(found.size(), label_rules().size());
  for (const LabelRule& rule : label_rules()) {
    ASSERT_TRUE(found.contains(rule.id)) << rule.id;
    const LabelFinding& f = found.at(rule.id);
    EXPECT_TRUE(f.agrees) << rule.id << ": expected " << f.expected << ", found " << f.found << ", "
                          << f.agreed << " of " << f.events;
  }
}

TEST(LabelCheck, WithoutStemsOnlyWhatTheMixTellsIsCompared) {
  SongSound sound;
  sound.mix = easy().sound.mix;
  const auto found = by_label(check_song_labels(easy().stated, sound));
  for (const LabelRule& rule : label_rules()) {
    EXPECT_EQ(found.contains(rule.id), !rule.stems && rule.id != "mark") << rule.id;
  }
}

struct Wrong {
  const char* label;
  std::function<void(StatedLabels&)> change;
};

class WrongLabel : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongLabel, IsCaught) {
  StatedLabels stated = easy().stated;
  GetParam().change(stated);
  const auto found = by_label(check_song_labels(stated, easy().sound));
  ASSERT_TRUE(found.contains(GetParam().label));
  const LabelFinding& f = found.at(GetParam().label);
  EXPECT_FALSE(f.agrees);
  EXPECT_FALSE(f.expected.empty());
  EXPECT_FALSE(f.found.empty());
}

std::vector<StatedNote>& notes_of(StatedLabels& stated, const std::string& part) {
  for (StatedPart& p : stated.parts) {
    if (p.name == part) return p.notes;
  }
  throw std::out_of_range(part);
}

INSTANTIATE_TEST_SUITE_P(
    LabelCheck, WrongLabel,
    ::testing::Values(
        Wrong{"duration", [](StatedLabels& s) { s.duration_s += 0.002; }},
        Wrong{"loudness", [](StatedLabels& s) { s.integrated_lufs -= 0.3; }},
        Wrong{"true-peak", [](StatedLabels& s) { s.true_peak_dbtp += 0.5; }},
        Wrong{"mark", [](StatedLabels& s) { s.payload_hex = "0123456789abcdee"; }},
        Wrong{"counts", [](StatedLabels& s) { s.beats.pop_back(); }},
        Wrong{"tempo", [](StatedLabels& s) { s.tempo_bpm = 88; }},
        Wrong{"beats",
              [](StatedLabels& s) {
                for (StatedBeat& b : s.beats) b.time_s += 0.1;
              }},
        Wrong{"sections", [](StatedLabels& s) { s.sections[0].bars = 9; }},
        Wrong{"percussion",
              [](StatedLabels& s) {
                for (StatedNote& n : notes_of(s, "kick")) n.start_s += 0.015;
              }},
        Wrong{"strums",
              [](StatedLabels& s) {
                for (StatedNote& n : notes_of(s, "guitar")) n.start_s += 0.02;
              }},
        Wrong{"key", [](StatedLabels& s) { s.key = "F#:min"; }},
        Wrong{"chords",
              [](StatedLabels& s) {
                for (std::size_t i = 0; i < 4; ++i) s.chords[i].label = "B:min";
              }},
        Wrong{"f0",
              [](StatedLabels& s) {
                for (float& hz : s.f0_hz) hz *= 1.04F;
              }},
        Wrong{"voicing",
              [](StatedLabels& s) {
                for (std::size_t i = 0; i < s.f0_hz.size() / 4; ++i) s.f0_hz[i] = 0;
              }},
        Wrong{"lead-notes",
              [](StatedLabels& s) {
                for (StatedNote& n : notes_of(s, "lead_vocal")) n.pitch += 1;
              }},
        Wrong{"bass-notes",
              [](StatedLabels& s) {
                for (StatedNote& n : notes_of(s, "bass")) n.pitch += 12;
              }},
        Wrong{"words", [](StatedLabels& s) { s.words[2].start_s += 3, s.words[2].end_s += 3; }},
        Wrong{"lines",
              [](StatedLabels& s) {
                for (StatedSpan& l : s.lines) l.start_s += 0.08;
              }}),
    [](const auto& info) {
      std::string name = info.param.label;
      std::erase(name, '-');
      return name;
    });

TEST(LabelCheck, AMarkThatIsStatedOfUnmarkedAudioIsCaught) {
  SongSound sound;
  sound.mix = testing::noise(20, 44100, 0.1, 2);
  sound.key = easy().sound.key;
  const auto found = by_label(check_song_labels(easy().stated, sound));
  EXPECT_FALSE(found.at("mark").agrees);
}

TEST(LabelCheck, ALineMayBeSilentForAsLongAsItsFirstStopIsClosed) {
  for (const bool stop : {true, false}) {
    StatedLabels stated = easy().stated;
    for (StatedSpan& line : stated.lines) {
      line.start_s -= 0.09;
      stated.phones.push_back({stop ? "P" : "M", line.start_s, line.start_s + 0.1});
    }
    EXPECT_EQ(by_label(check_song_labels(stated, easy().sound)).at("lines").agrees, stop);
  }
}

// Reports
// ---------------------------------------------------------------------------------------

SongFindings song_with(const std::string& id, const std::string& label, bool agrees,
                       double distance = 0) {
  return {id, {{label, 1, agrees ? 1U : 0U, agrees, "this", "that, other", distance}}, ""};
}

TEST(LabelSummary, AsksNinetyNineInAHundredOfEstimatesAndAllOfExactLabels) {
  std::vector<SongFindings> songs;
  for (int i = 0; i < 100; ++i) songs.push_back(song_with(std::to_string(i), "tempo", i != 7));
  EXPECT_TRUE(summarise_labels(songs).passed());
  songs.push_back(song_with("x", "tempo", false, 2));
  const LabelReport report = summarise_labels(songs);
  EXPECT_FALSE(report.passed());
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].agreed_songs, 99U);
  EXPECT_EQ(report.rows[0].worst.front().first, "x");
  EXPECT_LT(report.rows[0].low, 0.981);
  for (SongFindings& song : songs) song.labels[0].label = "duration";
  songs.pop_back();
  EXPECT_FALSE(summarise_labels(songs).passed());
}

TEST(LabelSummary, NothingComparedIsNoPass) { EXPECT_FALSE(summarise_labels({}).passed()); }

TEST(LabelSummary, ASongThatCannotBeHeardIsNoPass) {
  SongFindings broken;
  broken.id = "b";
  broken.error = "gone";
  EXPECT_FALSE(summarise_labels({song_with("a", "tempo", true), broken}).passed());
}

TEST(LabelSummary, RefusesAnAgreementThatIsNoShare) {
  EXPECT_THROW(summarise_labels({}, 1.2), Error);
  EXPECT_THROW(summarise_labels({}, 0), Error);
}

TEST(LabelReport, NamesSongExpectedAndFoundInEveryForm) {
  const std::vector<SongFindings> songs = {song_with("a1", "key", true),
                                           song_with("b2", "key", false, 1)};
  const LabelReport report = summarise_labels(songs);
  const std::string text = label_text(report);
  EXPECT_NE(text.find("b2: expected this, found that, other"), std::string::npos) << text;
  EXPECT_EQ(text.find("a1:"), std::string::npos);
  const auto json = nlohmann::json::parse(label_json(report));
  EXPECT_EQ(json.at("schema"), "brandiron.label-check/1");
  EXPECT_EQ(json.at("labels").at(0).at("worst").at(0).at("id"), "b2");
  EXPECT_EQ(json.at("labels").at(0).at("agreement"), 0.5);
  EXPECT_EQ(label_csv(songs),
            "id,label,events,agreed,agrees,expected,found\n"
            "a1,key,1,1,1,this,\"that, other\"\nb2,key,1,0,0,this,\"that, other\"\n");
}

TEST(StatedLabels, NameTheFileWhenTheyCannotBeRead) {
  for (const char* text : {"", "{}", "[1]", R"({"audio": 3})"}) {
    try {
      read_stated_labels(text, "x/song.json");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kFormat);
      EXPECT_EQ(std::string(error.what()).rfind("x/song.json", 0), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace brandiron::experiments
