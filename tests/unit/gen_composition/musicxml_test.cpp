#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include <unistd.h>

#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

namespace fs = std::filesystem;

Score song(std::uint64_t seed, const char* groove, const char* key = "") {
  SongSpec spec;
  spec.seed = seed;
  spec.groove = groove;
  spec.key = key;
  spec.duration_s = 60;
  return write_song(spec, load_persona("rust-hollow"), Rng(seed, "song"));
}

/// Elements in the order in which they stand, closing ones too; EXPECTs that they nest.
void expect_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  static const std::regex kTag(R"(<(/?)([a-z-]+)([^>]*?)(/?)>)");
  for (std::sregex_iterator it(xml.begin(), xml.end(), kTag), end; it != end; ++it) {
    if ((*it)[1] == "/") {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), (*it)[2]);
      open.pop_back();
    } else if ((*it)[4] != "/") {
      open.push_back((*it)[2]);
    }
  }
  EXPECT_TRUE(open.empty());
}

/// MIDI pitches of the notes, ties joined.
std::vector<int> pitches_of(const std::string& xml) {
  static const std::map<std::string, int> kSteps = {{"C", 0}, {"D", 2}, {"E", 4}, {"F", 5},
                                                    {"G", 7}, {"A", 9}, {"B", 11}};
  static const std::regex kNote(
      R"(<note><pitch><step>([A-G])</step>(?:<alter>(-?\d)</alter>)?<octave>(\d)</octave></pitch>(.*?)</note>)");
  std::vector<int> pitches;
  for (std::sregex_iterator it(xml.begin(), xml.end(), kNote), end; it != end; ++it) {
    const std::smatch& m = *it;
    if (m[4].str().find("<tie type=\"stop\"/>") != std::string::npos) continue;
    const int alter = m[2].matched ? std::stoi(m[2]) : 0;
    pitches.push_back(12 * (std::stoi(m[3]) + 1) + kSteps.at(m[1]) + alter);
  }
  return pitches;
}

TEST(MusicXml, HoldsTheMelodyNoteForNoteInEveryKeyAndMetre) {
  for (const char* key : {"E:maj", "F:maj", "F#:maj", "Db:maj", "Eb:min", "B:min"}) {
    for (const char* groove : {"stomp", "waltz", "ballad"}) {
      const Score s = song(3, groove, key);
      const std::string xml = score_to_musicxml(s);
      expect_well_formed(xml);
      std::vector<int> wanted;
      for (const VocalNote& n : s.vocal) wanted.push_back(n.pitch);
      EXPECT_EQ(pitches_of(xml), wanted) << key << " " << groove;
    }
  }
}

TEST(MusicXml, EveryMeasureIsFull) {
  for (const char* groove : {"stomp", "waltz", "ballad"}) {
    const Score s = song(5, groove);
    const int full = s.compound ? 24 : 4 * s.beats_per_bar;
    const std::string xml = score_to_musicxml(s);
    static const std::regex kDuration("<duration>(\\d+)</duration>");
    int measures = 0;
    for (std::size_t at = xml.find("<measure"); at != std::string::npos;) {
      const std::size_t end = xml.find("</measure>", at);
      const std::string measure = xml.substr(at, end - at);
      int sum = 0;
      for (std::sregex_iterator it(measure.begin(), measure.end(), kDuration), stop; it != stop;
           ++it) {
        sum += std::stoi((*it)[1]);
      }
      EXPECT_EQ(sum, full) << groove << " measure " << measures + 1;
      ++measures;
      at = xml.find("<measure", end);
    }
    EXPECT_EQ(measures, s.num_bars());
  }
}

TEST(MusicXml, SaysEverySyllableOnceAndEveryChordChange) {
  const Score s = song(8, "stomp");
  const std::string xml = score_to_musicxml(s);
  const auto count = [&](const std::string& what) {
    int n = 0;
    for (std::size_t at = xml.find(what); at != std::string::npos; at = xml.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<lyric "), static_cast<int>(s.syllables.size()));
  EXPECT_EQ(count("<harmony>"), static_cast<int>(s.chords.size()));
  EXPECT_EQ(count("<rehearsal>"), static_cast<int>(s.sections.size()));
}

TEST(MusicXml, NamesThatAreMarkupAreEscaped) {
  SongSpec spec;
  spec.title = "Boots & <Dust> \"Road\"";
  spec.lyrics = "[Verse]\nsalt & <b>bread</b>\n";
  const Score s = write_song(spec, load_persona("rust-hollow"), Rng(1, "song"));
  const std::string xml = score_to_musicxml(s);
  expect_well_formed(xml);
  EXPECT_NE(xml.find("Boots &amp; &lt;Dust&gt;"), std::string::npos);
}

TEST(MusicXml, LilypondReadsEveryNoteAndSyllableBack) {
  if (std::system("command -v musicxml2ly >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "lilypond is not installed";
  }
  const fs::path folder =
      fs::temp_directory_path() / ("brandiron-musicxml-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  for (const char* groove : {"stomp", "waltz", "ballad"}) {
    const Score s = song(4, groove);
    std::ofstream(folder / "s.musicxml") << score_to_musicxml(s);
    const std::string command =
        "cd " + folder.string() + " && musicxml2ly --absolute -o s.ly s.musicxml >said.txt 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << groove;
    std::stringstream ly, said;
    ly << std::ifstream(folder / "s.ly").rdbuf();
    said << std::ifstream(folder / "said.txt").rdbuf();
    EXPECT_EQ(said.str().find("rror"), std::string::npos) << said.str();
    const std::string text = ly.str();
    // The voice: note names with a length; a tie's second half is the same note.
    const std::size_t voice = text.find("PartPOneVoiceOne =");
    const std::size_t voice_end = text.find("PartPOneVoiceOneChords =", voice);
    ASSERT_NE(voice, std::string::npos);
    ASSERT_NE(voice_end, std::string::npos);
    static const std::regex kNote(R"([a-g](?:is|es|s)?[',]*\d*\.*(?:\*[\d/]+)?)");
    std::istringstream tokens(text.substr(voice, voice_end - voice));
    std::size_t notes = 0;
    bool tied = false;
    for (std::string token, before; tokens >> token; before = token) {
      if (token == "~") {
        tied = true;
      } else if (before != "\\key" && std::regex_match(token, kNote)) {
        notes += tied ? 0 : 1;
        tied = false;
      }
    }
    EXPECT_EQ(notes, s.vocal.size()) << groove;
    EXPECT_NE(text.find("\\lyricmode"), std::string::npos);
    const std::size_t words = text.find("\\lyricmode");
    const std::string lyrics = text.substr(words, text.find("\n}", words) - words);
    for (const std::size_t i : {std::size_t{0}, s.words.size() / 2, s.words.size() - 1}) {
      const auto& syllable = s.syllables[static_cast<std::size_t>(s.words[i].first_syllable)].text;
      EXPECT_NE(lyrics.find(syllable), std::string::npos) << syllable;
    }
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace brandiron::gen
