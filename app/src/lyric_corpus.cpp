#include "lyric_corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "brandiron/core/error.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using gen::kLyricInputs;
using gen::LyricLanguage;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool starts_line(const gen::LyricStep& step) {
  return step.inputs[0] == LyricLanguage::kStanza || step.inputs[0] == LyricLanguage::kLine;
}

void append(LyricBatch& batch, const std::vector<gen::LyricStep>& steps, std::size_t first) {
  for (std::size_t i = 0; i < batch.steps; ++i) {
    const bool real = first + i < steps.size();
    const gen::LyricStep step = real ? steps[first + i] : gen::LyricStep{};
    batch.inputs.insert(batch.inputs.end(), step.inputs.begin(), step.inputs.end());
    batch.targets.push_back(step.target);
    batch.weights.push_back(real ? 1.0F : 0.0F);
  }
  ++batch.sequences;
}

}  // namespace

LyricCorpus read_lyric_corpus(const fs::path& folder, const std::vector<std::string>& test,
                              const std::vector<std::string>& validation,
                              const std::vector<std::string>& exclude) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  if (error) throw Error(ErrorCode::kIo, folder.string() + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  std::set<std::string> missing(test.begin(), test.end());
  missing.insert(validation.begin(), validation.end());
  missing.insert(exclude.begin(), exclude.end());
  LyricCorpus corpus;
  for (const fs::path& path : paths) {
    const std::string book = path.stem().string();
    missing.erase(book);
    if (holds(exclude, book)) continue;
    auto& part = holds(test, book)         ? corpus.test
                 : holds(validation, book) ? corpus.validation
                                           : corpus.learnt;
    for (gen::LyricPoem& poem : gen::read_lyric_book(path)) part.push_back(std::move(poem));
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::kConfig, fmt::format("{}: no book {}.txt, which the configuration names",
                                                folder.string(), *missing.begin()));
  }
  if (corpus.learnt.empty() || corpus.validation.empty() || corpus.test.empty()) {
    throw Error(ErrorCode::kConfig,
                "train lyrics: expected books to learn from, data.validation and data.test");
  }
  return corpus;
}

std::vector<ReadPoem> read_poems(const LyricLanguage& language,
                                 const std::vector<gen::LyricPoem>& poems) {
  std::vector<ReadPoem> read;
  for (const gen::LyricPoem& poem : poems) {
    ReadPoem out{poem.book, poem.title, {}};
    for (const auto& stanza : poem.stanzas) {
      const auto lines = LyricLanguage::place(stanza);
      const auto steps = language.read(lines);  // each stanza ends as the poem began
      out.steps.insert(out.steps.end(), steps.begin(), steps.end());
    }
    if (!out.steps.empty()) read.push_back(std::move(out));
  }
  return read;
}

LyricBatch draw_batch(const std::vector<ReadPoem>& poems, std::size_t sequences, std::size_t steps,
                      Rng& rng) {
  std::size_t total = 0;
  for (const ReadPoem& poem : poems) total += poem.steps.size();
  LyricBatch batch;
  batch.steps = steps;
  while (batch.sequences < sequences) {
    std::size_t at = rng.below(static_cast<std::uint32_t>(total));
    std::size_t p = 0;
    while (at >= poems[p].steps.size()) at -= poems[p++].steps.size();
    // A window that would run out of its poem moves back: short windows teach little.
    const std::size_t size = poems[p].steps.size();
    std::size_t first = std::min(at, size > steps ? size - steps : 0);
    while (first > 0 && !starts_line(poems[p].steps[first])) --first;
    append(batch, poems[p].steps, first);
  }
  return batch;
}

std::vector<LyricBatch> all_batches(const std::vector<ReadPoem>& poems, std::size_t sequences,
                                    std::size_t steps) {
  std::vector<LyricBatch> batches;
  for (const ReadPoem& poem : poems) {
    for (std::size_t first = 0; first < poem.steps.size(); first += steps) {
      if (batches.empty() || batches.back().sequences == sequences) {
        batches.emplace_back().steps = steps;
      }
      append(batches.back(), poem.steps, first);
    }
  }
  return batches;
}

}  // namespace brandiron::app
