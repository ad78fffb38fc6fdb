#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "generator_study/human_pack.h"

namespace brandiron::experiments {

/// A melody as (interval from the note before in semitones, duration in ticks), runs of repeated
/// notes taken out: what copying is counted in.
using MelodyTokens = std::vector<std::int64_t>;
MelodyTokens melody_tokens(const Tune& tune);

/// The longest run of tokens that a melody shares with any of a set, in linear time.
///
/// A suffix automaton of the joined set. @see Blumer et al., "The smallest automaton recognizing
/// the subwords of a text", Theoretical Computer Science 40, 1985.
class MelodyIndex {
 public:
  explicit MelodyIndex(const std::vector<MelodyTokens>& melodies);
  std::size_t longest_shared_run(const MelodyTokens& melody) const;

 private:
  struct State {
    std::map<std::int64_t, int> next;
    int link = -1;
    std::size_t length = 0;
  };
  void append(std::int64_t token);

  std::vector<State> states_;
  int last_ = 0;
};

/// Runs of n consecutive words out of books, and the first book that each is in.
class PhraseIndex {
 public:
  PhraseIndex(const std::vector<Poem>& poems, std::size_t words);
  /// The first run of the words that some book holds, "" if none. A book named `except` does not
  /// count.
  std::string shared_phrase(const std::vector<std::string>& words,
                            const std::string& except = "") const;

 private:
  std::size_t words_;
  std::unordered_map<std::string, std::string> book_of_;  ///< "*": several
};

}  // namespace brandiron::experiments
