#include "brandiron/watermark/watermark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "tests/support/test_audio.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr std::uint64_t kPayload = 0x0123456789abcdefULL;

const AudioBuffer& song() {
  static const AudioBuffer audio = synthetic_song(30.0, 44100, 2);
  return audio;
}

const AudioBuffer& marked_song() {
  static const AudioBuffer audio = [] {
    AudioBuffer copy = song();
    embed(copy, Key::demo(), kPayload);
    return copy;
  }();
  return audio;
}

void expect_found(const AudioBuffer& audio, std::uint64_t payload = kPayload) {
  const Verdict verdict = verify(audio, {Key::demo()});
  EXPECT_TRUE(verdict.present) << "p = " << verdict.p_value;
  EXPECT_LE(verdict.p_value, 1e-9);
  EXPECT_TRUE(verdict.payload_valid);
  EXPECT_EQ(verdict.payload, payload);
}

void expect_absent(const Verdict& verdict) {
  EXPECT_FALSE(verdict.present) << "p = " << verdict.p_value;
  EXPECT_FALSE(verdict.payload_valid);
  for (const SegmentVerdict& segment : verdict.segments) EXPECT_FALSE(segment.payload.has_value());
}

TEST(Watermark, IsReadBackFromTheMarkedSong) {
  AudioBuffer audio = song();
  const EmbedReport report = embed(audio, Key::demo(), kPayload);
  EXPECT_TRUE(report.payload_valid);
  EXPECT_LE(report.p_value, 1e-9);
  EXPECT_GT(report.capacity_margin_db, 3.0);
  EXPECT_EQ(report.warning, "");
  expect_found(audio);
}

TEST(Watermark, IsNotFoundInTheUnmarkedTwin) { expect_absent(verify(song(), {Key::demo()})); }

TEST(Watermark, IsNotFoundWithAnotherKey) {
  expect_absent(verify(marked_song(), {Key::generate(), Key::generate()}));
}

TEST(Watermark, StaysFarBelowTheSignalAndKeepsItsLevel) {
  AudioBuffer audio = song();
  const EmbedReport report = embed(audio, Key::demo(), kPayload);
  EXPECT_GT(report.snr_db, 26.0);
  const Loudness before = measure_loudness(song()), after = measure_loudness(audio);
  EXPECT_NEAR(after.integrated_lufs, before.integrated_lufs, 0.1);
}

TEST(Watermark, ReportsTheTrueSignalToMarkRatio) {
  AudioBuffer audio = song();
  const EmbedReport report = embed(audio, Key::demo(), kPayload);
  EXPECT_NEAR(report.snr_db, testing::snr_db(song(), audio), 0.05);
}

TEST(Watermark, NeverRaisesThePeakEvenOfAClippedMaster) {
  AudioBuffer audio = song();
  audio.apply_gain(1.0F / audio.peak());
  for (float& x : audio.samples()) x = std::clamp(x * 2.0F, -0.9F, 0.9F);
  embed(audio, Key::demo(), kPayload);
  EXPECT_LE(audio.peak(), 0.9F);
  expect_found(audio);
}

TEST(Watermark, KeepsTheAudioIdenticalFromRunToRun) {
  AudioBuffer again = song();
  embed(again, Key::demo(), kPayload);
  EXPECT_TRUE(
      std::equal(again.samples().begin(), again.samples().end(), marked_song().samples().begin()));
}

TEST(Watermark, ConformanceNumberOfTheMarkedSongStandsStill) {
  // Moves only with a CHANGELOG line: old marks must stay readable, renders must stay identical.
  AudioBuffer audio = testing::plucked_music(6.0, 44100, 2, 9);
  EmbedOptions options;
  options.read_back = false;
  embed(audio, Key::demo(), kPayload, options);
  EXPECT_EQ(pcm16_sha256(audio).substr(0, 16), "9f27f3b6207f11e4");
}

TEST(Watermark, SurvivesLossyFilesAndPlainEdits) {
  const auto through = [](AudioFormat format, int kbps) {
    WriteOptions options;
    options.bitrate_kbps = kbps;
    const std::string bytes = encode_audio(marked_song(), format, options);
    return read_audio_bytes(bytes, "marked");
  };
  expect_found(through(AudioFormat::kMp3, 128));
  expect_found(through(AudioFormat::kOpus, 64));
  expect_found(through(AudioFormat::kOggVorbis, 64));
  AudioBuffer quiet = marked_song();
  quiet.apply_gain(-0.1F);
  expect_found(quiet);
  expect_found(marked_song().to_mono());
}

TEST(Watermark, IsFoundWhereverTheFileIsCut) {
  for (const std::size_t start : {1UL, 12345UL, 234567UL, 400001UL}) {
    SCOPED_TRACE(start);
    expect_found(marked_song().slice(start, 20UL * 44100 + 77));
  }
}

TEST(Watermark, WorksAtAnyRateAndChannelCount) {
  struct Case {
    int rate_hz;
    std::size_t channels;
  };
  for (const Case c : {Case{8000, 1}, Case{11025, 2}, Case{16000, 1}, Case{22050, 3},
                       Case{32000, 2}, Case{48000, 8}, Case{96000, 2}, Case{192000, 1}}) {
    SCOPED_TRACE(c.rate_hz);
    AudioBuffer audio = testing::plucked_music(20.0, c.rate_hz, c.channels, 7);
    audio.add(testing::noise(20.0, c.rate_hz, 0.02));  // strings alone are sparse at low rates
    const EmbedReport report = embed(audio, Key::demo(), kPayload);
    EXPECT_TRUE(report.payload_valid) << report.warning;
    EXPECT_EQ(audio.num_channels(), c.channels);
    expect_found(audio);
  }
}

TEST(Watermark, CarriesAnyPayload) {
  for (const std::uint64_t payload : {0ULL, ~0ULL, 1ULL, 0x8000000000000000ULL}) {
    AudioBuffer audio = song();
    embed(audio, Key::demo(), payload);
    expect_found(audio, payload);
  }
}

TEST(Watermark, TwoKeysLiveInOneFile) {
  const Key first = Key::generate(), second = Key::generate();
  AudioBuffer audio = song();
  embed(audio, first, 1);
  embed(audio, second, 2);
  const Verdict a = verify(audio, {first}), b = verify(audio, {second});
  EXPECT_TRUE(a.payload_valid && a.payload == 1) << a.p_value;
  EXPECT_TRUE(b.payload_valid && b.payload == 2) << b.p_value;

  const std::vector<Verdict> all = verify_all(audio, {first, Key::generate(), second});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].present && all[0].payload == 1);
  EXPECT_FALSE(all[1].present);
  EXPECT_TRUE(all[2].present && all[2].payload == 2);
  const auto json = nlohmann::json::parse(verdict_json("x", all));
  ASSERT_EQ(json["marks"].size(), 2U);
  EXPECT_EQ(json["marks"][0]["key_fingerprint"], first.fingerprint());
  EXPECT_EQ(json["marks"][1]["payload_hex"], payload_hex(2));
  EXPECT_EQ(json["marks"][1]["segments"].size(), 3U);
}

TEST(Watermark, NamesTheKeyThatAnswers) {
  const Verdict verdict = verify(marked_song(), {Key::generate(), Key::demo(), Key::generate()});
  EXPECT_EQ(verdict.key_fingerprint, Key::demo().fingerprint());
  EXPECT_TRUE(verdict.payload_valid);
}

TEST(Watermark, SegmentsTellTheMarkedPartFromTheRest) {
  // Unmarked, marked, unmarked: 20 s each.
  const AudioBuffer plain = testing::plucked_music(60.0, 44100, 1, 3);
  AudioBuffer middle = plain.slice(20UL * 44100, 20UL * 44100);
  embed(middle, Key::demo(), kPayload);
  AudioBuffer spliced = plain;
  std::copy(middle.samples().begin(), middle.samples().end(),
            spliced.samples().begin() + 20L * 44100);
  const Verdict verdict = verify(spliced, {Key::demo()});
  EXPECT_TRUE(verdict.payload_valid);
  ASSERT_EQ(verdict.segments.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(verdict.segments[i].payload.has_value(), i == 2 || i == 3) << i;
    EXPECT_NEAR(verdict.segments[i].start_s, 10.0 * static_cast<double>(i), 1e-6);
  }
  ASSERT_EQ(verdict.payloads.size(), 1U);
  EXPECT_NEAR(verdict.payloads[0].start_s, 20.0, 1e-6);
  EXPECT_NEAR(verdict.payloads[0].end_s, 40.0, 1e-6);
}

TEST(Watermark, ReadsTwoPayloadsOfASplicedFile) {
  constexpr std::size_t kHalf = 30UL * 44100;
  AudioBuffer audio = testing::plucked_music(60.0, 44100, 1, 4);
  AudioBuffer first = audio.slice(0, kHalf), second = audio.slice(kHalf, kHalf);
  embed(first, Key::demo(), 0xAAAA);
  embed(second, Key::demo(), 0xBBBB);
  std::copy(first.samples().begin(), first.samples().end(), audio.samples().begin());
  std::copy(second.samples().begin(), second.samples().end(), audio.samples().begin() + kHalf);
  VerifyOptions options;
  options.segment_s = 15.0;
  const Verdict verdict = verify(audio, {Key::demo()}, options);
  ASSERT_EQ(verdict.segments.size(), 4U);
  EXPECT_EQ(verdict.segments[0].payload, 0xAAAAU);
  EXPECT_EQ(verdict.segments[1].payload, 0xAAAAU);
  EXPECT_EQ(verdict.segments[2].payload, 0xBBBBU);
  EXPECT_EQ(verdict.segments[3].payload, 0xBBBBU);
  ASSERT_EQ(verdict.payloads.size(), 2U);
  EXPECT_EQ(verdict.payloads[0].payload, 0xAAAAU);
  EXPECT_EQ(verdict.payloads[1].payload, 0xBBBBU);
  EXPECT_NEAR(verdict.payloads[1].start_s, 30.0, 1e-6);
  const auto json = nlohmann::json::parse(verdict_json("x", verdict));
  EXPECT_EQ(json["payloads"][0]["payload_hex"], payload_hex(0xAAAA));
  EXPECT_NEAR(json["payloads"][0]["end_s"].get<double>(), 30.0, 1e-6);
}

TEST(Watermark, WarnsWhenAFileCannotCarryAMark) {
  AudioBuffer silence(2, 44100 * 10, 44100);
  EXPECT_NE(embed(silence, Key::demo(), kPayload).warning.find("silence"), std::string::npos);
  EXPECT_EQ(silence.peak(), 0.0F);

  AudioBuffer whisper = song();
  whisper.apply_gain(1e-4F);
  EXPECT_NE(embed(whisper, Key::demo(), kPayload).warning.find("near silence"), std::string::npos);

  AudioBuffer tone = testing::tone(440.0, 20.0);
  EXPECT_NE(embed(tone, Key::demo(), kPayload).warning, "");

  AudioBuffer brief = song().slice(0, 44100 * 2);
  EXPECT_NE(embed(brief, Key::demo(), kPayload).warning, "");
}

TEST(Watermark, HasNoOpinionOnSilenceTonesAndScraps) {
  for (const AudioBuffer& audio :
       {AudioBuffer(1, 0, 44100), AudioBuffer(1, 1, 44100), AudioBuffer(2, 4410, 44100),
        AudioBuffer(2, 441000, 44100), testing::tone(1000.0, 10.0), testing::noise(10.0)}) {
    const Verdict verdict = verify(audio, {Key::demo()});
    EXPECT_FALSE(verdict.present);
    EXPECT_LE(verdict.p_value, 1.0);
    EXPECT_GT(verdict.p_value, 1e-9);
  }
}

TEST(Watermark, EmbedsInScrapsWithoutHarm) {
  for (const std::size_t frames : {0UL, 1UL, 100UL, 2000UL, 50000UL}) {
    AudioBuffer audio = song().slice(1000, frames);
    const EmbedReport report = embed(audio, Key::demo(), kPayload);
    EXPECT_NE(report.warning, "");
    EXPECT_EQ(audio.num_frames(), frames);
    EXPECT_FALSE(audio.has_non_finite());
  }
}

TEST(Watermark, RefusesLowRatesBadStrengthsAndNaN) {
  AudioBuffer slow(1, 8000, 4000);
  EXPECT_THROW(embed(slow, Key::demo(), 1), Error);
  AudioBuffer audio = song().slice(0, 44100);
  EmbedOptions loud;
  loud.strength = 5;
  EXPECT_THROW(embed(audio, Key::demo(), 1, loud), Error);
  audio.channel(0)[7] = NAN;
  EXPECT_THROW(embed(audio, Key::demo(), 1), Error);
  EXPECT_THROW(verify(audio, {Key::demo()}), Error);
  EXPECT_THROW(verify(song(), {}), Error);
}

TEST(Watermark, StrongerMarksCostMoreAndAnswerLouder) {
  AudioBuffer soft = song(), hard = song();
  EmbedOptions half, twice;
  half.strength = 0.5;
  twice.strength = 2.0;
  const EmbedReport a = embed(soft, Key::demo(), 1, half), b = embed(hard, Key::demo(), 1, twice);
  EXPECT_GT(a.snr_db, b.snr_db + 9.0);
  EXPECT_GT(b.capacity_margin_db, a.capacity_margin_db);
}

TEST(Watermark, MarkerFillsTheRecord) {
  AudioBuffer audio = song();
  const auto marker = make_marker(Key::demo());
  const MarkRecord record = marker->mark(audio, "0123456789abcdef");
  EXPECT_TRUE(record.present);
  EXPECT_EQ(record.scheme, kScheme);
  EXPECT_EQ(record.key_fingerprint, Key::demo().fingerprint());
  EXPECT_EQ(record.payload_hex, "0123456789abcdef");
  EXPECT_GT(record.snr_db, 26.0);
  expect_found(audio);
}

TEST(Watermark, VerdictJsonKeepsTheContract) {
  const auto json =
      nlohmann::json::parse(verdict_json("a \"b\".flac", verify(marked_song(), {Key::demo()})));
  EXPECT_EQ(json["schema"], "brandiron.verify/1");
  EXPECT_EQ(json["file"], "a \"b\".flac");
  EXPECT_EQ(json["present"], true);
  EXPECT_EQ(json["payload_hex"], "0123456789abcdef");
  EXPECT_EQ(json["scheme"], kScheme);
  EXPECT_EQ(json["speed_ratio"], 1.0);
  for (const char* name : {"p_value", "p_threshold", "payload_valid", "key_fingerprint",
                           "bit_error_rate", "pitch_ratio", "segments", "seconds"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  EXPECT_EQ(json["segments"].size(), 3U);
  const auto absent = nlohmann::json::parse(verdict_json("x", verify(song(), {Key::demo()})));
  EXPECT_TRUE(absent["payload_hex"].is_null());
  EXPECT_TRUE(absent["segments"][0]["payload_hex"].is_null());
}

TEST(Watermark, PayloadsAreSixteenHexDigits) {
  EXPECT_EQ(payload_hex(0xabc), "0000000000000abc");
  EXPECT_EQ(parse_payload("0000000000000ABC"), 0xabcU);
  EXPECT_EQ(parse_payload("ffffffffffffffff"), ~0ULL);
  for (const char* bad : {"", "g", "12345678901234567", "0x12", "-1", " 1", "1 "}) {
    EXPECT_THROW(parse_payload(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace brandiron::watermark
