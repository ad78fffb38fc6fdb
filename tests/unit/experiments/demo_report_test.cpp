#include "brandiron/experiments/demo_report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace {

using namespace brandiron;
using namespace brandiron::experiments;
namespace fs = std::filesystem;

constexpr const char* kPayload = "0123456789abcdef";

AudioBuffer plucked(double seconds) {
  constexpr int kRate = 44100;
  AudioBuffer audio(2, static_cast<std::size_t>(seconds * kRate), kRate);
  for (std::size_t c = 0; c < 2; ++c) {
    auto samples = audio.channel(c);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double t = static_cast<double>(i) / kRate;
      samples[i] = static_cast<float>(0.5 * std::exp(-3.0 * std::fmod(t, 0.5)) *
                                      std::sin(2 * 3.14159265 * 220.0 * t));
    }
  }
  return audio;
}

std::string verify_json(bool present, const std::string& payload, double p) {
  return std::string(R"({"schema":"brandiron.verify/1","file":"x","present":)") +
         (present ? "true" : "false") + ",\"p_value\":" + std::to_string(p) +
         ",\"p_threshold\":1e-9,\"payload_valid\":" + (payload.empty() ? "false" : "true") +
         ",\"payload_hex\":" + (payload.empty() ? "null" : "\"" + payload + "\"") +
         R"(,"bit_error_rate":0,"segments":[{"start_s":0,"end_s":10,"p_value":1e-12}]})";
}

/// A folder as scripts/demo.sh leaves it, removed at the end.
class DemoFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("brandiron-demo-" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "song");
    write_audio(folder_ / "song/song.wav", plucked(14.0), {});
    write_file(folder_ / "song/song.json", R"({"schema":"brandiron.song/1","title":"Ash & <Iron>",
      "seed":17,"persona":{"id":"rust-hollow"},"generator":{"version":"0.1.0","git_commit":"abc"},
      "audio":{"file":"song.wav","duration_s":14.0,"integrated_lufs":-9.0,"true_peak_dbtp":-1.0},
      "tempo_bpm":84,"key":"E:maj","meter":"4/4",
      "sections":[{"label":"verse","start_s":0,"end_s":7},{"label":"chorus","start_s":7,"end_s":14}],
      "chords":[{"label":"E:maj","start_s":0,"end_s":7},{"label":"A:min7","start_s":7,"end_s":14}],
      "lyrics":{"lines":[{"text":"hold the line","start_s":1,"end_s":3}],
        "words":[{"text":"hold","line":0,"start_s":1,"end_s":1.5}]},
      "watermark":{"present":true,"payload_hex":"0123456789abcdef","key_fingerprint":"9f2c01ab"}})");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_rows(const std::string& rows) {
    write_file(
        folder_ / "demo.json",
        R"({"schema":"brandiron.demo/1","song":"song/song.json","notes":["offline"],"rows":[)" +
            rows + "]}",
        true);
  }
  static std::string row(const std::string& name, const std::string& expect,
                         const std::string& verify) {
    return R"({"name":")" + name + R"(","kind":"attack","expect":")" + expect +
           R"(","chain":"","note":"","file":"song/song.wav","verify":)" + verify +
           R"(,"detect":{"p_ai":0.97,"verdict":"ai","threshold":{"p_ai":0.83,"fpr":0.01,"n":300}}})";
  }

  fs::path folder_;
};

TEST_F(DemoFolder, ARowIsAsExpectedOnlyWithTheRightPayload) {
  write_rows(row("good", "mark", verify_json(true, kPayload, 0)) + "," +
             row("foreign", "mark", verify_json(true, "ffffffffffffffff", 0)) + "," +
             row("unreadable", "mark", verify_json(true, "", 0)) + "," +
             row("lost", "mark", verify_json(false, "", 0.4)) + "," +
             row("clean", "no-mark", verify_json(false, "", 0.4)) + "," +
             row("false alarm", "no-mark", verify_json(true, kPayload, 0)));
  const Demo demo = read_demo(folder_);
  std::vector<bool> good;
  for (const auto& r : demo.rows) {
    good.push_back(r.as_expected(demo.song.payload_hex));
  }
  EXPECT_EQ(good, (std::vector<bool>{true, false, false, false, true, false}));
  EXPECT_EQ(demo_surprises(demo).size(), 4U);
}

TEST_F(DemoFolder, AnUnansweredRowIsASurprise) {
  write_rows(row("silent", "no-mark", R"({"error":{"code":"io","message":"cannot open"}})"));
  const Demo demo = read_demo(folder_);
  ASSERT_EQ(demo_surprises(demo).size(), 1U);
  EXPECT_NE(demo_surprises(demo)[0].find("cannot open"), std::string::npos);
}

TEST_F(DemoFolder, TheTableFitsAHundredColumns) {
  write_rows(row("a name far longer than any that the demonstration uses", "mark",
                 verify_json(true, kPayload, 0)));
  const std::string table = demo_table(read_demo(folder_), false);
  std::size_t begin = 0;
  for (std::size_t end; (end = table.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 100U);
  }
}

TEST_F(DemoFolder, ThePageStandsAloneAndEscapesItsTexts) {
  write_rows(row("good", "mark", verify_json(true, kPayload, 0)));
  const std::string page = demo_page(read_demo(folder_));
  EXPECT_NE(page.find("Ash &amp; &lt;Iron&gt;"), std::string::npos);
  EXPECT_EQ(page.find("<Iron>"), std::string::npos);
  EXPECT_NE(page.find("data:audio/mpeg;base64,"), std::string::npos);
  EXPECT_NE(page.find("data:image/png;base64,"), std::string::npos);
  EXPECT_NE(page.find(">Am7</span>"), std::string::npos);
  for (const char* outside : {"http://", "https://", "src=\"song", "@import", "url("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST_F(DemoFolder, AMissingSongIsAnInputError) {
  write_rows(row("good", "mark", verify_json(true, kPayload, 0)));
  fs::remove(folder_ / "song/song.wav");
  try {
    demo_page(read_demo(folder_));
    FAIL() << "a page without a song";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
  }
}

TEST_F(DemoFolder, AnotherSchemaIsRefused) {
  write_file(folder_ / "demo.json", R"({"schema":"brandiron.demo/9"})", true);
  try {
    read_demo(folder_);
    FAIL() << "read an unknown schema";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFormat);
  }
}

}  // namespace
