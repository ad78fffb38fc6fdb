#include "brandiron/watermark/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "tests/support/test_audio.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr std::uint64_t kPayload = 0xfedcba9876543210ULL;

// Noise that swells and fades, different in each channel: cheap to make at any length.
AudioBuffer swelling_noise(double seconds, int rate_hz, std::size_t channels) {
  const auto frames = static_cast<std::size_t>(seconds * rate_hz);
  AudioBuffer audio(channels, frames, rate_hz);
  for (std::size_t c = 0; c < channels; ++c) {
    std::uint32_t state = 77 + static_cast<std::uint32_t>(c);
    double low = 0;
    for (std::size_t i = 0; i < frames; ++i) {
      state = state * 1664525U + 1013904223U;
      const double white = static_cast<double>(state) / 2147483648.0 - 1.0;
      low += 0.15 * (white - low);
      const double swell = static_cast<double>(i * 5 / frames % 2) * 0.2 + 0.1;
      audio.channel(c)[i] = static_cast<float>(swell * (low + 0.1 * white));
    }
  }
  return audio;
}

// Pushes blocks of random sizes, 1 frame among them.
template <typename Push>
void push_in_pieces(const AudioBuffer& audio, std::uint64_t seed, const Push& push) {
  Rng rng(seed, "blocks");
  for (std::size_t at = 0; at < audio.num_frames();) {
    const std::size_t count = rng.chance(0.1) ? 1 : 1 + rng.below(90000);
    push(audio.slice(at, count));
    at += count;
  }
}

void append(std::vector<std::vector<float>>& to, const AudioBuffer& block) {
  for (std::size_t c = 0; c < to.size(); ++c) {
    to[c].insert(to[c].end(), block.channel(c).begin(), block.channel(c).end());
  }
}

std::vector<std::vector<float>> stream_through(const AudioBuffer& audio, std::uint64_t seed,
                                               EmbedReport& report,
                                               const EmbedOptions& options = {}) {
  EmbedStream stream({audio.rate_hz(), audio.num_channels(), audio.num_frames(), audio.peak()},
                     Key::demo(), kPayload, options);
  std::vector<std::vector<float>> out(audio.num_channels());
  push_in_pieces(audio, seed, [&](const AudioBuffer& block) { append(out, stream.push(block)); });
  append(out, stream.finish());
  report = stream.report();
  return out;
}

bool same_samples(const AudioBuffer& a, const std::vector<std::vector<float>>& b) {
  for (std::size_t c = 0; c < b.size(); ++c) {
    if (!std::equal(a.channel(c).begin(), a.channel(c).end(), b[c].begin(), b[c].end())) {
      return false;
    }
  }
  return true;
}

TEST(EmbedStream, GivesTheSamplesOfTheWholeBufferHoweverItIsCut) {
  struct Case {
    int rate_hz;
    std::size_t channels;
    double seconds;
  };
  // Each longer than one chunk with its context, the last ones over several.
  for (const Case c : {Case{44100, 2, 64.3}, Case{8000, 1, 150.01}, Case{11025, 3, 60},
                       Case{48000, 8, 30}, Case{96000, 2, 58}, Case{192000, 1, 55}}) {
    SCOPED_TRACE(c.rate_hz);
    const AudioBuffer audio = swelling_noise(c.seconds, c.rate_hz, c.channels);
    AudioBuffer whole = audio;
    const EmbedReport at_once = embed(whole, Key::demo(), kPayload);
    EXPECT_FALSE(
        std::equal(whole.samples().begin(), whole.samples().end(), audio.samples().begin()));
    EmbedReport streamed;
    EXPECT_TRUE(same_samples(whole, stream_through(audio, 5, streamed)));
    EXPECT_EQ(streamed.p_value, at_once.p_value);
    EXPECT_EQ(streamed.snr_db, at_once.snr_db);
    EXPECT_EQ(streamed.warning, at_once.warning);
  }
}

TEST(EmbedStream, IsCutAsFreelyAtEveryEffort) {
  const AudioBuffer audio = swelling_noise(62, 11025, 1);
  for (const Effort effort : {Effort::kFast, Effort::kBest}) {
    SCOPED_TRACE(static_cast<int>(effort));
    EmbedOptions options;
    options.effort = effort;
    options.read_back = false;
    AudioBuffer whole = audio;
    embed(whole, Key::demo(), kPayload, options);
    EmbedReport report;
    EXPECT_TRUE(same_samples(whole, stream_through(audio, 9, report, options)));
  }
}

TEST(EmbedStream, GivesBackScrapsWhole) {
  for (const std::size_t frames : {1UL, 63UL, 700UL, 1838UL, 44100UL, 44100UL * 43}) {
    SCOPED_TRACE(frames);
    const AudioBuffer audio = swelling_noise(50, 44100, 1).slice(0, frames);
    AudioBuffer whole = audio;
    embed(whole, Key::demo(), kPayload);
    EmbedReport report;
    EXPECT_TRUE(same_samples(whole, stream_through(audio, 6, report)));
  }
}

TEST(EmbedStream, IsNeverLaterThanItsLatency) {
  for (const std::size_t channels : {1UL, 8UL}) {
    const AudioBuffer audio = swelling_noise(70, 16000, channels);
    EmbedStream stream({16000, channels}, Key::demo(), kPayload);
    std::size_t in = 0, out = 0;
    push_in_pieces(audio, 7, [&](const AudioBuffer& block) {
      in += block.num_frames();
      out += stream.push(block).num_frames();
      EXPECT_LE(in, out + stream.latency_frames());
    });
    EXPECT_GT(out, 0U);
    EXPECT_EQ(out + stream.finish().num_frames(), in);
    EXPECT_LT(static_cast<double>(stream.latency_frames()), 54.0 * 16000);
  }
}

TEST(EmbedStream, KeepsUnderItsLimitUnlessTheAudioItselfIsOver) {
  AudioBuffer audio = swelling_noise(60, 22050, 1);
  audio.apply_gain(0.9F / audio.peak());
  StreamFormat format{22050, 1};
  format.peak_limit = 0.9F;
  const auto peak_of = [&] {
    EmbedStream stream(format, Key::demo(), kPayload);
    float peak = stream.push(audio).peak();
    return std::max(peak, stream.finish().peak());
  };
  EXPECT_LE(peak_of(), 0.9F);
  format.peak_limit = 0.5F;
  EXPECT_LE(peak_of(), 0.9F);
  format.peak_limit = 2.0F;
  EXPECT_GT(peak_of(), 0.9F);
}

TEST(EmbedStream, ReadsBackAMinuteAndReportsTheMargin) {
  const AudioBuffer audio = synthetic_song(30.0, 22050, 1);
  EmbedStream stream({22050, 1}, Key::demo(), kPayload);
  stream.push(audio);
  stream.finish();
  EXPECT_TRUE(stream.report().payload_valid);
  EXPECT_GT(stream.report().capacity_margin_db, 0.0);
  EXPECT_EQ(stream.report().warning, "");

  EmbedStream silent({22050, 1}, Key::demo(), kPayload);
  silent.push(AudioBuffer(1, 22050 * 10, 22050));
  silent.finish();
  EXPECT_NE(silent.report().warning.find("silence"), std::string::npos);
}

TEST(EmbedStream, RefusesOtherShapesThanPromised) {
  EXPECT_THROW(EmbedStream({4000, 1}, Key::demo(), 1), Error);
  EXPECT_THROW(EmbedStream({44100, 0}, Key::demo(), 1), Error);
  EmbedStream stream({44100, 2}, Key::demo(), 1);
  EXPECT_THROW(stream.push(AudioBuffer(1, 10, 44100)), Error);
  EXPECT_THROW(stream.push(AudioBuffer(2, 10, 48000)), Error);
  AudioBuffer bad(2, 10, 44100);
  bad.channel(1)[3] = NAN;
  EXPECT_THROW(stream.push(bad), Error);
}

TEST(VerifyStream, GivesTheVerdictOfTheWholeBufferHoweverItIsCut) {
  AudioBuffer audio = synthetic_song(40.0, 22050, 2);
  embed(audio, Key::demo(), kPayload);
  const std::vector<Key> keys = {Key::generate(), Key::demo()};
  VerifyOptions options;
  options.search_warps = false;
  VerifyStream stream(22050, 2, keys, options);
  push_in_pieces(audio, 8, [&](const AudioBuffer& block) { stream.push(block); });
  const std::vector<Verdict> pieces = stream.finish(), whole = verify_all(audio, keys, options);
  ASSERT_EQ(pieces.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(pieces[k].p_value, whole[k].p_value);
    EXPECT_EQ(pieces[k].full_z, whole[k].full_z);
    EXPECT_EQ(pieces[k].segments.size(), whole[k].segments.size());
    EXPECT_EQ(pieces[k].key_fingerprint, keys[k].fingerprint());
  }
  EXPECT_FALSE(pieces[0].present);
  EXPECT_TRUE(pieces[1].payload_valid);
}

TEST(VerifyStream, FindsAMinuteOfMarkAtTheEndOfAnHour) {
  // Fifteen minutes stand for the hour: three chapters, the mark in the last one.
  constexpr int kRateHz = 16000;
  AudioBuffer song = synthetic_song(60.0, kRateHz, 1);
  AudioBuffer marked = song;
  embed(marked, Key::demo(), kPayload);
  VerifyOptions options;
  options.search_warps = false;
  VerifyStream stream(kRateHz, 1, {Key::demo()}, options);
  for (int i = 0; i < 14; ++i) stream.push(song);
  stream.push(marked);
  const Verdict verdict = stream.finish().front();
  EXPECT_TRUE(verdict.present);
  EXPECT_TRUE(verdict.payload_valid);
  EXPECT_EQ(verdict.payload, kPayload);
  ASSERT_FALSE(verdict.segments.empty());
  EXPECT_EQ(verdict.segments.front().start_s, 0.0);
  EXPECT_NEAR(verdict.segments.back().end_s, 900.0, 1e-6);
  for (std::size_t i = 1; i < verdict.segments.size(); ++i) {
    EXPECT_NEAR(verdict.segments[i].start_s, verdict.segments[i - 1].end_s, 1e-6);
  }
  ASSERT_FALSE(verdict.payloads.empty());
  EXPECT_GE(verdict.payloads.front().start_s, 830.0);
  EXPECT_NEAR(verdict.payloads.back().end_s, 900.0, 1e-6);

  // Three chapters were hypotheses: the bound of the marked minute is three times larger at least.
  const Verdict alone = verify(marked, {Key::demo()}, options);
  EXPECT_GT(verdict.p_value, 3.0 * alone.p_value * 0.999);
}

TEST(VerifyStream, RefusesOtherShapesThanPromised) {
  EXPECT_THROW(VerifyStream(0, 1, {Key::demo()}), Error);
  EXPECT_THROW(VerifyStream(44100, 0, {Key::demo()}), Error);
  EXPECT_THROW(VerifyStream(44100, 1, {}), Error);
  VerifyStream stream(44100, 1, {Key::demo()});
  EXPECT_THROW(stream.push(AudioBuffer(2, 10, 44100)), Error);
}

TEST(FileForms, GiveWhatTheBufferFormsGive) {
  const auto folder = std::filesystem::temp_directory_path() / "brandiron-stream-test";
  std::filesystem::create_directories(folder);
  AudioBuffer audio = synthetic_song(20.0, 32000, 2);
  WriteOptions write;
  write.sample_format = SampleFormat::kPcm24;
  write.overwrite = true;
  write_audio(folder / "in.wav", audio, write);
  audio = read_audio(folder / "in.wav");
  const EmbedReport by_file =
      embed_file(folder / "in.wav", folder / "out.flac", Key::demo(), kPayload, {}, write);
  const EmbedReport by_buffer = embed(audio, Key::demo(), kPayload);
  write_audio(folder / "expected.flac", audio, write);
  const AudioBuffer found = read_audio(folder / "out.flac");
  const AudioBuffer expected = read_audio(folder / "expected.flac");
  EXPECT_TRUE(std::equal(found.samples().begin(), found.samples().end(), expected.samples().begin(),
                         expected.samples().end()));
  EXPECT_EQ(by_file.snr_db, by_buffer.snr_db);
  EXPECT_EQ(by_file.p_value, by_buffer.p_value);

  const Verdict streamed = verify_file(folder / "out.flac", {Key::demo()}).front();
  EXPECT_EQ(streamed.p_value, verify(found, {Key::demo()}).p_value);
  EXPECT_EQ(streamed.payload, kPayload);
  EXPECT_THROW(verify_file(folder / "missing.wav", {Key::demo()}), Error);
  EXPECT_THROW(embed_file(folder / "in.wav", folder / "out.flac", Key::demo(), 1), Error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace brandiron::watermark
