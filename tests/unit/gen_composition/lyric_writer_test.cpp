#include "gen/src/composition/lyric_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/gen/lyric_tools.h"
#include "gen/src/composition/lyric_bank.h"
#include "gen/src/composition/lyric_deal.h"
#include "gen/src/composition/lyric_text.h"

namespace brandiron::gen {
namespace {

/// One choice for each sticky list.
std::map<std::size_t, std::size_t> first_words(const LyricBank& bank) {
  std::map<std::size_t, std::size_t> sticky;
  for (std::size_t l = 0; l < bank.lists.size(); ++l) {
    if (bank.lists[l].sticky) sticky[l] = 0;
  }
  return sticky;
}

WrittenStanzas written(std::uint64_t song, DrawLedger& ledger, const std::string& theme = "") {
  LyricPlan plan;
  plan.theme = theme;
  plan.song = song;
  plan.verse_lines = 8;
  plan.bridge_lines = 4;
  return write_lyrics(plan, {}, Sampler(Rng(song, "words"), ledger));
}

std::vector<std::string> lines_of(const WrittenStanzas& song) {
  std::vector<std::string> lines;
  for (const auto& verse : song.verses) {
    for (const WrittenLine& line : verse) lines.push_back(line.text);
  }
  for (const WrittenLine& line : song.bridge) lines.push_back(line.text);
  return lines;
}

TEST(LyricDeal, EveryWayToFillATemplateBelongsToOneShare) {
  const LyricBank& bank = LyricBank::shared();
  for (const double ways : {1.0, 7.0, 1023.0, 1024.0, 6144.0, 20000.0}) {
    std::vector<int> owners(static_cast<std::size_t>(ways), 0);
    for (std::uint64_t song = 0; song < LyricDeal::kShares; ++song) {
      for (const std::uint64_t n : LyricDeal(bank, song, {}).positions(123456789, ways, 1)) {
        ASSERT_LT(n, owners.size());
        ++owners[n];
      }
    }
    EXPECT_EQ(std::count(owners.begin(), owners.end(), 1), static_cast<long>(ways));
  }
}

TEST(LyricDeal, BorrowingAddsTheSharesThatFollow) {
  const LyricBank& bank = LyricBank::shared();
  const auto sorted = [](std::vector<std::uint64_t> v) {
    std::sort(v.begin(), v.end());
    return v;
  };
  std::vector<std::uint64_t> both = LyricDeal(bank, 5, {}).positions(99, 9000, 1);
  for (const std::uint64_t n : LyricDeal(bank, 6, {}).positions(99, 9000, 1)) both.push_back(n);
  EXPECT_EQ(sorted(both), sorted(LyricDeal(bank, 5, {}).positions(99, 9000, 2)));
  EXPECT_LE(LyricDeal(bank, 5, {}).positions(99, 1e12, 1024).size(), LyricDeal::kMostFillings);
}

TEST(LyricDeal, AFillingSaysWhatItCounts) {
  const LyricBank& bank = LyricBank::shared();
  const LyricDeal deal(bank, 17, first_words(bank));
  int seen = 0;
  for (std::size_t l = 0; l < bank.lines.size(); ++l) {
    std::vector<Filling> fillings;
    deal.add_fillings(l, 1, fillings);
    for (const Filling& filling : fillings) {
      const std::string text = deal.text(filling);
      EXPECT_EQ(filling.syllables, count_syllables(text)) << text;
      const auto words = comparable_words(text);
      EXPECT_EQ(filling.ending->last_word, words.back()) << text;
      ++seen;
    }
  }
  EXPECT_GT(seen, 1000);
}

TEST(LyricBank, HasNoArchaicWord) {
  const std::set<std::string> archaic = {"thee",  "thou",   "thy",   "thine", "o'er",
                                         "ere",   "e'er",   "ne'er", "'twas", "'tis",
                                         "steed", "yonder", "hath",  "doth",  "whence"};
  for (const BankList& list : LyricBank::shared().lists) {
    for (const BankOption& option : list.options) {
      for (const std::string& word : comparable_words(option.text)) {
        EXPECT_FALSE(archaic.contains(word)) << option.text;
      }
    }
  }
}

TEST(LyricBank, LinesCanBeSung) {
  const LyricBank& bank = LyricBank::shared();
  std::size_t lines = 0;
  for (const BankTemplate& t : bank.lines) {
    int shortest = 0, longest = 0;
    for (const std::size_t piece : t.pieces) {
      int least = 99, most = 0;
      for (const BankOption& option : bank.lists[piece].options) {
        least = std::min(least, option.syllables);
        most = std::max(most, option.syllables);
      }
      shortest += least;
      longest += most;
    }
    std::string text;
    for (const std::size_t piece : t.pieces) text += bank.lists[piece].options[0].text + " ";
    EXPECT_LE(shortest, 12) << text;
    EXPECT_GE(longest, 7) << text;
    ++lines;
  }
  EXPECT_GE(lines, 600U);
}

TEST(LyricWriter, SongsOfDifferentSharesHardlyEverSayTheSame) {
  DrawLedger ledger;
  std::map<std::string, int> lines, titles;
  int all = 0, songs = 200;
  for (int song = 1; song <= songs; ++song) {
    const WrittenStanzas text = written(static_cast<std::uint64_t>(song), ledger);
    ++titles[text.title];
    std::set<std::string> here;
    for (const std::string& line : lines_of(text)) {
      EXPECT_TRUE(here.insert(line).second) << "twice in one song: " << line;
      ++lines[line];
      ++all;
    }
  }
  int shared = 0;
  for (const auto& [line, n] : lines) shared += n > 1 ? n : 0;
  EXPECT_LE(shared, all / 50);
  EXPECT_GE(titles.size(), static_cast<std::size_t>(songs - 4));
}

TEST(LyricWriter, PromisedRhymesAreKept) {
  DrawLedger ledger;
  for (const std::string& theme : LyricBank::shared().themes) {
    for (std::uint64_t song = 1; song <= 10; ++song) {
      const WrittenStanzas text = written(song, ledger, theme);
      EXPECT_EQ(text.theme, theme);
      for (const auto& verse : text.verses) {
        std::map<std::string, std::string> last_of;
        for (const WrittenLine& line : verse) {
          const std::string word = comparable_words(line.text).back();
          if (line.rhyme_class.empty()) continue;
          const auto [mate, fresh] = last_of.try_emplace(line.rhyme_class, word);
          if (!fresh) {
            EXPECT_TRUE(rhymes(mate->second, word)) << mate->second << " / " << word;
          }
        }
      }
    }
  }
}

TEST(LyricWriter, EveryWordIsDrawnThroughTheSampler) {
  DrawLedger ledger;
  const WrittenStanzas a = written(3, ledger);
  const DrawLedger::Count words = ledger.of(Draw::kWord);
  EXPECT_GT(words.draws, 20U);
  EXPECT_GT(words.bits, 60.0);
  EXPECT_GE(ledger.of(Draw::kPlan).draws, 3U);  // theme, scheme, length
  DrawLedger again;
  EXPECT_EQ(lines_of(written(3, again)), lines_of(a));
  EXPECT_EQ(again.of(Draw::kWord).draws, words.draws);
  EXPECT_EQ(again.of(Draw::kWord).bits, words.bits);
}

TEST(LyricBank, KnowsWhereALineStumbles) {
  EXPECT_EQ(scansion_faults("./.x./.x"), 0);
  EXPECT_EQ(scansion_faults("./x./"), 1);  // "the old whiskey"
  EXPECT_EQ(scansion_faults("x..x/"), 1);
  EXPECT_EQ(scansion_faults("//./"), 0);  // short words make way
  EXPECT_EQ(scansion_faults("/..../....."), 2);
}

TEST(LyricText, KnowsALineThatSaysAWordOfWeightTwice) {
  for (const char* line :
       {"The rail glowed like a dime on the rail", "Trains call the train home"}) {
    EXPECT_TRUE(repeats_a_word(line)) << line;
  }
  for (const char* line : {"Over and over, more and more", "I went down to the river and sat down",
                           "It rained in the barn, it rained"}) {
    EXPECT_EQ(repeats_a_word(line), std::string(line).starts_with("It rained")) << line;
  }
}

TEST(LyricWriter, NoLineSaysAWordOfWeightTwice) {
  DrawLedger ledger;
  for (std::uint64_t song = 1; song <= 40; ++song) {
    for (const std::string& line : lines_of(written(song, ledger))) {
      EXPECT_FALSE(repeats_a_word(line)) << line;
    }
  }
}

TEST(LyricText, ArticlesAndCommasAreTidied) {
  EXPECT_EQ(tidy_line("a axle and a  hammer"), "An axle and a hammer");
  EXPECT_EQ(join_pieces({"well", ", sir", "'s"}), "well, sir's");
  EXPECT_EQ(title_case("the day of a mule"), "The Day of a Mule");
  EXPECT_TRUE(is_cliche("day", "away"));
  EXPECT_FALSE(is_cliche("day", "clay"));
}

}  // namespace
}  // namespace brandiron::gen
