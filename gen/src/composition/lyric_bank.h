#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::gen {

/// One way to fill a place in a line.
struct BankOption {
  std::string text;
  int syllables = 0;
  std::string beat;                    ///< a letter a syllable: see scansion_faults
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
  std::uint64_t id = 0;  ///< a hash of its text: the same whatever else the bank holds
};

struct BankHook {
  std::string theme;
  BankTemplate title, first, last;
};

/// The project's own words, read once from configs/lyrics: blocklist.txt, book-phrases.txt and
/// every
/// *.txt of the folders slots, verses, choruses and hooks, by name. Lists may stand in any of them;
/// a list that comes again in another file is extended. Immutable.
class LyricBank {
 public:
  /// @throws Error(kFormat) naming file and line for text that does not follow the format.
  static const LyricBank& shared();

  std::vector<std::string> themes;
  std::vector<BankList> lists;
  std::vector<BankTemplate> lines;
  std::vector<BankHook> hooks;
  std::vector<std::string> blocked;       ///< phrases that must not appear, normalised
  std::vector<std::string> book_phrases;  ///< six words that a book has said: not to be copied

 private:
  LyricBank();
  friend class BankReader;
};

/// Lower case words separated by single spaces, punctuation dropped: for comparing phrases.
std::string plain_words(std::string_view text);

/// How often a line stumbles. `beat`: 'x' the stressed syllable of a longer word, '/' a stressed
/// word of one syllable, '.' the rest. A fault is an 'x' beside another stress (the tune can set
/// only one of them on the beat), or four unstressed syllables in a row.
int scansion_faults(std::string_view beat);

/// The beat of a phrase, by the lexicon.
std::string beat_of_phrase(std::string_view phrase);

/// Syllables of a phrase, by the lexicon.
int count_syllables(std::string_view phrase);

}  // namespace brandiron::gen
