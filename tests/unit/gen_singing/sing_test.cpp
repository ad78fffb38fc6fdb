#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/gen/singer.h"
#include "test_songs.h"

namespace brandiron::gen {
namespace {

using testing::make_song;
using testing::test_songs;

constexpr int kRate = 44100;

SungPart sing_song(std::size_t index, Persona persona = {}, int rate = kRate,
                   std::uint64_t seed = 1) {
  return sing(make_song(test_songs().at(index)), persona, rate, Rng(seed, "test"));
}

bool is_vowel_label(const std::string& phone) {
  return !phone.empty() && std::isdigit(static_cast<unsigned char>(phone.back())) != 0;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Energy of the audio below 350 Hz (voicing, not bursts) in 10 ms Hann windows every millisecond.
std::vector<double> low_energy_db(const AudioBuffer& audio) {
  const auto x = audio.channel(0);
  std::vector<double> low(x.size());
  double a = 0, b = 0;
  const double k = 1 - std::exp(-2 * M_PI * 350 / audio.rate_hz());
  for (std::size_t i = 0; i < x.size(); ++i) {
    a += k * (x[i] - a);
    b += k * (a - b);
    low[i] = b;
  }
  const auto window = static_cast<std::ptrdiff_t>(0.012 * audio.rate_hz());
  std::vector<double> out;
  for (double t = 0; t < audio.duration_s(); t += 0.001) {
    double sum = 1e-12;
    const auto centre = static_cast<std::ptrdiff_t>(t * audio.rate_hz());
    for (auto i = centre - window / 2; i <= centre + window / 2; ++i) {
      if (i < 0 || i >= static_cast<std::ptrdiff_t>(low.size())) continue;
      const double w = 0.5 + 0.5 * std::cos(2 * M_PI * static_cast<double>(i - centre) /
                                            static_cast<double>(window));
      sum += w * low[static_cast<std::size_t>(i)] * low[static_cast<std::size_t>(i)];
    }
    out.push_back(10 * std::log10(sum));
  }
  return out;
}

// Where the low-band energy rises most steeply within 80 ms of the stated time.
double steepest_rise_s(const std::vector<double>& energy, double stated_s) {
  const auto centre = static_cast<std::ptrdiff_t>(stated_s * 1000);
  double best = -1e9, at = stated_s;
  for (auto i = std::max<std::ptrdiff_t>(centre - 80, 8);
       i < std::min(centre + 80, static_cast<std::ptrdiff_t>(energy.size()) - 8); ++i) {
    const double rise =
        energy[static_cast<std::size_t>(i + 8)] - energy[static_cast<std::size_t>(i - 8)];
    if (rise > best) {
      best = rise;
      at = static_cast<double>(i) / 1000;
    }
  }
  return at;
}

// Pitch by autocorrelation over 60 ms, searched a third of an octave around `expected`. Hz.
double pitch_hz(std::span<const float> x, double at_s, double expected) {
  const auto n = static_cast<std::ptrdiff_t>(0.06 * kRate);
  const auto first = static_cast<std::ptrdiff_t>(at_s * kRate) - n / 2;
  double best = -1, lag_best = 0;
  std::vector<double> r;
  const auto low = static_cast<std::ptrdiff_t>(kRate / expected / 1.25);
  const auto high = static_cast<std::ptrdiff_t>(kRate / expected * 1.25);
  for (auto lag = low; lag <= high; ++lag) {
    double xy = 0, xx = 1e-12, yy = 1e-12;
    for (std::ptrdiff_t i = first; i < first + n; ++i) {
      const double a = x[static_cast<std::size_t>(i)], b = x[static_cast<std::size_t>(i + lag)];
      xy += a * b;
      xx += a * a;
      yy += b * b;
    }
    r.push_back(xy / std::sqrt(xx * yy));
    if (r.back() > best) {
      best = r.back();
      lag_best = static_cast<double>(lag);
    }
  }
  const auto i = static_cast<std::size_t>(lag_best) - static_cast<std::size_t>(low);
  if (i > 0 && i + 1 < r.size()) {
    lag_best += 0.5 * (r[i - 1] - r[i + 1]) / (r[i - 1] - 2 * r[i] + r[i + 1]);
  }
  return kRate / lag_best;
}

TEST(Singer, SingsTheWholeScoreAtTheRightLengthWithoutClipping) {
  const Score score = make_song(test_songs()[0]);
  const SungPart part = sing_song(0);
  const double seconds = score.sections[0].bars * 4 * 60.0 / score.tempo_bpm;
  EXPECT_EQ(part.audio.num_channels(), 1U);
  EXPECT_EQ(part.audio.num_frames(), static_cast<std::size_t>(std::llround(seconds * kRate)));
  EXPECT_FALSE(part.audio.has_non_finite());
  EXPECT_LT(part.audio.peak(), 0.99F);
  EXPECT_GT(part.audio.rms(), 0.03);
}

TEST(Singer, IsBitIdenticalForTheSameSeedAndDifferentForAnother) {
  const SungPart a = sing_song(0), b = sing_song(0), c = sing_song(0, {}, kRate, 2);
  EXPECT_TRUE(std::ranges::equal(a.audio.samples(), b.audio.samples()));
  EXPECT_FALSE(std::ranges::equal(a.audio.samples(), c.audio.samples()));
}

TEST(Singer, SingsExactlyThePhonesThatWereWrittenForEverySong) {
  for (std::size_t song = 0; song < test_songs().size(); ++song) {
    const Score score = make_song(test_songs()[song]);
    Persona persona;
    persona.voice.g_dropping = false;
    const SungPart part = sing(score, persona, kRate, Rng(1));
    std::vector<std::string> written, sung;
    for (const Syllable& s : score.syllables) {
      written.insert(written.end(), s.phones.begin(), s.phones.end());
    }
    for (const SungPhone& p : part.phones) sung.push_back(p.phone);
    EXPECT_EQ(sung, written);
  }
}

TEST(Singer, StatesPhoneTimesInOrderWithoutOverlapAndVowelsNearTheirBeats) {
  const Score score = make_song(test_songs()[1]);
  const SungPart part = sing_song(1);
  std::vector<double> late;
  std::size_t note = 0;
  for (std::size_t i = 0; i < part.phones.size(); ++i) {
    EXPECT_GT(part.phones[i].end_s, part.phones[i].start_s) << part.phones[i].phone;
    if (i > 0) {
      EXPECT_GE(part.phones[i].start_s, part.phones[i - 1].end_s - 1e-9);
    }
    if (!is_vowel_label(part.phones[i].phone)) continue;
    ASSERT_LT(note, score.vocal.size());
    late.push_back(part.phones[i].start_s - score.time_s(score.vocal[note++].start_beat));
    EXPECT_GE(part.phones[i].end_s - part.phones[i].start_s, 0.074);
  }
  EXPECT_EQ(note, score.vocal.size());
  EXPECT_NEAR(median(late), 0.018, 1e-6);  // the persona's lay-back
}

TEST(Singer, StatesVowelOnsetsThatTheAudioConfirmsWithin20Milliseconds) {
  std::vector<double> errors;
  for (const char* bank : {"kal16", "rms"}) {
    Persona persona;
    persona.voice.bank = bank;
    for (std::size_t song = 0; song < 4; ++song) {
      const SungPart part = sing_song(song, persona);
      const std::vector<double> energy = low_energy_db(part.audio);
      for (std::size_t i = 1; i < part.phones.size(); ++i) {
        // Where the onset is audible at all: after a stop or a hiss.
        static const std::vector<std::string> kSharp = {"P", "T",  "K",  "B",  "D", "G",
                                                        "S", "SH", "CH", "JH", "F", "TH"};
        const bool sharp = std::ranges::find(kSharp, part.phones[i - 1].phone) != kSharp.end();
        if (!sharp || !is_vowel_label(part.phones[i].phone)) continue;
        errors.push_back(
            std::abs(steepest_rise_s(energy, part.phones[i].start_s) - part.phones[i].start_s));
      }
    }
  }
  ASSERT_GT(errors.size(), 60U);
  RecordProperty("median_onset_error_ms", std::to_string(1000 * median(errors)));
  EXPECT_LT(median(errors), 0.020);
}

TEST(Singer, HoldsItsNotesWithin20CentsOfTheScore) {
  const Score score = make_song(test_songs()[3]);
  const SungPart part = sing_song(3);
  std::vector<double> errors;
  for (const VocalNote& n : score.vocal) {
    const double start = score.time_s(n.start_beat), end = start + score.time_s(n.duration_beats);
    const double expected = 440 * std::exp2((n.pitch - 69) / 12.0);
    for (double t = start + 0.3; t < end - 0.25; t += 0.1) {
      const double hz = pitch_hz(part.audio.channel(0), t, expected);
      errors.push_back(std::abs(1200 * std::log2(hz / expected)));
    }
  }
  ASSERT_GT(errors.size(), 50U);
  RecordProperty("median_f0_error_cents", std::to_string(median(errors)));
  EXPECT_LT(median(errors), 20.0);
}

TEST(Singer, ReportsThePitchThatIsHeard) {
  Persona persona;
  persona.voice.fry = 0;
  persona.voice.rasp = 0;
  const SungPart part = sing_song(2, persona);
  std::vector<double> errors;
  std::size_t sung = 0;
  for (std::size_t f = 20; f + 20 < part.f0_hz.size(); f += 7) {
    const float stated = part.f0_hz[f];
    sung += stated > 0;
    const bool steady = stated > 0 && std::abs(std::log2(part.f0_hz[f - 8] / stated)) < 0.02 &&
                        std::abs(std::log2(part.f0_hz[f + 8] / stated)) < 0.02;
    if (!steady) continue;
    const double hz =
        pitch_hz(part.audio.channel(0), static_cast<double>(f) * 0.005 + 0.004, stated);
    errors.push_back(std::abs(1200 * std::log2(hz / stated)));
  }
  EXPECT_GT(sung, 300U);
  ASSERT_GT(errors.size(), 200U);
  EXPECT_LT(median(errors), 12.0);
}

TEST(Singer, ReachesAbove15KilohertzAtBothRates) {
  for (const int rate : {44100, 48000}) {
    const SungPart part = sing_song(0, {}, rate);
    // Energy above 15 kHz by first differences of a steep high-pass: a 4-fold one-pole cascade.
    const auto x = part.audio.channel(0);
    const double k = std::exp(-2 * M_PI * 15000 / rate);
    double all = 0, high = 0, state[6] = {}, before[6] = {};
    for (const float s : x) {
      double v = s;
      for (int i = 0; i < 6; ++i) {
        state[i] = 0.5 * (1 + k) * (v - before[i]) + k * state[i];
        before[i] = v;
        v = state[i];
      }
      all += static_cast<double>(s) * s;
      high += v * v;
    }
    EXPECT_GT(10 * std::log10(high / all), -60.0) << rate;
  }
}

TEST(Singer, SoundsRougherWithRaspThanWithout) {
  Persona clean, rough;
  clean.voice.rasp = 0;
  clean.voice.fry = 0;
  const auto periodicity = [](const SungPart& part) {
    std::vector<double> r;
    const auto x = part.audio.channel(0);
    for (std::size_t f = 40; f + 40 < part.f0_hz.size(); f += 10) {
      if (part.f0_hz[f] <= 0 || part.f0_hz[f - 10] <= 0 || part.f0_hz[f + 10] <= 0) continue;
      const auto lag = static_cast<std::size_t>(std::lround(kRate / part.f0_hz[f]));
      const auto at = static_cast<std::size_t>(static_cast<double>(f) * 0.005 * kRate);
      double xy = 0, xx = 1e-12, yy = 1e-12;
      for (std::size_t i = at; i < at + 2200; ++i) {
        xy += x[i] * x[i + lag];
        xx += x[i] * x[i];
        yy += x[i + lag] * x[i + lag];
      }
      r.push_back(xy / std::sqrt(xx * yy));
    }
    return median(r);
  };
  EXPECT_GT(periodicity(sing_song(0, clean)), periodicity(sing_song(0, rough)) + 0.05);
}

TEST(Singer, ListsItsTechniquesInOrderWithinTheSong) {
  Persona persona;
  persona.voice.fry = 1;
  const SungPart part = sing_song(2, persona);
  const auto count = [&](const std::string& kind) {
    return std::ranges::count_if(part.techniques, [&](const auto& t) { return t.kind == kind; });
  };
  EXPECT_EQ(count("scoop"), 4);  // one a line
  EXPECT_EQ(count("fall"), 4);
  EXPECT_EQ(count("fry"), 4);
  EXPECT_GE(count("vibrato"), 4);
  EXPECT_GE(count("rasp"), 4);
  EXPECT_GE(count("growl"), 4);
  double last = 0;
  for (const Technique& t : part.techniques) {
    EXPECT_GE(t.start_s, last);
    EXPECT_GT(t.end_s, t.start_s) << t.kind;
    last = t.start_s;
  }
}

TEST(Singer, LabelsRoughnessWhereThePersonaIsRougherThanUsual) {
  const auto seconds = [](const SungPart& part, const std::string& kind) {
    double sum = 0;
    for (const Technique& t : part.techniques) sum += t.kind == kind ? t.end_s - t.start_s : 0;
    return sum;
  };
  const SungPart rough = sing_song(2);
  double sung = 0;
  for (const float hz : rough.f0_hz) sung += hz > 0 ? rough.f0_hop_s : 0;
  // Attacks and phrase ends: a part of the song, neither none nor all of it.
  EXPECT_GT(seconds(rough, "rasp"), 0.1 * sung);
  EXPECT_LT(seconds(rough, "rasp"), 0.9 * sung);
  Persona smooth;
  smooth.voice.rasp = 0.2;
  EXPECT_EQ(seconds(sing_song(2, smooth), "rasp"), 0.0);
  EXPECT_EQ(seconds(sing_song(2, smooth), "growl"), 0.0);
  Persona throat;
  throat.voice.growl = 0.5;
  EXPECT_GT(seconds(sing_song(2, throat), "growl"), seconds(rough, "growl"));
}

TEST(Singer, BendsThePitchWhereTheLabelsSaySo) {
  Persona persona;
  persona.voice.fry = 0;
  const SungPart part = sing_song(2, persona);
  const auto at = [&](double t) {
    return part.f0_hz.at(static_cast<std::size_t>(std::lround(t / part.f0_hop_s)));
  };
  const auto cents = [&](double from_s, double to_s) {
    return 1200 * std::log2(at(to_s) / at(from_s));
  };
  int scoops = 0, falls = 0;
  for (const Technique& t : part.techniques) {
    if (t.kind == "scoop") {
      double from = t.start_s;  // behind a consonant without voice the scoop is heard late
      while (from < t.end_s && at(from) <= 0) from += part.f0_hop_s;
      if (t.end_s - from < 0.08) continue;
      EXPECT_GT(cents(from, t.end_s), 40.0) << from;
      ++scoops;
    }
    if (t.kind == "fall" && at(t.start_s) > 0) {
      double to = t.end_s;  // the voice fades before the breath does
      while (to > t.start_s && at(to) <= 0) to -= part.f0_hop_s;
      if (to - t.start_s < 0.12) continue;
      EXPECT_LT(cents(t.start_s, to), -30.0) << t.start_s;
      ++falls;
    }
  }
  EXPECT_GE(scoops, 2);
  EXPECT_GE(falls, 2);
}

TEST(Singer, MeasuresItsJoins) {
  const Score score = make_song(test_songs()[0]);
  Persona persona;
  const auto steps = join_steps_db(score, persona);
  EXPECT_GT(steps.size(), 40U);  // phones less lines
  for (const double db : steps) {
    EXPECT_GT(db, 0.0);
    EXPECT_LT(db, 40.0);
  }
}

TEST(Singer, LeavesTheOtherPhrasesUntouchedWhenOneLineChanges) {
  Score score = make_song(test_songs()[2]);
  const SungPart before = sing(score, {}, kRate, Rng(1));
  // The last line, a third higher.
  const int first_word = score.lines[3].first_word;
  double from_s = 1e9;
  for (VocalNote& n : score.vocal) {
    if (score.syllables[static_cast<std::size_t>(n.syllable)].word < first_word) continue;
    n.pitch += 3;
    from_s = std::min(from_s, score.time_s(n.start_beat));
  }
  const SungPart after = sing(score, {}, kRate, Rng(1));
  const auto same = static_cast<std::size_t>((from_s - 0.4) * kRate);
  EXPECT_TRUE(std::equal(before.audio.channel(0).begin(), before.audio.channel(0).begin() + same,
                         after.audio.channel(0).begin()));
  EXPECT_FALSE(std::ranges::equal(before.audio.samples(), after.audio.samples()));
}

TEST(Singer, DropsTheGOfIngOnlyWhenThePersonaDoes) {
  Persona persona;
  const auto last_of = [&](bool drop) {
    persona.voice.g_dropping = drop;
    const SungPart part = sing_song(0, persona);  // "morning" is word 7
    std::string last;
    for (const SungPhone& p : part.phones) {
      if (p.word == 7) last = p.phone;
    }
    return last;
  };
  EXPECT_EQ(last_of(true), "N");
  EXPECT_EQ(last_of(false), "NG");
}

// ---------------------------------------------------------------- hostile scores

Score one_note(std::vector<std::string> phones, double start, double beats, int pitch = 50) {
  Score score;
  score.words = {{"x", 0, 0, 1}};
  score.syllables = {{"x", std::move(phones), 1, 0}};
  VocalNote n;
  n.start_beat = start;
  n.duration_beats = beats;
  n.pitch = pitch;
  n.phrase_start = n.phrase_end = true;
  score.vocal = {n};
  Section s;
  s.bars = static_cast<int>((start + beats) / 4) + 1;
  score.sections = {s};
  return score;
}

void expect_clean(const SungPart& part, const std::string& what) {
  EXPECT_FALSE(part.audio.has_non_finite()) << what;
  EXPECT_LE(part.audio.peak(), 1.0F) << what;
  // A click is a jump between neighbours far beyond what the band allows.
  const auto x = part.audio.channel(0);
  if (x.empty()) return;
  EXPECT_LT(std::abs(x.front()), 0.01F) << what;
  EXPECT_LT(std::abs(x.back()), 0.05F) << what;
}

TEST(Singer, ReturnsSilenceForAScoreWithoutLyrics) {
  const SungPart empty = sing(Score{}, {}, kRate, Rng(1));
  EXPECT_EQ(empty.audio.num_frames(), 0U);
  Score instrumental;
  instrumental.sections = {{"intro", 0, 2}};
  const SungPart silent = sing(instrumental, {}, kRate, Rng(1));
  EXPECT_GT(silent.audio.num_frames(), 0U);
  EXPECT_EQ(silent.audio.peak(), 0.0F);
  EXPECT_TRUE(silent.phones.empty());
}

TEST(Singer, SingsVeryShortVeryLongVeryLowAndVeryHighNotes) {
  expect_clean(sing(one_note({"S", "T", "R", "AY1", "K", "S"}, 1, 0.05), {}, kRate, Rng(1)),
               "short");
  expect_clean(sing(one_note({"AA1"}, 0, 0.03), {}, kRate, Rng(1)), "at the first sample");
  expect_clean(sing(one_note({"M", "UW1", "N"}, 2, 120), {}, kRate, Rng(1)), "86 seconds");
  expect_clean(sing(one_note({"B", "IY1"}, 1, 4, 28), {}, kRate, Rng(1)), "E1");
  expect_clean(sing(one_note({"B", "IY1"}, 1, 4, 88), {}, kRate, Rng(1)), "E6");
}

TEST(Singer, SingsSyllablesWithoutAVowelAndWithTwo) {
  expect_clean(sing(one_note({"M"}, 1, 2), {}, kRate, Rng(1)), "M");
  expect_clean(sing(one_note({"S"}, 1, 2), {}, kRate, Rng(1)), "S");
  expect_clean(sing(one_note({"T"}, 1, 1), {}, kRate, Rng(1)), "T");
  const SungPart two = sing(one_note({"F", "AY1", "ER0"}, 1, 2), {}, kRate, Rng(1));
  expect_clean(two, "two vowels");
  EXPECT_EQ(two.phones.size(), 3U);
}

TEST(Singer, SingsFortySyllablesInOneBreathAtThreeHundredBeatsAMinute) {
  Score score;
  score.tempo_bpm = 300;
  for (int i = 0; i < 40; ++i) {
    score.words.push_back({"stripe", 0, i, 1});
    score.syllables.push_back({"stripe", {"S", "T", "R", "AY1", "P", "S"}, 1, i});
    VocalNote n;
    n.start_beat = 1 + 0.5 * i;
    n.duration_beats = 0.5;
    n.pitch = 50;
    n.syllable = i;
    score.vocal.push_back(n);
  }
  score.sections = {{"verse", 0, 6}};
  const SungPart part = sing(score, {}, kRate, Rng(1));
  expect_clean(part, "stripes");
  EXPECT_EQ(part.phones.size(), 240U);
  for (const SungPhone& p : part.phones) EXPECT_GE(p.end_s, p.start_s);
}

TEST(Singer, SurvivesEveryParameterAtItsEnds) {
  for (const double end : {0.0, 1.0}) {
    Persona p;
    VoiceParameters& v = p.voice;
    v.formant_scale = end > 0 ? 1.3 : 0.7;
    v.jitter = 0.1 * end;
    v.shimmer = 0.5 * end;
    v.subharmonic = end;
    v.growl = end;
    v.growl_hz = end > 0 ? 120 : 0;
    v.fry = v.rasp = v.nasal = end;
    v.breath_db = end > 0 ? 0 : -90;
    v.vibrato_hz = end > 0 ? 10 : 0;
    v.vibrato_cents = 300 * end;
    v.scoop_cents = -1200 * end;
    v.scoop_s = end;
    v.portamento_s = end;
    v.fall_cents = -1200 * end;
    v.layback_s = 0.2 * end;
    v.consonant_scale = end > 0 ? 3 : 0.1;
    expect_clean(sing_song(0, p), end > 0 ? "high" : "low");
  }
}

std::string refusal(const Score& score, int rate = kRate) {
  try {
    sing(score, {}, rate, Rng(1));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return e.what();
  }
  return "sung";
}

TEST(Singer, RefusesWhatCannotBeSungAndSaysWhy) {
  EXPECT_NE(refusal(one_note({"XX1"}, 1, 1)).find("\"XX1\""), std::string::npos);
  EXPECT_NE(refusal(one_note({"pau"}, 1, 1)).find("unknown phone"), std::string::npos);
  EXPECT_NE(refusal(one_note({}, 1, 1)).find("no phones"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, 1, 0)).find("duration"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, -1, 1)).find("start"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, 1, 1, 12)).find("pitch 12"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, 1, 1, 120)).find("pitch 120"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, 1, 1e7)).find("3600"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, 1, std::nan(""))).find("duration"), std::string::npos);
  EXPECT_NE(refusal(one_note({"AA1"}, 1, 1), 8000).find("8000"), std::string::npos);
  Score no_syllable = one_note({"AA1"}, 1, 1);
  no_syllable.vocal[0].syllable = 7;
  EXPECT_NE(refusal(no_syllable).find("syllable 7"), std::string::npos);
  Score backwards = make_song(test_songs()[0]);
  std::swap(backwards.vocal[3], backwards.vocal[4]);
  EXPECT_NE(refusal(backwards).find("order"), std::string::npos);
  Score tempo = one_note({"AA1"}, 1, 1);
  tempo.tempo_bpm = 0;
  EXPECT_NE(refusal(tempo), "sung");
}

// ---------------------------------------------------------------- gang

TEST(Gang, ShoutsAtTheGivenTimesAndIsSilentBetween) {
  const AudioBuffer gang = shout_gang({1.0, 3.0}, "hey", 5.0, 4, {}, kRate, Rng(3));
  EXPECT_EQ(gang.num_channels(), 2U);
  EXPECT_EQ(gang.num_frames(), static_cast<std::size_t>(5 * kRate));
  EXPECT_FALSE(gang.has_non_finite());
  EXPECT_LE(gang.peak(), 1.0F);
  EXPECT_GT(gang.slice(static_cast<std::size_t>(1.05 * kRate), 8820).rms(), 0.02);
  EXPECT_GT(gang.slice(static_cast<std::size_t>(3.05 * kRate), 8820).rms(), 0.02);
  EXPECT_EQ(gang.slice(0, kRate / 2).peak(), 0.0F);
  EXPECT_LT(gang.slice(2 * kRate, kRate / 2).peak(), 1e-3F);
}

TEST(Gang, StandsWideAndNeverShoutsTheSameTwice) {
  const AudioBuffer gang = shout_gang({1.0, 3.0}, "hey", 5.0, 4, {}, kRate, Rng(3));
  double lr = 0, ll = 0, rr = 0;
  for (std::size_t i = 0; i < gang.num_frames(); ++i) {
    const double l = gang.channel(0)[i], r = gang.channel(1)[i];
    lr += l * r;
    ll += l * l;
    rr += r * r;
  }
  EXPECT_LT(lr / std::sqrt(ll * rr), 0.9);
  const AudioBuffer first = gang.slice(static_cast<std::size_t>(0.8 * kRate), kRate);
  const AudioBuffer second = gang.slice(static_cast<std::size_t>(2.8 * kRate), kRate);
  EXPECT_FALSE(std::ranges::equal(first.samples(), second.samples()));
}

TEST(Gang, KeepsAShoutTheSameWhenAnotherIsAddedElsewhere) {
  const AudioBuffer one = shout_gang({1.0}, "hey", 5.0, 4, {}, kRate, Rng(3));
  const AudioBuffer two = shout_gang({1.0, 3.0}, "hey", 5.0, 4, {}, kRate, Rng(3));
  EXPECT_TRUE(
      std::ranges::equal(one.slice(0, 2 * kRate).samples(), two.slice(0, 2 * kRate).samples()));
}

TEST(Gang, TakesShoutsBeyondTheEndsAndRefusesTimesThatAreNotNumbers) {
  const AudioBuffer gang = shout_gang({-5.0, 0.0, 2.0, 99.0}, "hey", 2.0, -7, {}, kRate, Rng(3));
  EXPECT_FALSE(gang.has_non_finite());
  EXPECT_TRUE(shout_gang({}, "hey", 0.0, 0, {}, kRate, Rng(3)).empty());
  EXPECT_THROW(shout_gang({std::nan("")}, "hey", 2.0, 0, {}, kRate, Rng(3)), Error);
  EXPECT_THROW(shout_gang({1.0}, "ho", 2.0, 0, {}, kRate, Rng(3)), Error);
}

TEST(Gang, HoldsAWhoaLongerThanAHey) {
  const auto after = [](const char* word) {
    const AudioBuffer gang = shout_gang({1.0}, word, 3.0, 4, {}, kRate, Rng(3));
    return gang.slice(static_cast<std::size_t>(1.5 * kRate), kRate / 5).rms();
  };
  EXPECT_GT(after("whoa"), 3 * after("hey"));
}

TEST(Gang, DrawsBothWordsAndTheSameOneTwice) {
  int whoas = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(draw_gang_word(Rng(seed)), draw_gang_word(Rng(seed)));
    whoas += draw_gang_word(Rng(seed)) == "whoa";
  }
  EXPECT_GT(whoas, 10);
  EXPECT_LT(whoas, 60);
}

}  // namespace
}  // namespace brandiron::gen
