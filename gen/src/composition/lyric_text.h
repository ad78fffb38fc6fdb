#pragma once

#include <string>
#include <vector>

namespace brandiron::gen {

/// True when the words rhyme: perfect or family, and not the same sound throughout.
bool rhymes(const std::string& word_a, const std::string& word_b);

/// Rhyme pairs so worn that they are drawn less often, both ways round.
bool is_cliche(const std::string& word_a, const std::string& word_b);

/// True when a line says a word of weight twice ("the rail glowed like a dime on the rail"): words
/// of four letters and more that are no function words, plural or not.
bool repeats_a_word(const std::string& line);

/// Pieces of a line with single spaces between them; none before a comma or an apostrophe.
std::string join_pieces(const std::vector<std::string>& pieces);

/// "a axle" -> "an axle", first letter capital, spaces before commas removed.
std::string tidy_line(const std::string& text);

/// Title case as record sleeves have it.
std::string title_case(const std::string& text);

}  // namespace brandiron::gen
