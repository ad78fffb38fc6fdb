#include "composition/lyric_hook.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "brandiron/core/error.h"
#include "composition/lexicon.h"
#include "composition/line_pool.h"
#include "composition/lyric_deal.h"
#include "composition/lyric_text.h"

namespace brandiron::gen {
namespace {

HookLine hook_line(const std::string& raw) {
  HookLine line;
  line.text = tidy_line(raw);
  const std::string plain = plain_words(line.text);
  const std::string word = plain.substr(plain.rfind(' ') + 1);
  const Phones phones = Lexicon::shared().phones(word);
  line.option.last_word = word;
  line.option.perfect = rhyme_key(phones, false);
  line.option.family = rhyme_key(phones, true);
  line.option.onset = rhyme_onset(phones);
  return line;
}

/// A hook and the number of one of its titles.
struct Dealt {
  std::size_t hook;
  std::uint64_t number;
};

/// The different lists of a title: one that comes twice keeps its word.
std::vector<std::size_t> lists_of(const BankTemplate& t) {
  std::vector<std::size_t> lists;
  for (const std::size_t piece : t.pieces) {
    if (std::find(lists.begin(), lists.end(), piece) == lists.end()) lists.push_back(piece);
  }
  return lists;
}

class HookWriter {
 public:
  HookWriter(const LyricBank& bank, const std::string& theme, std::uint64_t song, Sampler& sampler)
      : bank_(bank), theme_(theme), deal_(bank, song, {}), sampler_(sampler) {}

  WrittenHook write() {
    constexpr int kTries = 9;
    for (std::uint64_t width = 1;; width = std::min(2 * width, LyricDeal::kShares)) {
      const std::vector<Dealt> dealt = titles(width);
      for (int attempt = 0; attempt < kTries && !dealt.empty(); ++attempt) {
        const Dealt& d =
            dealt[sampler_.below(Draw::kWord, static_cast<std::uint32_t>(dealt.size()))];
        WrittenHook hook = fill(d);
        // Lines that scan are asked for first.
        const int faults = scansion_faults(beat_of_phrase(hook.first.text)) +
                           scansion_faults(beat_of_phrase(hook.last.text));
        if (faults <= attempt / 3 && can_be_sung(hook)) return hook;
      }
      if (width == LyricDeal::kShares) break;
    }
    throw Error(ErrorCode::kInternal, fmt::format("no hook of theme {} can be sung", theme_));
  }

 private:
  /// The theme's titles are dealt as one range: where it has fewer than there are shares, each
  /// share still owns one, and a title comes to as few songs as it can.
  std::vector<Dealt> titles(std::uint64_t width) const {
    std::vector<std::pair<std::size_t, std::uint64_t>> hooks;  // and how many titles it makes
    std::uint64_t all = 0;
    for (std::size_t h = 0; h < bank_.hooks.size(); ++h) {
      if (bank_.hooks[h].theme != theme_) continue;
      hooks.emplace_back(h, static_cast<std::uint64_t>(deal_.ways(lists_of(bank_.hooks[h].title))));
      all += hooks.back().second;
    }
    std::vector<Dealt> dealt;
    for (std::uint64_t n :
         deal_.positions(0, static_cast<double>(all), width, std::min(all, LyricDeal::kShares))) {
      std::size_t h = 0;
      while (n >= hooks[h].second) n -= hooks[h++].second;
      dealt.push_back({hooks[h].first, n});
    }
    return dealt;
  }

  WrittenHook fill(const Dealt& d) {
    const BankHook& hook = bank_.hooks[d.hook];
    std::map<std::size_t, std::size_t> bound;
    const std::vector<std::size_t> lists = lists_of(hook.title);
    const std::vector<std::size_t> choices = deal_.choices(lists, d.number);
    for (std::size_t i = 0; i < lists.size(); ++i) bound[lists[i]] = choices[i];
    WrittenHook written;
    written.title = title_case(tidy_line(said(hook.title, bound)));
    written.first = hook_line(said(hook.first, bound));
    written.last = hook_line(said(hook.last, bound));
    for (const auto& [list, choice] : bound) {
      if (bank_.lists[list].sticky) written.bound[list] = choice;
    }
    return written;
  }

  std::string said(const BankTemplate& t, std::map<std::size_t, std::size_t>& bound) {
    std::vector<std::string> parts;
    for (const std::size_t piece : t.pieces) {
      const BankList& list = bank_.lists[piece];
      if (!bound.contains(piece)) {
        bound[piece] = sampler_.below(Draw::kWord, static_cast<std::uint32_t>(list.options.size()));
      }
      parts.push_back(list.options[bound.at(piece)].text);
    }
    return join_pieces(parts);
  }

  /// Each line finds its rhyme: in the other one, or in enough of the chorus lines.
  bool can_be_answered(const WrittenHook& hook) const {
    constexpr std::size_t kEnough = 3;
    return rhyme_grade(hook.first.option, hook.last.option) > 0 ||
           (answers(hook.first.option) >= kEnough && answers(hook.last.option) >= kEnough);
  }

  /// Different words that rhyme with `end` and close a chorus line of the theme.
  std::size_t answers(const BankOption& end) const {
    std::set<std::string> words;
    for (const BankTemplate& line : bank_.lines) {
      if (line.role != "chorus" || (line.theme != theme_ && line.theme != "any")) continue;
      for (const BankOption& option : bank_.lists[line.pieces.back()].options) {
        if (rhyme_grade(option, end) > 0) words.insert(option.last_word);
      }
    }
    return words.size();
  }

  bool can_be_sung(const WrittenHook& hook) const {
    return can_be_answered(hook) && count_syllables(hook.first.text) <= kLongestHook &&
           count_syllables(hook.last.text) <= kLongestHook && may_be_said(bank_, hook.title) &&
           may_be_said(bank_, hook.first.text) && may_be_said(bank_, hook.last.text);
  }

  const LyricBank& bank_;
  const std::string& theme_;
  LyricDeal deal_;
  Sampler& sampler_;
};

}  // namespace

WrittenHook write_hook(const LyricBank& bank, const std::string& theme, std::uint64_t song,
                       Sampler& sampler) {
  return HookWriter(bank, theme, song, sampler).write();
}

WrittenHook write_pinned_hook(const std::string& title) {
  const int n = count_syllables(title);
  if (n == 0 || n > kLongestHook) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("title \"{}\" has {} syllables that can be sung; expected 1 to {} (it is sung "
                    "in the chorus)",
                    title, n, kLongestHook));
  }
  WrittenHook hook;
  hook.title = title;
  hook.free = n > 7;
  const std::string said = n <= 3 ? title + ", " + title : title;
  hook.first = hook_line(hook.free ? title : said + ", it's the song that I know");
  hook.last = hook_line(hook.free ? title : said + ", wherever I go");
  return hook;
}

bool may_be_said(const LyricBank& bank, const std::string& text) {
  const std::string padded = " " + plain_words(text) + " ";
  const auto holds = [&](const std::string& phrase) {
    return padded.find(" " + phrase + " ") != std::string::npos;
  };
  return std::none_of(bank.blocked.begin(), bank.blocked.end(), holds) &&
         std::none_of(bank.book_phrases.begin(), bank.book_phrases.end(), holds);
}

}  // namespace brandiron::gen
