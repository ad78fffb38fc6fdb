#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lyric_bank.h"  // beside this file: the tests include it from outside

namespace brandiron::gen {

/// A template with every place filled.
struct Filling {
  std::size_t line = 0;              ///< index into `LyricBank::lines`
  std::vector<std::size_t> choices;  ///< of each piece
  int syllables = 0;
  int faults = 0;  ///< of its scansion
  const BankOption* ending = nullptr;
};

/// Deals the ways to fill templates to songs: each belongs to one of kShares shares, each song owns
/// one, so that songs of different shares never say the same unless they borrow. Templates with
/// fewer ways than there are shares come to as many songs as they have ways.
class LyricDeal {
 public:
  static constexpr std::uint64_t kShares = 1024;
  /// Lines of one theme go to fewer shares: only the songs of that theme can meet.
  static constexpr std::uint64_t kThemeShares = 128;
  /// Fillings of one template that a song considers at a time.
  static constexpr std::size_t kMostFillings = 24;

  /// `sticky`: what the song chose for each sticky list.
  LyricDeal(const LyricBank& bank, std::uint64_t song, std::map<std::size_t, std::size_t> sticky);

  /// Ways to fill the lists, each distinct one counted once; sticky lists are chosen already.
  double ways(const std::vector<std::size_t>& pieces) const;

  /// Numbers below `ways` that the song owns of `shares` when it takes its own share and the
  /// `width` - 1 after it, at most kMostFillings.
  std::vector<std::uint64_t> positions(std::uint64_t id, double ways, std::uint64_t width,
                                       std::uint64_t shares = kShares) const;

  /// The choices that a number stands for, one a piece.
  std::vector<std::size_t> choices(const std::vector<std::size_t>& pieces,
                                   std::uint64_t number) const;

  /// The song's fillings of a template within `width` shares.
  void add_fillings(std::size_t line, std::uint64_t width, std::vector<Filling>& to) const;

  /// Fillings of a template that end in `option` of its last list, `count` of them: where a rhyme
  /// must be met they belong to nobody, but songs of different shares begin at different places.
  void add_ending(std::size_t line, std::size_t option, std::uint64_t count,
                  std::vector<Filling>& to) const;

  std::string text(const Filling& filling) const;

 private:
  bool is_sticky(std::size_t list) const { return sticky_.contains(list); }
  Filling filled(std::size_t line, std::vector<std::size_t> choices) const;

  const LyricBank& bank_;
  std::uint64_t song_;
  std::map<std::size_t, std::size_t> sticky_;
};

}  // namespace brandiron::gen
