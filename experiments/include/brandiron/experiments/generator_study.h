#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace brandiron::experiments {

/// What to write and what to compare it with. No audio is rendered.
struct GeneratorStudyOptions {
  std::size_t songs = 1000;
  std::uint64_t seed = 1;  ///< song i has seed `seed` + i
  std::string persona = "rust-hollow";
  /// Folder with melodies.jsonl, chord_stats.json and lyrics/*.txt; what is absent is left out, and
  /// the rows that need it say so.
  std::filesystem::path human;
  int jobs = 1;

  /// @throws Error(kInvalidArgument).
  void validate() const;
};

/// A figure with its 95 % interval, over `n` of what `GeneratorRow::counted` names.
struct Figure {
  double value = 0, low = 0, high = 0;
  std::size_t n = 0;
};

/// One line of the table; docs/evaluate.md defines each by its id.
struct GeneratorRow {
  std::string id, group, what;
  std::string counted;                    ///< what n counts: "pairs", "songs", "lines"
  bool share = false;                     ///< value is 0 .. 1, shown in per cent
  std::optional<Figure> ours{}, human{};  ///< absent: could not be measured here
  std::optional<double> least{}, most{};  ///< target: closed bounds of the value
  bool within_error = false;              ///< reached when the interval meets the bounds
  std::string remark{};                   ///< why something is absent, or what human songs it is
  std::vector<std::string> offenders{};   ///< up to five cases that speak against us
  bool has_target() const { return least || most; }
  /// False without a target or a figure.
  bool reached() const;
};

/// A distribution to draw: ours beside human songs, shares over the same places.
struct GeneratorCurve {
  std::string id, title, x_label;
  std::vector<double> x, ours, human;  ///< `human` may be empty
};

struct GeneratorSummary {
  std::string persona, human;
  std::size_t songs = 0;
  std::uint64_t seed = 1;
  std::vector<GeneratorRow> rows;
  std::vector<GeneratorCurve> curves;
  std::vector<std::string> skipped;  ///< what was absent, one sentence each
};

/// Writes the scores, measures them and the human songs. Deterministic in the options whatever
/// `jobs` is. @throws Error(kInvalidArgument) for options; Error(kFormat) naming file and line of
/// human songs that cannot be read.
GeneratorSummary run_generator_study(const GeneratorStudyOptions& options);

std::string generator_text(const GeneratorSummary& summary);
std::string generator_json(const GeneratorSummary& summary);  ///< brandiron.generator-study/1
std::string generator_page(const GeneratorSummary& summary);  ///< self-contained HTML

}  // namespace brandiron::experiments
