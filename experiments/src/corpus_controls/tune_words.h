#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace brandiron::experiments {

/// What the line of notes [from, to) says in a verse, and which of its notes begin a syllable.
struct VerseLine {
  std::string text;           ///< "" where the verse has no whole words for these notes
  std::vector<bool> slurred;  ///< a note each: sung on to the syllable before
  int places = 0;             ///< notes that begin a syllable
};

/// Empty text for a line that cuts a word, begins within a syllable, has more syllables by our
/// pronunciation than notes, more than a line may have, or a phrase of the blocklist.
VerseLine verse_line(const std::vector<std::string>& verse, std::size_t from, std::size_t to);

/// Whether a line may begin at a note: a word begins there.
bool word_begins(const std::vector<std::string>& verse, std::size_t note);
/// A comma or the like ends the word before the note.
bool phrase_ends_before(const std::vector<std::string>& verse, std::size_t note);
/// Whether more than half of its notes have words or are sung on to some.
bool has_words(const std::vector<std::string>& verse);

}  // namespace brandiron::experiments
