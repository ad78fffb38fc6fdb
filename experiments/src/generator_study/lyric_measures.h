#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/gen/score.h"
#include "generator_study/estimate.h"
#include "generator_study/human_pack.h"

namespace brandiron::experiments {

using WordPair = std::pair<std::string, std::string>;  ///< in alphabetical order

/// A lyric as text: one of our songs or a poem.
struct Lyric {
  std::string title;
  struct Stanza {
    std::string label;  ///< section; "verse" for a poem
    std::vector<std::string> lines;
    std::vector<std::string> rhyme_classes;  ///< as promised; empty for poems
  };
  std::vector<Stanza> stanzas;  ///< a section that comes again with the same words stands once
};

Lyric lyric_of(const gen::Score& score);
Lyric lyric_of(const Poem& poem);

/// Last words of the line pairs that the scheme promises to rhyme: neighbours in their class.
std::vector<WordPair> promised_pairs(const Lyric& lyric);
/// Of a stanza of four lines of a poem: (1,2) and (3,4), or (1,3) and (2,4), or (2,4), whichever
/// rhyme first; empty when none do.
std::vector<WordPair> found_pairs(const std::vector<std::string>& stanza);

/// Perfect or family.
bool is_rhyme(const WordPair& pair);

/// The pairs that the poems rhyme most, commonest first.
std::vector<WordPair> commonest_pairs(const std::vector<Poem>& poems, std::size_t n);

/// Lines as they are compared: lower case words.
std::string plain_line(const std::string& line);

/// For each lyric, how many of its different verse lines another one's verses have too.
std::vector<Part> shared_verse_lines(const std::vector<Lyric>& lyrics,
                                     std::vector<std::string>* examples = nullptr);
/// How many lyrics have a title that another one has too.
Part shared_titles(const std::vector<Lyric>& lyrics, std::vector<std::string>* examples = nullptr);

/// Different pairs of neighbouring words over all such pairs; each line of a lyric once. Stops
/// after `most_words` words (0: never), because the share falls with length.
Part distinct_pairs(const std::vector<Lyric>& lyrics, std::size_t most_words);
std::size_t count_words(const std::vector<Lyric>& lyrics);

}  // namespace brandiron::experiments
