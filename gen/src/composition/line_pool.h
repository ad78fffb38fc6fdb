#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "composition/lyric_deal.h"

namespace brandiron::gen {

/// What the next lines must be.
struct LineWish {
  int aim = 10;             ///< syllables
  int slack = 1;            ///< how far from the aim a line may be
  std::uint64_t width = 1;  ///< shares that are drawn from
};

inline constexpr int kShortestLine = 7, kLongestLine = 12;  ///< syllables

/// The lines that a song may still say, by role. Remembers what it has said: no template, no ending
/// word and no phrase of a shared list comes twice.
class LinePool {
 public:
  LinePool(const LyricBank& bank, const std::string& theme, const LyricDeal& deal)
      : bank_(bank), theme_(theme), deal_(deal) {}

  /// Lines of a role that fit the wish and repeat nothing. Pointers stay good until `forget`.
  std::vector<const Filling*> usable(const std::string& role, const LineWish& wish);

  /// Lines of a role that fit the wish, repeat nothing and rhyme with `end`, whoever owns them: for
  /// ends that the song's own share does not meet. Pointers stay good.
  std::vector<const Filling*> rhyming(const std::string& role, const BankOption& end,
                                      const LineWish& wish);

  /// How much a line is worth against others: the theme's own come before those of any theme, lines
  /// that scan before those that stumble.
  double worth(const Filling& filling) const;

  /// True when the text was not said and says nothing that is not to be said.
  bool may_say(const std::string& text) const;
  void use(const Filling& filling, const std::string& text);
  /// True when both fill one shared list alike.
  bool share_a_phrase(const Filling& a, const Filling& b) const;

  /// A very long song runs out of bank: lines may then come again with other words in them.
  void forget();

 private:
  const std::vector<Filling>& dealt(const std::string& role, std::uint64_t width);
  bool is_shared(std::size_t list) const;
  bool belongs(const BankTemplate& t, const std::string& role) const {
    return t.role == role && (t.theme == theme_ || t.theme == "any");
  }
  bool fits(const Filling& filling, const LineWish& wish) const;
  bool repeats(const Filling& filling) const;

  const LyricBank& bank_;
  const std::string& theme_;
  const LyricDeal& deal_;
  std::map<std::pair<std::string, std::uint64_t>, std::vector<Filling>> dealt_;
  /// By role, by rhyme family: where lines can end (template, option of its last list).
  std::map<std::string, std::map<std::string, std::vector<std::pair<std::size_t, std::size_t>>>>
      endings_;
  std::deque<Filling> borrowed_;
  std::set<std::size_t> used_lines_;
  std::set<std::pair<std::size_t, std::size_t>> used_phrases_;  ///< list, option
  std::set<std::string> used_texts_, used_ends_;
};

/// 2 perfect, 1 family, 0 none or the same sound throughout.
int rhyme_grade(const BankOption& a, const BankOption& b);

}  // namespace brandiron::gen
