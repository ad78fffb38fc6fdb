#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"
#include "label_check/activity.h"
#include "label_check/chroma.h"
#include "label_check/key.h"
#include "label_check/loudness_meter.h"
#include "label_check/pitch.h"
#include "label_check/strokes.h"
#include "label_check/tempo.h"
#include "support/test_audio.h"

namespace brandiron::experiments::labels {
namespace {

namespace testing = brandiron::testing;

/// Short noise bursts, each 60 ms long, `gains[i % size]` loud.
AudioBuffer bursts(const std::vector<double>& times_s, double duration_s,
                   const std::vector<double>& gains = {0.3}) {
  AudioBuffer out = testing::noise(duration_s, 44100, 1e-4);
  Rng rng(7, "bursts");
  for (std::size_t n = 0; n < times_s.size(); ++n) {
    const auto at = static_cast<std::size_t>(std::llround(times_s[n] * 44100));
    for (std::size_t i = 0; i < 2600 && at + i < out.num_frames(); ++i) {
      const double decay = std::exp(-static_cast<double>(i) / 500);
      out.channel(0)[at + i] += static_cast<float>(gains[n % gains.size()] * decay * rng.normal());
    }
  }
  return out;
}

std::vector<double> even_times(double first_s, double step_s, double duration_s) {
  std::vector<double> times;
  for (double t = first_s; t + 0.1 < duration_s; t += step_s) times.push_back(t);
  return times;
}

double midi_hz(double midi) { return 440 * std::exp2((midi - 69) / 12); }

void add_string(AudioBuffer& out, double midi, double start_s, double seconds, std::uint64_t seed) {
  const auto at = static_cast<std::size_t>(start_s * 44100);
  const auto string = testing::pluck(midi_hz(midi), static_cast<std::size_t>(seconds * 44100),
                                     44100, Rng(seed, "string"));
  for (std::size_t i = 0; i < string.size() && at + i < out.num_frames(); ++i) {
    out.channel(0)[at + i] += 0.2F * string[i];
  }
}

/// Triads (MIDI of the root, minor third) of two seconds each.
AudioBuffer strummed(const std::vector<std::pair<int, bool>>& triads) {
  AudioBuffer out(1, triads.size() * 88200, 44100);
  std::uint64_t seed = 1;
  for (std::size_t n = 0; n < triads.size(); ++n) {
    const auto [root, minor] = triads[n];
    for (const int up : {0, 7, 12, minor ? 15 : 16, 19}) {
      add_string(out, root + up, 2.0 * static_cast<double>(n), 1.95, seed++);
    }
  }
  return out;
}

/// A voice: harmonics of `hz_at(t)`; every second period `wobble` louder, as rasp has it.
template <class Pitch>
AudioBuffer sung(double duration_s, Pitch hz_at, double wobble = 0) {
  AudioBuffer out(1, static_cast<std::size_t>(duration_s * 44100), 44100);
  double phase = 0;
  for (std::size_t i = 0; i < out.num_frames(); ++i) {
    const double t = static_cast<double>(i) / 44100;
    double x = 0;
    for (int k = 1; k <= 12; ++k) x += std::sin(2 * std::numbers::pi * k * phase) / k;
    const bool odd = static_cast<long>(phase) % 2 == 1;
    out.channel(0)[i] = static_cast<float>(0.1 * x * (odd ? 1 + wobble : 1 - wobble));
    phase += hz_at(t) / 44100;
  }
  return out;
}

TEST(LoudnessMeter, ReadsTheToneOfTheRecommendation) {
  // EBU Tech 3341, case 1: 1 kHz at -23 dBFS in both channels is -23 LUFS.
  const AudioBuffer tone = testing::tone(1000, 20, 48000, std::pow(10.0, -23.0 / 20), 2);
  EXPECT_NEAR(loudness_lufs(tone), -23.0, 0.1);
}

TEST(LoudnessMeter, GatesWhatIsTenLuUnder) {
  // Case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS is -23 LUFS.
  AudioBuffer tone = testing::tone(1000, 80, 48000, std::pow(10.0, -23.0 / 20), 2);
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::size_t i = 0; i < tone.num_frames(); ++i) {
      if (i < 480000 || i >= 70 * 48000) tone.channel(c)[i] *= 0.2239F;
    }
  }
  EXPECT_NEAR(loudness_lufs(tone), -23.0, 0.1);
}

TEST(LoudnessMeter, SilenceHasNoLoudness) {
  EXPECT_EQ(loudness_lufs(AudioBuffer(2, 44100, 44100)), -INFINITY);
  EXPECT_EQ(true_peak_dbtp(AudioBuffer(2, 44100, 44100)), -INFINITY);
}

TEST(TruePeak, FindsThePeakBetweenSamples) {
  // A quarter of the sample rate, an eighth of a turn off: all samples are at 0.707 of the peak.
  AudioBuffer tone(1, 4000, 48000);
  for (std::size_t i = 0; i < tone.num_frames(); ++i) {
    const double fade = std::min(
        {1.0, static_cast<double>(i) / 400, static_cast<double>(tone.num_frames() - i) / 400});
    tone.channel(0)[i] = static_cast<float>(
        0.5 * fade * std::sin(std::numbers::pi * (static_cast<double>(i) / 2 + 0.25)));
  }
  EXPECT_NEAR(true_peak_dbtp(tone), 20 * std::log10(0.5), 0.1);
  EXPECT_LT(20 * std::log10(static_cast<double>(tone.peak())), -8.9);
}

TEST(Tempo, IsThatOfEvenStrokes) {
  for (const double bpm : {63.0, 83.0, 118.0}) {
    const AudioBuffer clicks = bursts(even_times(0.31, 60 / bpm, 40), 40);
    const double found = estimate_tempo_bpm(onset_strength(clicks));
    EXPECT_NEAR(nearest_octave_bpm(found, bpm) / bpm, 1.0, 0.02) << bpm << " " << found;
  }
}

TEST(Tempo, OfTwelveEightIsTheBeatAndNotTheAccents) {
  // Picked triplets, every second one accented; feet on the beats, the second and fourth clapped.
  constexpr double kBpm = 58, kBeat = 60 / kBpm;
  AudioBuffer song = bursts(even_times(0.31, kBeat / 3, 70), 70, {0.2, 0.05});
  const AudioBuffer claps = bursts(even_times(0.31 + kBeat, 2 * kBeat, 70), 70, {0.3});
  for (std::size_t i = 0; i < song.num_frames(); ++i) song.channel(0)[i] += claps.channel(0)[i];
  for (const double beat : even_times(0.31, kBeat, 70)) {
    const auto at = static_cast<std::size_t>(beat * 44100);
    for (std::size_t i = 0; i < 8000 && at + i < song.num_frames(); ++i) {
      const double t = static_cast<double>(i) / 44100;
      song.channel(0)[at + i] +=
          static_cast<float>(0.5 * std::exp(-t / 0.05) * std::sin(2 * std::numbers::pi * 70 * t));
    }
  }
  const double found = estimate_tempo_bpm(onset_strength(song));
  EXPECT_NEAR(nearest_octave_bpm(found, kBpm) / kBpm, 1.0, 0.02) << found;
}

TEST(Tempo, OfAnotherSongIsNotForgiven) {
  const AudioBuffer clicks = bursts(even_times(0.31, 60.0 / 83, 40), 40);
  const double found = estimate_tempo_bpm(onset_strength(clicks));
  for (const double wrong : {72.0, 100.0, 125.0}) {
    EXPECT_GT(std::fabs(nearest_octave_bpm(found, wrong) / wrong - 1), 0.04) << wrong;
  }
}

TEST(Tempo, IsNoneWhereNothingBegins) {
  EXPECT_EQ(estimate_tempo_bpm(onset_strength(AudioBuffer(1, 441000, 44100))), 0);
}

TEST(Pulse, LiesOnTheStrokesToTheEnd) {
  const double period = 60.0 / 83.7;
  const AudioBuffer clicks = bursts(even_times(0.31, period, 120), 120);
  const Pulse pulse = find_pulse(onset_strength(clicks), 84);
  for (const double t : even_times(0.31, period, 120)) {
    const double beats = (t - pulse.phase_s) / pulse.period_s;
    EXPECT_LT(std::fabs(beats - std::round(beats)) * pulse.period_s, 0.03) << t;
  }
}

TEST(Strokes, AreFoundToAMillisecondOrTwo) {
  std::vector<double> times;
  Rng rng(3, "strokes");
  for (double t = 0.2; t < 18; t += rng.uniform(0.12, 0.6)) times.push_back(t);
  const auto heard = find_strokes(bursts(times, 19, {0.3, 0.1, 0.2}));
  const Matching m = match_strokes(times, times, heard, 0.004);
  EXPECT_EQ(m.found, times.size());
  EXPECT_EQ(m.justified, m.heard);
}

TEST(Strokes, StatedLateOrLeftOutAreCaught) {
  const std::vector<double> times = even_times(0.2, 0.4, 19);
  const auto heard = find_strokes(bursts(times, 19));
  std::vector<double> late = times, half;
  for (double& t : late) t += 0.015;
  for (std::size_t i = 0; i < times.size(); i += 2) half.push_back(times[i]);
  EXPECT_EQ(match_strokes(late, late, heard, 0.010).found, 0U);
  const Matching m = match_strokes(half, half, heard, 0.010);
  EXPECT_EQ(m.found, half.size());
  EXPECT_LT(2 * m.justified, m.heard + 3);
}

TEST(PitchTrack, FollowsAGlideWithinTwentyCents) {
  const auto pitch = [](double t) { return 90 * std::exp2(t / 2); };
  const PitchTrack track = track_pitch(sung(3, pitch));
  for (double t = 0.1; t < 2.9; t += 0.05) {
    EXPECT_LT(std::fabs(cents(static_cast<double>(track.hz_at(t)), pitch(t))), 20) << t;
  }
}

TEST(PitchTrack, StaysInTheOctaveWhenEverySecondPeriodIsLouder) {
  const PitchTrack track = track_pitch(sung(
      2, [](double) { return 120.0; }, 0.15));
  for (double t = 0.1; t < 1.9; t += 0.05) EXPECT_NEAR(track.hz_at(t), 120, 4) << t;
}

TEST(PitchTrack, NoiseIsNotPeriodicAndSilenceHasNoPitch) {
  AudioBuffer audio = testing::noise(2, 44100, 0.1);
  for (std::size_t i = 44100; i < audio.num_frames(); ++i) audio.channel(0)[i] = 0;
  const PitchTrack track = track_pitch(audio);
  std::size_t periodic = 0;
  for (double t = 0.1; t < 0.9; t += 0.01) periodic += track.aperiodicity_at(t) < 0.45F ? 1 : 0;
  EXPECT_LT(periodic, 8U);
  EXPECT_EQ(track.hz_at(1.5), 0.0F);
}

TEST(Chroma, NamesTheTriadThatIsStrummed) {
  const std::vector<std::pair<int, bool>> triads = {
      {40, false}, {45, true}, {38, false}, {47, true}};
  const Chromagram chroma = chromagram(strummed(triads));
  for (std::size_t n = 0; n < triads.size(); ++n) {
    const double t = 2.0 * static_cast<double>(n);
    const Triad found = nearest_triad(chroma.mean(t + 0.12, t + 1.94));
    EXPECT_EQ(found, (Triad{triads[n].first % 12, triads[n].second})) << n << " " << found.label();
  }
}

TEST(Chroma, ReadsHarteLabels) {
  Triad triad;
  ASSERT_TRUE(reduce_to_triad("F#:min7", triad));
  EXPECT_EQ(triad, (Triad{6, true}));
  ASSERT_TRUE(reduce_to_triad("Bb:7", triad));
  EXPECT_EQ(triad, (Triad{10, false}));
  ASSERT_TRUE(reduce_to_triad("Cb", triad));
  EXPECT_EQ(triad, (Triad{11, false}));
  EXPECT_FALSE(reduce_to_triad("E:sus4", triad));
  EXPECT_FALSE(reduce_to_triad("N", triad));
}

TEST(Key, IsHeardInTwelveBars) {
  // I IV V I in G, then i bVI bVII i in E minor.
  Triad key;
  ASSERT_TRUE(estimate_key(
      chromagram(strummed({{43, false}, {48, false}, {50, false}, {43, false}})), {}, key));
  EXPECT_EQ(key, (Triad{7, false}));
  ASSERT_TRUE(estimate_key(chromagram(strummed({{40, true}, {48, false}, {50, false}, {40, true}})),
                           {}, key));
  EXPECT_EQ(key, (Triad{4, true}));
}

TEST(Activity, FindsWhereSomethingSounds) {
  AudioBuffer audio(1, 4 * 44100, 44100);
  audio.add(testing::noise(1, 44100, 0.1), 44100);
  const auto found = find_activity(audio);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].start_s, 1, 0.006);
  EXPECT_NEAR(found[0].end_s, 2, 0.006);
  EXPECT_NEAR(covered(found, 1.5, 2.5), 0.5, 0.01);
  EXPECT_TRUE(find_activity(AudioBuffer(1, 44100, 44100)).empty());
}

}  // namespace
}  // namespace brandiron::experiments::labels
