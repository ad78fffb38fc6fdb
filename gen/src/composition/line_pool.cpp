#include "composition/line_pool.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "composition/lyric_hook.h"
#include "composition/lyric_text.h"

namespace brandiron::gen {

bool LinePool::is_shared(std::size_t list) const {
  return !bank_.lists[list].name.empty() && !bank_.lists[list].sticky;
}

const std::vector<Filling>& LinePool::dealt(const std::string& role, std::uint64_t width) {
  const auto [entry, fresh] = dealt_.try_emplace({role, width});
  if (fresh) {
    for (std::size_t l = 0; l < bank_.lines.size(); ++l) {
      if (belongs(bank_.lines[l], role)) deal_.add_fillings(l, width, entry->second);
    }
  }
  return entry->second;
}

bool LinePool::repeats(const Filling& filling) const {
  if (used_lines_.contains(filling.line) || used_ends_.contains(filling.ending->last_word)) {
    return true;
  }
  const std::vector<std::size_t>& pieces = bank_.lines[filling.line].pieces;
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    if (!is_shared(pieces[p])) continue;
    if (used_phrases_.contains({pieces[p], filling.choices[p]})) return true;
    for (std::size_t q = 0; q < p; ++q) {
      if (pieces[q] == pieces[p] && filling.choices[q] == filling.choices[p]) return true;
    }
  }
  return false;
}

bool LinePool::fits(const Filling& filling, const LineWish& wish) const {
  const int n = filling.syllables;
  return n >= kShortestLine && n <= kLongestLine && std::abs(n - wish.aim) <= wish.slack &&
         !repeats(filling);
}

std::vector<const Filling*> LinePool::usable(const std::string& role, const LineWish& wish) {
  std::vector<const Filling*> lines;
  for (const Filling& filling : dealt(role, wish.width)) {
    if (fits(filling, wish)) lines.push_back(&filling);
  }
  return lines;
}

std::vector<const Filling*> LinePool::rhyming(const std::string& role, const BankOption& end,
                                              const LineWish& wish) {
  constexpr std::uint64_t kEach = 4;
  const auto [entry, fresh] = endings_.try_emplace(role);
  for (std::size_t l = 0; fresh && l < bank_.lines.size(); ++l) {
    if (!belongs(bank_.lines[l], role)) continue;
    const BankList& last = bank_.lists[bank_.lines[l].pieces.back()];
    for (std::size_t o = 0; o < last.options.size(); ++o) {
      entry->second[last.options[o].family].emplace_back(l, o);
    }
  }
  std::vector<const Filling*> lines;
  const auto found = entry->second.find(end.family);
  if (found == entry->second.end()) return lines;
  std::vector<Filling> fillings;
  for (const auto& [line, option] : found->second) {
    const BankOption& last = bank_.lists[bank_.lines[line].pieces.back()].options[option];
    if (used_lines_.contains(line) || used_ends_.contains(last.last_word) ||
        rhyme_grade(last, end) == 0) {
      continue;
    }
    deal_.add_ending(line, option, kEach, fillings);
  }
  for (Filling& filling : fillings) {
    if (!fits(filling, wish)) continue;
    borrowed_.push_back(std::move(filling));
    lines.push_back(&borrowed_.back());
  }
  return lines;
}

double LinePool::worth(const Filling& filling) const {
  constexpr std::array<double, 4> kStumbling = {1.0, 0.12, 0.015, 0.002};
  const auto faults = static_cast<std::size_t>(std::min(filling.faults, 3));
  return (bank_.lines[filling.line].theme == theme_ ? 1.0 : 0.2) * kStumbling[faults];
}

bool LinePool::may_say(const std::string& text) const {
  return !used_texts_.contains(text) && !repeats_a_word(text) && may_be_said(bank_, text);
}

void LinePool::use(const Filling& filling, const std::string& text) {
  used_lines_.insert(filling.line);
  used_texts_.insert(text);
  used_ends_.insert(filling.ending->last_word);
  const std::vector<std::size_t>& pieces = bank_.lines[filling.line].pieces;
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    if (is_shared(pieces[p])) used_phrases_.insert({pieces[p], filling.choices[p]});
  }
}

bool LinePool::share_a_phrase(const Filling& a, const Filling& b) const {
  const std::vector<std::size_t>& of_a = bank_.lines[a.line].pieces;
  const std::vector<std::size_t>& of_b = bank_.lines[b.line].pieces;
  for (std::size_t p = 0; p < of_a.size(); ++p) {
    for (std::size_t q = 0; q < of_b.size(); ++q) {
      if (of_a[p] == of_b[q] && is_shared(of_a[p]) && a.choices[p] == b.choices[q]) return true;
    }
  }
  return false;
}

void LinePool::forget() {
  used_lines_.clear();
  used_phrases_.clear();
  used_ends_.clear();
}

int rhyme_grade(const BankOption& a, const BankOption& b) {
  if (a.last_word == b.last_word || (a.perfect == b.perfect && a.onset == b.onset)) return 0;
  if (a.perfect == b.perfect) return 2;
  return a.family == b.family ? 1 : 0;
}

}  // namespace brandiron::gen
