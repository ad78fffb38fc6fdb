#include "generator_study/copying.h"

#include "brandiron/gen/lyric_tools.h"

namespace brandiron::experiments {
namespace {

std::string joined(const std::vector<std::string>& words, std::size_t from, std::size_t n) {
  std::string text;
  for (std::size_t i = from; i < from + n; ++i) text += (i > from ? " " : "") + words[i];
  return text;
}

}  // namespace

MelodyTokens melody_tokens(const Tune& tune) {
  MelodyTokens tokens;
  std::int64_t before = -1;
  for (std::size_t n = 1; n < tune.notes.size(); ++n) {
    const std::int64_t interval = tune.notes[n].pitch - tune.notes[n - 1].pitch;
    const std::int64_t token = (interval + 128) * 100000 + tune.notes[n].duration;
    // A note hammered on at one pace is one event, however often it comes.
    if (interval == 0 && token == before) continue;
    tokens.push_back(token);
    before = token;
  }
  return tokens;
}

MelodyIndex::MelodyIndex(const std::vector<MelodyTokens>& melodies) : states_(1) {
  std::int64_t separator = -1;  // each its own: no run goes over from tune to tune
  for (const MelodyTokens& melody : melodies) {
    for (const std::int64_t token : melody) append(token);
    append(separator--);
  }
}

void MelodyIndex::append(std::int64_t token) {
  const auto at = [&](int state) -> State& { return states_[static_cast<std::size_t>(state)]; };
  const int added = static_cast<int>(states_.size());
  states_.emplace_back();
  at(added).length = at(last_).length + 1;
  int p = last_;
  for (; p >= 0 && !at(p).next.contains(token); p = at(p).link) at(p).next[token] = added;
  if (p < 0) {
    at(added).link = 0;
  } else {
    const int q = at(p).next.at(token);
    if (at(q).length == at(p).length + 1) {
      at(added).link = q;
    } else {
      const int copy = static_cast<int>(states_.size());
      states_.push_back(at(q));
      at(copy).length = at(p).length + 1;
      for (; p >= 0 && at(p).next.contains(token) && at(p).next.at(token) == q; p = at(p).link) {
        at(p).next[token] = copy;
      }
      at(q).link = at(added).link = copy;
    }
  }
  last_ = added;
}

std::size_t MelodyIndex::longest_shared_run(const MelodyTokens& melody) const {
  int state = 0;
  std::size_t run = 0, longest = 0;
  for (const std::int64_t token : melody) {
    const auto at = [&](int s) -> const State& { return states_[static_cast<std::size_t>(s)]; };
    while (state != 0 && !at(state).next.contains(token)) {
      state = at(state).link;
      run = at(state).length;
    }
    const auto found = at(state).next.find(token);
    if (found != at(state).next.end()) {
      state = found->second;
      ++run;
    }
    longest = std::max(longest, run);
  }
  return longest;
}

PhraseIndex::PhraseIndex(const std::vector<Poem>& poems, std::size_t words) : words_(words) {
  for (const Poem& poem : poems) {
    for (const auto& stanza : poem.stanzas) {
      std::vector<std::string> all;  // a sentence goes on from line to line
      for (const std::string& line : stanza) {
        for (std::string& word : gen::comparable_words(line)) all.push_back(std::move(word));
      }
      for (std::size_t i = 0; i + words_ <= all.size(); ++i) {
        std::string& book = book_of_[joined(all, i, words_)];
        book = book.empty() || book == poem.book ? poem.book : "*";
      }
    }
  }
}

std::string PhraseIndex::shared_phrase(const std::vector<std::string>& words,
                                       const std::string& except) const {
  for (std::size_t i = 0; i + words_ <= words.size(); ++i) {
    std::string phrase = joined(words, i, words_);
    const auto found = book_of_.find(phrase);
    if (found != book_of_.end() && (except.empty() || found->second != except)) return phrase;
  }
  return "";
}

}  // namespace brandiron::experiments
