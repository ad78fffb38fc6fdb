#pragma once

#include <string>
#include <vector>

namespace brandiron::gen {

/// A section of a person's own lyrics.
struct OwnSection {
  std::string label;  ///< intro verse chorus bridge instrumental outro
  std::vector<std::string> lines;
};

struct OwnLyrics {
  std::vector<OwnSection> sections;
  bool tagged = false;             ///< the text says what its sections are
  std::vector<std::string> notes;  ///< what was adapted, a sentence each
};

/// Reads "[Verse]", "Chorus:", "[Bridge]" ... and lines. Without any tag each stanza is a verse. A
/// chorus tag without lines repeats the last chorus; "(x2)" at the end of a line sings it twice.
/// Long lines are cut at commas or between words. Whatever is changed is noted.
/// @throws Error(kInvalidArgument) naming line and remedy: unknown tag, no words at all, not UTF-8,
/// letters that are not Latin, too long.
OwnLyrics parse_own_lyrics(const std::string& text);

/// The words in a form that was asked for as well: sections that the band plays alone come from the
/// form, sung ones in order from the words; a chorus that comes again is sung again.
/// @throws Error(kInvalidArgument) when the two contradict each other, naming both.
void arrange_by_form(OwnLyrics& lyrics, const std::vector<std::string>& form);

}  // namespace brandiron::gen
