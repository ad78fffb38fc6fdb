#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <unistd.h>

#include "brandiron/gen/performance.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

namespace fs = std::filesystem;

Score song(std::uint64_t seed, const char* groove = "") {
  SongSpec spec;
  spec.seed = seed;
  spec.groove = groove;
  return write_song(spec, load_persona("rust-hollow"), Rng(seed, "song"));
}

bool has_tool(const char* name) {
  return std::system((std::string("command -v ") + name + " >/dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  if (pipe != nullptr) pclose(pipe);
  return text;
}

class Exports : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("brandiron-export-" + std::to_string(::getpid()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string save(const std::string& name, const std::string& bytes) const {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  fs::path folder_;
};

/// (ticks, pitch) of the note-ons of the track called `name` in mftext's listing, and the lyrics.
struct MidiText {
  std::vector<int> pitches;
  std::vector<double> starts;
  int lyrics = 0, markers = 0;
};

MidiText read_mftext(const std::string& listing, const std::string& track) {
  MidiText midi;
  std::istringstream lines(listing);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("Track start") != std::string::npos) inside = false;
    if (line.find("<" + track + ">") != std::string::npos) inside = true;
    if (line.find("type=0x06") != std::string::npos) ++midi.markers;
    if (inside && line.find("type=0x05") != std::string::npos) ++midi.lyrics;
    std::smatch m;
    static const std::regex kNote(R"(Time=(\d+)\s+Note on, chan=\d+ pitch=(\d+) vol=[1-9])");
    if (inside && std::regex_search(line, m, kNote)) {
      midi.starts.push_back(std::stod(m[1]));
      midi.pitches.push_back(std::stoi(m[2]));
    }
  }
  return midi;
}

TEST_F(Exports, MidiStartsWithTheChunksOfTheStandard) {
  PartNotes guitar{"guitar", false, 25, {{0.5, 1.0, 52, 90}, {1.0, 1.5, 55, 80}}};
  PartNotes stomp{"stomp", true, 0, {{0.0, 0.1, 36, 100}}};
  const std::string midi = score_to_midi(song(1), {guitar, stomp});
  EXPECT_EQ(midi.substr(0, 4), "MThd");
  EXPECT_EQ(midi[9], 1);   // type 1
  EXPECT_EQ(midi[11], 4);  // conductor, voice, two parts
  std::size_t tracks = 0, at = 14;
  while (at + 8 <= midi.size()) {
    ASSERT_EQ(midi.substr(at, 4), "MTrk");
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) {
      length =
          length * 256 + static_cast<unsigned char>(midi[at + 4 + static_cast<std::size_t>(i)]);
    }
    at += 8 + length;
    EXPECT_EQ(midi.substr(at - 3, 3), std::string("\xff\x2f\x00", 3));
    ++tracks;
  }
  EXPECT_EQ(at, midi.size());
  EXPECT_EQ(tracks, 4u);
}

TEST_F(Exports, MftextReadsBackEveryNoteLyricAndMarker) {
  if (!has_tool("mftext")) GTEST_SKIP() << "abcmidi is not installed";
  for (const char* groove : {"stomp", "waltz", "ballad"}) {
    const Score s = song(4, groove);
    const MidiText midi =
        read_mftext(output_of("mftext " + save("s.mid", score_to_midi(s, {}))), "lead vocal");
    ASSERT_EQ(midi.pitches.size(), s.vocal.size()) << groove;
    EXPECT_EQ(midi.lyrics, static_cast<int>(s.syllables.size()));
    EXPECT_EQ(midi.markers, static_cast<int>(s.sections.size()));
    for (std::size_t n = 0; n < s.vocal.size(); ++n) EXPECT_EQ(midi.pitches[n], s.vocal[n].pitch);
  }
}

TEST_F(Exports, Abc2midiAcceptsTheLeadSheet) {
  if (!has_tool("abc2midi")) GTEST_SKIP() << "abcmidi is not installed";
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const char* grooves[] = {"stomp", "waltz", "ballad", "train"};
    const Score s = song(seed, grooves[seed % 4]);
    const std::string abc = save("s.abc", score_to_abc(s));
    const std::string said = output_of("abc2midi " + abc + " -o " + (folder_ / "s.mid").string());
    EXPECT_EQ(said.find("Error in line"), std::string::npos) << said.substr(0, 600);
    // Bars that the band plays alone have no words: that warning is right, any other is not.
    std::istringstream warnings(said);
    for (std::string line; std::getline(warnings, line);) {
      if (line.find("Warning") == std::string::npos) continue;
      EXPECT_NE(line.find("Line of music without lyrics"), std::string::npos) << line;
    }
    EXPECT_TRUE(fs::exists(folder_ / "s.mid"));
  }
}

TEST_F(Exports, TheLeadSheetPlaysTheMelodyOfTheScore) {
  if (!has_tool("abc2midi") || !has_tool("mftext")) GTEST_SKIP() << "abcmidi is not installed";
  for (const char* groove : {"stomp", "waltz", "ballad"}) {
    const Score s = song(7, groove);
    // Chords muted: only the tune is played.
    std::string abc = score_to_abc(s);
    abc.insert(abc.find("K:"), "%%MIDI gchordoff\n");
    const std::size_t key_end = abc.find('\n', abc.find("K:"));
    abc.insert(key_end + 1, "%%MIDI gchordoff\n");
    output_of("abc2midi " + save("s.abc", abc) + " -o " + (folder_ / "s.mid").string());
    const std::string listing = output_of("mftext " + (folder_ / "s.mid").string());
    std::vector<int> pitches;
    std::istringstream lines(listing);
    static const std::regex kNote(R"(Note on, chan=\d+ pitch=(\d+) vol=[1-9])");
    for (std::string line; std::getline(lines, line);) {
      std::smatch m;
      if (std::regex_search(line, m, kNote)) pitches.push_back(std::stoi(m[1]));
    }
    ASSERT_EQ(pitches.size(), s.vocal.size()) << groove;
    for (std::size_t n = 0; n < pitches.size(); ++n) EXPECT_EQ(pitches[n], s.vocal[n].pitch) << n;
  }
}

TEST_F(Exports, LrcTimesRiseAndHoldEveryWord) {
  const Score s = song(3);
  const std::string lrc = score_to_lrc(s);
  static const std::regex kTime(R"(<(\d\d):(\d\d)\.(\d\d)> ([^<\]\n]+))");
  double before = -1;
  std::size_t words = 0;
  for (std::sregex_iterator it(lrc.begin(), lrc.end(), kTime), end; it != end; ++it) {
    const double t = 60 * std::stod((*it)[1]) + std::stod((*it)[2]) + std::stod((*it)[3]) / 100;
    EXPECT_GT(t, before);
    before = t;
    ++words;
  }
  EXPECT_EQ(words, s.words.size());
}

TEST_F(Exports, LyricsTextHasTitleHeadingsAndEveryLine) {
  const Score s = song(3);
  const std::string text = score_to_lyrics(s);
  EXPECT_TRUE(text.starts_with(s.title + "\n"));
  EXPECT_NE(text.find("[Chorus]"), std::string::npos);
  for (const Line& line : s.lines) EXPECT_NE(text.find(line.text + "\n"), std::string::npos);
}

}  // namespace
}  // namespace brandiron::gen
