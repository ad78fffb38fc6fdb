#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/songwriter.h"
#include "generator_study/rows.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

std::vector<gen::Score> write_scores(const GeneratorStudyOptions& options,
                                     const gen::Persona& persona) {
  std::vector<gen::Score> scores(options.songs);
  Progress progress("scores", options.songs, "songs");
  parallel_for(options.songs, options.jobs, [&](std::size_t i) {
    gen::SongSpec spec;
    spec.seed = options.seed + i;
    // The streams of `generate_song`: these are the songs that `generate --seed` makes.
    scores[i] = gen::write_song(spec, persona, Rng(spec.seed, "song").child("score"));
    gen::validate_score(scores[i]);
    progress.add();
  });
  return scores;
}

void read_human(const fs::path& folder, StudyMaterial& material, GeneratorSummary& summary) {
  const auto missing = [&](const fs::path& file, const char* rows) {
    std::error_code error;
    if (!folder.empty() && fs::exists(file, error)) return false;
    summary.skipped.push_back(
        (folder.empty() ? "no --human folder was given" : file.string() + " is not there") +
        std::string(": ") + rows);
    return true;
  };
  if (!missing(folder / "melodies.jsonl", "no human tunes, copying of melodies not measured")) {
    material.tunes = read_human_tunes(folder / "melodies.jsonl");
  }
  if (!missing(folder / "lyrics", "no human lyrics, clichés and copied words not measured")) {
    material.poems = read_poems(folder / "lyrics");
  }
  if (!missing(folder / "chord_stats.json", "chords and section lengths not compared")) {
    material.country = read_chord_counts(folder / "chord_stats.json", "country");
    material.country_adjacent = read_chord_counts(folder / "chord_stats.json", "country_adj");
  }
}

}  // namespace

void GeneratorStudyOptions::validate() const {
  if (songs < 1 || songs > 1000000) {
    throw Error(ErrorCode::kInvalidArgument,
                "songs: found " + std::to_string(songs) + ", expected 1 to 1000000");
  }
  std::error_code error;
  if (!human.empty() && !fs::is_directory(human, error)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--human " + human.string() +
                    ": no such folder; give one with melodies.jsonl, chord_stats.json and lyrics/, "
                    "or leave --human out");
  }
}

bool GeneratorRow::reached() const {
  if (!has_target() || !ours) return false;
  const double low = within_error ? ours->low : ours->value;
  const double high = within_error ? ours->high : ours->value;
  return (!least || high >= *least - 1e-12) && (!most || low <= *most + 1e-12);
}

GeneratorSummary run_generator_study(const GeneratorStudyOptions& options) {
  options.validate();
  const gen::Persona persona = gen::load_persona(options.persona);
  GeneratorSummary summary;
  summary.persona = persona.id + "/" + std::to_string(persona.version);
  summary.songs = options.songs;
  summary.seed = options.seed;
  StudyMaterial material;
  material.style = persona.style;
  read_human(options.human, material, summary);
  material.scores = write_scores(options, persona);
  Progress progress("measuring", 3, "subjects");
  add_lyric_rows(material, summary);
  progress.add();
  add_tune_rows(material, summary);
  progress.add();
  add_style_rows(material, summary);
  progress.add();
  return summary;
}

}  // namespace brandiron::experiments
