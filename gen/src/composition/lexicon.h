#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "phones.h"  // beside this file: the tests include it from outside

namespace brandiron::gen {

/// Words to phones. The hand lexicon (configs/lyrics/lexicon.tsv) first, then CMUdict as Debian's
/// pocketsphinx-en-us ships it with flite's stress, compiled once into the cache folder, then
/// spelling rules, then flite's letter-to-sound rules. Thread safe after construction.
class Lexicon {
 public:
  /// The shared instance; opened at the first call. @throws Error(kUnsupported) when the dictionary
  /// is not installed.
  static const Lexicon& shared();

  /// Never empty and never without a vowel, whatever the spelling.
  Phones phones(std::string_view word) const;
  /// As above, but empty when neither the hand lexicon nor the dictionary nor a rule knows the
  /// word.
  Phones known(std::string_view word) const;

  ~Lexicon();

 private:
  Lexicon();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Lower case ASCII letters, digits, apostrophe and hyphen: accents are dropped ("café" -> "cafe"),
/// curly apostrophes straightened, everything else removed.
std::string normalise_word(std::string_view word);

/// "1973" -> {"nineteen", "seventy", "three"}; "18" -> {"eighteen"}; long runs are read digit by
/// digit. @pre all characters are digits.
std::vector<std::string> number_words(std::string_view digits);

/// Articles, pronouns, prepositions, auxiliaries: sung without stress whatever the dictionary says.
bool is_function_word(std::string_view word);

}  // namespace brandiron::gen
