#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/watermark/watermark.h"
#include "brandiron_watermark.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr int kRateHz = 22050;
constexpr int kChannels = 2;
constexpr std::uint64_t kPayload = 0xfeedfacecafebeefULL;

const AudioBuffer& song() {
  static const AudioBuffer audio = synthetic_song(20.0, kRateHz, kChannels);
  return audio;
}

std::vector<float> interleaved(const AudioBuffer& audio) {
  std::vector<float> out(audio.samples().size());
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    for (std::size_t i = 0; i < audio.num_frames(); ++i) {
      out[i * audio.num_channels() + c] = audio.channel(c)[i];
    }
  }
  return out;
}

struct DemoKey {
  DemoKey() { EXPECT_EQ(brandiron_key_demo(&key), BRANDIRON_OK); }
  ~DemoKey() { brandiron_key_free(key); }
  brandiron_key* key = nullptr;
};

struct Reading {
  int status;
  brandiron_verdict verdict{};
};

Reading read_samples(const std::vector<float>& samples, const brandiron_key* key) {
  Reading reading{};
  brandiron_verify_options options;
  brandiron_verify_options_init(&options, sizeof options);
  options.search_warps = 0;
  brandiron_verdicts* verdicts = nullptr;
  reading.status = brandiron_verify(samples.data(), samples.size() / kChannels, kChannels, kRateHz,
                                    &key, 1, &options, &verdicts);
  reading.verdict.struct_size = sizeof reading.verdict;
  if (reading.status == BRANDIRON_OK) {
    EXPECT_EQ(brandiron_verdicts_get(verdicts, 0, &reading.verdict), BRANDIRON_OK);
  }
  brandiron_verdicts_free(verdicts);
  return reading;
}

TEST(CInterface, MarksLikeTheCppInterface) {
  const DemoKey demo;
  AudioBuffer expected = song();
  const EmbedReport cpp = embed(expected, Key::demo(), kPayload);
  std::vector<float> samples = interleaved(song());
  brandiron_embed_report report{};
  report.struct_size = sizeof report;
  ASSERT_EQ(brandiron_embed(samples.data(), song().num_frames(), kChannels, kRateHz, demo.key,
                            kPayload, nullptr, &report),
            BRANDIRON_OK);
  EXPECT_EQ(samples, interleaved(expected));
  EXPECT_EQ(report.snr_db, cpp.snr_db);
  EXPECT_EQ(report.payload_valid, 1);
  EXPECT_EQ(report.struct_size, sizeof report);
  EXPECT_STREQ(report.warning, "");
  const Reading reading = read_samples(samples, demo.key);
  EXPECT_EQ(reading.verdict.present, 1);
  EXPECT_EQ(reading.verdict.payload, kPayload);
  EXPECT_EQ(reading.verdict.num_segments, 2U);
  EXPECT_EQ(std::string(reading.verdict.key_fingerprint), Key::demo().fingerprint());
}

TEST(CInterface, StreamsGiveTheSamplesOfTheWholeBuffer) {
  const DemoKey demo;
  const std::vector<float> samples = interleaved(song());
  std::vector<float> whole = samples;
  ASSERT_EQ(brandiron_embed(whole.data(), song().num_frames(), kChannels, kRateHz, demo.key,
                            kPayload, nullptr, nullptr),
            BRANDIRON_OK);
  brandiron_stream_format format;
  brandiron_stream_format_init(&format, sizeof format);
  format.rate_hz = kRateHz;
  format.num_channels = kChannels;
  format.peak_limit = static_cast<double>(song().peak());
  brandiron_embedder* embedder = nullptr;
  ASSERT_EQ(brandiron_embedder_new(&format, demo.key, kPayload, nullptr, &embedder), BRANDIRON_OK);
  std::vector<float> out, block(777 * kChannels);
  const auto pull = [&](std::size_t frames) {
    std::size_t got = 0;
    EXPECT_EQ(brandiron_embedder_pull(embedder, block.data(), frames, &got), BRANDIRON_OK);
    out.insert(out.end(), block.begin(),
               block.begin() + static_cast<std::ptrdiff_t>(got * kChannels));
    return got;
  };
  for (std::size_t at = 0; at < song().num_frames(); at += 9999) {
    ASSERT_EQ(brandiron_embedder_push(embedder, samples.data() + at * kChannels,
                                      std::min<std::size_t>(9999, song().num_frames() - at)),
              BRANDIRON_OK);
    pull(5);
  }
  brandiron_embed_report report{};
  report.struct_size = sizeof report;
  EXPECT_EQ(brandiron_embedder_report(embedder, &report), BRANDIRON_WRONG_STATE);
  ASSERT_EQ(brandiron_embedder_finish(embedder), BRANDIRON_OK);
  while (pull(777) > 0) {
  }
  EXPECT_EQ(out, whole);
  EXPECT_EQ(brandiron_embedder_report(embedder, &report), BRANDIRON_OK);
  EXPECT_EQ(brandiron_embedder_push(embedder, samples.data(), 1), BRANDIRON_WRONG_STATE);
  EXPECT_EQ(brandiron_embedder_finish(embedder), BRANDIRON_WRONG_STATE);
  brandiron_embedder_free(embedder);

  brandiron_verifier* verifier = nullptr;
  brandiron_key* other = nullptr;
  ASSERT_EQ(brandiron_key_generate(&other), BRANDIRON_OK);
  const brandiron_key* keys[] = {other, demo.key};
  ASSERT_EQ(brandiron_verifier_new(kChannels, kRateHz, keys, 2, nullptr, &verifier), BRANDIRON_OK);
  ASSERT_EQ(brandiron_verifier_push(verifier, out.data(), 100), BRANDIRON_OK);
  ASSERT_EQ(
      brandiron_verifier_push(verifier, out.data() + 100 * kChannels, out.size() / kChannels - 100),
      BRANDIRON_OK);
  brandiron_verdicts* verdicts = nullptr;
  ASSERT_EQ(brandiron_verifier_finish(verifier, &verdicts), BRANDIRON_OK);
  EXPECT_EQ(brandiron_verifier_push(verifier, out.data(), 1), BRANDIRON_WRONG_STATE);
  EXPECT_EQ(brandiron_verdicts_count(verdicts), 2U);
  EXPECT_EQ(brandiron_verdicts_strongest(verdicts), 1U);
  brandiron_segment part{};
  part.struct_size = sizeof part;
  ASSERT_EQ(brandiron_verdicts_payload(verdicts, 1, 0, &part), BRANDIRON_OK);
  EXPECT_EQ(part.payload, kPayload);
  EXPECT_LE(part.p_value, 1e-9);
  ASSERT_EQ(brandiron_verdicts_segment(verdicts, 0, 0, &part), BRANDIRON_OK);
  EXPECT_EQ(part.payload_valid, 0);
  const auto json = nlohmann::json::parse(brandiron_verdicts_json(verdicts, "x.wav"));
  EXPECT_EQ(json["file"], "x.wav");
  EXPECT_EQ(json["marks"].size(), 1U);
  brandiron_verdicts_free(verdicts);
  brandiron_verifier_free(verifier);
  brandiron_key_free(other);
}

TEST(CInterface, SaysWhatIsWrongInsteadOfCrashing) {
  const DemoKey demo;
  std::vector<float> samples(kRateHz * kChannels, 0.1F);
  const auto embed_with = [&](float* from, std::size_t frames, int channels, int rate_hz,
                              const brandiron_key* key) {
    return brandiron_embed(from, frames, channels, rate_hz, key, 1, nullptr, nullptr);
  };
  EXPECT_EQ(embed_with(nullptr, 10, 2, kRateHz, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_NE(std::string(brandiron_last_error()).find("samples"), std::string::npos);
  EXPECT_EQ(embed_with(samples.data(), 10, 2, kRateHz, nullptr), BRANDIRON_BAD_ARGUMENT);
  EXPECT_NE(std::string(brandiron_last_error()).find("key"), std::string::npos);
  EXPECT_EQ(embed_with(samples.data(), 10, 0, kRateHz, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(embed_with(samples.data(), 10, -1, kRateHz, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(embed_with(samples.data(), 10, 65, kRateHz, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(embed_with(samples.data(), 10, 2, 4000, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(embed_with(samples.data(), 10, 2, -1, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(embed_with(samples.data(), SIZE_MAX / 2, 2, kRateHz, demo.key), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(embed_with(nullptr, 0, 2, kRateHz, demo.key), BRANDIRON_OK);

  for (const float bad : {NAN, INFINITY}) {
    std::vector<float> broken = samples;
    broken[777] = bad;
    const std::vector<float> before(broken.begin(), broken.begin() + 777);
    EXPECT_EQ(embed_with(broken.data(), kRateHz, 2, kRateHz, demo.key), BRANDIRON_BAD_ARGUMENT);
    EXPECT_TRUE(std::equal(before.begin(), before.end(), broken.begin())) << "half marked";
    EXPECT_EQ(read_samples(broken, demo.key).status, BRANDIRON_BAD_ARGUMENT);
  }

  brandiron_embed_options options;
  brandiron_embed_options_init(&options, sizeof options);
  options.strength = 9;
  EXPECT_EQ(brandiron_embed(samples.data(), 10, 2, kRateHz, demo.key, 1, &options, nullptr),
            BRANDIRON_BAD_ARGUMENT);
  brandiron_embed_options_init(&options, sizeof options);
  options.effort = 3;
  EXPECT_EQ(brandiron_embed(samples.data(), 10, 2, kRateHz, demo.key, 1, &options, nullptr),
            BRANDIRON_BAD_ARGUMENT);
  options.effort = BRANDIRON_FAST;
  options.struct_size = 0;
  EXPECT_EQ(brandiron_embed(samples.data(), 10, 2, kRateHz, demo.key, 1, &options, nullptr),
            BRANDIRON_BAD_ARGUMENT);
  EXPECT_NE(std::string(brandiron_last_error()).find("struct_size"), std::string::npos);

  brandiron_verdicts* verdicts = nullptr;
  EXPECT_EQ(brandiron_verify(samples.data(), 10, 2, kRateHz, nullptr, 0, nullptr, &verdicts),
            BRANDIRON_BAD_ARGUMENT);
  const brandiron_key* none[] = {nullptr};
  EXPECT_EQ(brandiron_verify(samples.data(), 10, 2, kRateHz, none, 1, nullptr, &verdicts),
            BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(brandiron_verify_file("/nowhere/x.wav", &none[0], 0, nullptr, &verdicts), BRANDIRON_IO);
  EXPECT_EQ(verdicts, nullptr);

  brandiron_key* key = nullptr;
  EXPECT_EQ(brandiron_key_read("/nowhere/key", &key), BRANDIRON_IO);
  EXPECT_EQ(brandiron_key_write(demo.key, "/nowhere/key", 0), BRANDIRON_OUTPUT);
  EXPECT_EQ(key, nullptr);
  EXPECT_EQ(brandiron_key_demo(nullptr), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(brandiron_verdicts_get(nullptr, 0, nullptr), BRANDIRON_BAD_ARGUMENT);
  EXPECT_EQ(brandiron_verdicts_json(nullptr, ""), nullptr);
  EXPECT_EQ(brandiron_embedder_push(nullptr, samples.data(), 1), BRANDIRON_BAD_ARGUMENT);
  brandiron_key_free(nullptr);
  brandiron_embedder_free(nullptr);
  brandiron_verifier_free(nullptr);
  brandiron_verdicts_free(nullptr);
}

TEST(CInterface, TakesStructsOfLaterVersions) {
  // A caller compiled against a header with more fields than this library knows.
  struct Later {
    brandiron_embed_report known;
    char more[64];
  };
  const DemoKey demo;
  std::vector<float> samples = interleaved(song());
  Later report{};
  report.more[0] = 'x';
  report.known.struct_size = sizeof report;
  ASSERT_EQ(brandiron_embed(samples.data(), song().num_frames(), kChannels, kRateHz, demo.key, 1,
                            nullptr, &report.known),
            BRANDIRON_OK);
  EXPECT_GT(report.known.snr_db, 0.0);
  EXPECT_EQ(report.known.struct_size, sizeof report);
  EXPECT_EQ(report.more[0], 'x');
}

TEST(CInterface, FilesAndKeysGoThrough) {
  const auto folder = std::filesystem::temp_directory_path() / "brandiron-c-test";
  std::filesystem::create_directories(folder);
  const std::string in = folder / "in.wav", out = folder / "out.flac", path = folder / "key";
  WriteOptions write;
  write.overwrite = true;
  write_audio(in, song(), write);
  brandiron_key *key = nullptr, *again = nullptr;
  ASSERT_EQ(brandiron_key_generate(&key), BRANDIRON_OK);
  ASSERT_EQ(brandiron_key_write(key, path.c_str(), 1), BRANDIRON_OK);
  ASSERT_EQ(brandiron_key_read(path.c_str(), &again), BRANDIRON_OK);
  char a[BRANDIRON_FINGERPRINT_SIZE], b[BRANDIRON_FINGERPRINT_SIZE];
  ASSERT_EQ(brandiron_key_fingerprint(key, a), BRANDIRON_OK);
  ASSERT_EQ(brandiron_key_fingerprint(again, b), BRANDIRON_OK);
  EXPECT_STREQ(a, b);
  ASSERT_EQ(brandiron_embed_file(in.c_str(), out.c_str(), 1, key, kPayload, nullptr, nullptr),
            BRANDIRON_OK)
      << brandiron_last_error();
  EXPECT_EQ(brandiron_embed_file(in.c_str(), out.c_str(), 0, key, kPayload, nullptr, nullptr),
            BRANDIRON_OUTPUT);
  brandiron_verdicts* verdicts = nullptr;
  const brandiron_key* keys[] = {again};
  ASSERT_EQ(brandiron_verify_file(out.c_str(), keys, 1, nullptr, &verdicts), BRANDIRON_OK);
  brandiron_verdict verdict{};
  verdict.struct_size = sizeof verdict;
  ASSERT_EQ(brandiron_verdicts_get(verdicts, 0, &verdict), BRANDIRON_OK);
  EXPECT_EQ(verdict.payload, kPayload);
  brandiron_verdicts_free(verdicts);
  brandiron_key_free(key);
  brandiron_key_free(again);
  std::filesystem::remove_all(folder);
}

TEST(CInterface, WorksFromSeveralThreadsWithErrorsOfTheirOwn) {
  const DemoKey demo;
  const std::vector<float> plain = interleaved(song());
  std::vector<float> expected = plain;
  ASSERT_EQ(brandiron_embed(expected.data(), song().num_frames(), kChannels, kRateHz, demo.key, 7,
                            nullptr, nullptr),
            BRANDIRON_OK);
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      const bool fresh = std::string(brandiron_last_error()).empty();
      const int wrong_rate = 100 + static_cast<int>(t);
      float sample = 0;
      const bool refused = brandiron_embed(&sample, 1, 1, wrong_rate, demo.key, 1, nullptr,
                                           nullptr) == BRANDIRON_BAD_ARGUMENT;
      std::vector<float> mine = plain;
      const bool marked = brandiron_embed(mine.data(), song().num_frames(), kChannels, kRateHz,
                                          demo.key, 7, nullptr, nullptr) == BRANDIRON_OK &&
                          mine == expected && read_samples(mine, demo.key).verdict.payload == 7;
      const bool own_error =
          std::string(brandiron_last_error()).find(std::to_string(wrong_rate)) != std::string::npos;
      good[t] = fresh && refused && marked && own_error ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 1));
}

TEST(CInterface, NamesItsVersionAndScheme) {
  EXPECT_STREQ(brandiron_scheme(), kScheme);
  EXPECT_NE(std::string(brandiron_version()).find('.'), std::string::npos);
}

}  // namespace
}  // namespace brandiron::watermark
