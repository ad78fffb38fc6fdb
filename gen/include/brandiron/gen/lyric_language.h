#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::gen {

/// A poem as the books of ../shared/data/symbolic/lyrics print it.
struct LyricPoem {
  std::string book, title;
  std::vector<std::vector<std::string>> stanzas;  ///< of lines
};

/// "# TITLE" opens a poem, a blank line a stanza. Poems without a line are left out.
/// @throws Error(kIo) when the file cannot be read.
std::vector<LyricPoem> read_lyric_book(const std::filesystem::path& path);

/// A line and what a writer knows of it before its words.
struct PlacedLine {
  std::string text;
  int line = 0;        ///< of the stanza, from 0
  int lines_left = 0;  ///< after it in the stanza
  std::string mate;    ///< last word of the earlier line it has to rhyme with; "" none
};

/// The inputs of the lyric model at each step.
enum class LyricInput { kWord, kLeft, kLine, kLinesLeft, kRhyme };
inline constexpr std::size_t kLyricInputs = 5;
inline constexpr std::array<const char*, kLyricInputs> kLyricInputNames = {"word", "left", "line",
                                                                           "lines_left", "rhyme"};

/// One step: what is known, and the token that comes then.
struct LyricStep {
  std::array<int, kLyricInputs> inputs{};
  int target = 0;
};

/// How the lyric model reads: lines from their last word to their first, so that the rhyme comes
/// first, each closed by a boundary. A step knows the token before, the syllables that are left in
/// the line, the line's place in its stanza and, before the first word, the rhyme it has to meet.
///
/// Immutable and thread safe.
class LyricLanguage {
 public:
  static constexpr int kStanza = 0, kLine = 1, kUnknown = 2;  ///< tokens; words follow
  static constexpr int kFree = 0, kRareRhyme = 1;             ///< rhymes; known keys follow
  static constexpr int kMostSyllables = 20, kMostLines = 8;   ///< larger counts are cut to these

  /// @throws Error(kModel) for an empty or repeated word or key.
  LyricLanguage(std::vector<std::string> words, std::vector<std::string> rhymes);
  /// The words of `poems` from the most frequent on, up to `most_words` of at least
  /// `least_count`, and the rhyme keys that at least `least_rhymes` mates ask for.
  static LyricLanguage learn(std::span<const LyricPoem> poems, std::size_t most_words,
                             int least_count, int least_rhymes);

  const std::vector<std::string>& words() const { return words_; }
  const std::vector<std::string>& rhymes() const { return rhymes_; }
  int num_tokens() const { return kUnknown + 1 + static_cast<int>(words_.size()); }
  int num_rhymes() const { return kRareRhyme + 1 + static_cast<int>(rhymes_.size()); }
  /// Number of values of an input.
  int size_of(LyricInput input) const;

  /// Token of a word as `comparable_words` has it.
  int token(std::string_view word) const;
  int rhyme(std::string_view mate) const;

  /// Steps of lines that follow one another, each with its boundary; lines without a word are
  /// skipped. `before`: the token before the first.
  std::vector<LyricStep> read(std::span<const PlacedLine> lines, int before = kStanza) const;

  /// The stanza's lines with their places; a line's mate is the nearest of the four lines before it
  /// that it rhymes with, perfectly or by family.
  static std::vector<PlacedLine> place(std::span<const std::string> stanza);

 private:
  std::vector<std::string> words_, rhymes_;
  std::map<std::string, int, std::less<>> token_of_, rhyme_of_;
};

}  // namespace brandiron::gen
