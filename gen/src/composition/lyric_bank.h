#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::gen {

/// One way to fill a place in a line.
struct BankOption {
  std::string text;
  int syllables = 0;
  std::string last_word;               ///< normalised
  std::string perfect, family, onset;  ///< rhyme of the last word (phones.h)
};

struct BankList {
  std::string name;  ///< empty for words written in place
  bool sticky = false;
  std::vector<BankOption> options;
};

/// A line with places to fill: indices into `LyricBank::lists`, one after the other.
struct BankTemplate {
  std::string theme;  ///< "any" or a theme
  std::string role;   ///< open body land chorus bridge
  std::vector<std::size_t> pieces;
};

struct BankHook {
  std::string theme;
  BankTemplate title, first, last;
};

/// Where a template can end: the unit of rhyme look-up.
struct BankEnding {
  std::size_t line = 0;    ///< index into `lines`
  std::size_t option = 0;  ///< of the line's last piece
};

/// The project's own words, read once from configs/lyrics. Immutable.
class LyricBank {
 public:
  /// @throws Error(kFormat) naming file and line for text that does not follow the format.
  static const LyricBank& shared();

  std::vector<std::string> themes;
  std::vector<BankList> lists;
  std::vector<BankTemplate> lines;
  std::vector<BankHook> hooks;
  std::vector<std::string> blocked;  ///< phrases that must not appear, normalised
  std::map<std::string, std::vector<BankEnding>> by_perfect, by_family;

  const BankOption& ending(const BankEnding& e) const {
    return lists[lines[e.line].pieces.back()].options[e.option];
  }

 private:
  LyricBank();
  friend class BankReader;
};

/// Lower case words separated by single spaces, punctuation dropped: for comparing phrases.
std::string plain_words(std::string_view text);

/// Syllables of a phrase, by the lexicon.
int count_syllables(std::string_view phrase);

}  // namespace brandiron::gen
