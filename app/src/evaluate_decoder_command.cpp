#include <fmt/format.h>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/experiments/decoder_study.h"
#include "brandiron/experiments/sound_pictures.h"
#include "brandiron/models/decoder_net.h"
#include "cli.h"
#include "learned_decoder.h"
#include "studied_decoders.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using namespace experiments;

constexpr int kSomeFailed = 4;

struct Arguments {
  DecoderStudyOptions study;
  DecoderChoice choice;
  std::vector<std::string> songs;
  std::string out, front_end = "learned";
  FrontEndLoader load_front_end;
  bool no_twins = false, tables_only = false;
};

void prepare(Arguments& a, const Globals& globals) {
  a.study.folder = a.out;
  a.study.seed = globals.seed.value_or(1);
  a.study.jobs = globals.jobs;
  a.study.overwrite = globals.overwrite;
  a.study.twins = !a.no_twins;
  a.study.decoders = studied_decoders(a.choice);
  if (a.tables_only) return;
  if (a.songs.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "evaluate decoder: no --songs, expected audio files, folders or a manifest.jsonl");
  }
  if (a.load_front_end && a.front_end == "learned") a.study.front_end = a.load_front_end();
  a.study.files = read_material(a.songs, "");
}

void write_reports(const Arguments& a, const DecoderResults& results,
                   const DecoderSummary& summary) {
  const fs::path folder = a.out;
  write_file(folder / "tables.txt", decoder_text(summary), true);
  write_file(folder / "summary.json", decoder_json(summary) + "\n", true);
  write_file(folder / "twins.csv", twins_csv(results), true);
  write_file(folder / "marks.csv", marks_csv(results), true);
  std::vector<CombLine> lines;
  for (const StudiedDecoder& d : a.study.decoders) {
    const auto residual = summary.residual_db.find(d.name());
    if (residual == summary.residual_db.end()) continue;
    lines.push_back({d.name(), residual->second, d.model->identity().strides, d.leaves_comb});
  }
  if (!lines.empty()) {
    write_file(folder / "combs.svg",
               combs_svg("What each decoder adds to the averaged spectrum", lines), true);
  }
}

int evaluate_decoder(Arguments& a, const Globals& globals) {
  prepare(a, globals);
  if (globals.dry_run) {
    print_line(
        fmt::format("{} files x {} decoders", a.study.files.size(), a.study.decoders.size()));
    return 0;
  }
  std::vector<std::string> left_out;
  if (!a.tables_only) left_out = run_decoder_study(a.study);
  const DecoderResults results = read_decoder_results(a.out);
  const DecoderSummary summary = summarise_decoders(results, a.study.decoders);
  write_reports(a, results, summary);
  print_line(globals.json ? decoder_json(summary) : decoder_text(summary));
  if (left_out.empty()) return 0;
  fmt::print(stderr, "brandiron: {} measurements could not be made:\n", left_out.size());
  for (const std::string& line : left_out) fmt::print(stderr, "  {}\n", line);
  const bool nothing = results.twins.empty() && results.marks.empty();
  return a.study.files.size() == 1 && nothing ? exit_code(ErrorCode::kFormat) : kSomeFailed;
}

}  // namespace

void add_evaluate_decoder(Cli& cli, CLI::App& group, const FrontEndLoader& load_front_end) {
  auto a = std::make_shared<Arguments>();
  a->load_front_end = load_front_end;
  CLI::App* sub = cli.verb(
      group, "decoder",
      "what neural decoders keep of a sound, which comb they leave, and what becomes of the mark",
      {"brandiron evaluate decoder --family griffin-lim --songs song.flac --excerpt-s 5 --marks 0 "
       "-o out/baseline",
       "brandiron evaluate decoder --family griffin-lim --songs song.flac clip.mp3 --excerpt-s 3 "
       "--marks 0 --json -o out/baseline2"},
      [&cli, a] { return evaluate_decoder(*a, cli.globals); });
  add_decoder_choice(*sub, a->choice);
  sub->add_option("--songs", a->songs, "unmarked audio files, folders or manifest.jsonl");
  sub->add_option("-o,--out", a->out, "folder of results and tables")->required();
  sub->add_option("--excerpt-s", a->study.excerpt_s,
                  "seconds of a twin, from the middle of a file; 0: all")
      ->check(CLI::Range(0.0, 86400.0));
  sub->add_flag("--no-twins", a->no_twins, "marks only");
  sub->add_option("--marks", a->study.mark_files,
                  "send marks of so many files that are long enough through the decoders; 0: none");
  sub->add_option("--crops-s", a->study.crops_s, "seconds that are read of a marked file")
      ->check(CLI::Range(5.0, 3600.0))
      ->delimiter(',');
  if (load_front_end) {
    sub->add_option("--front-end", a->front_end, "of reading marks: learned or classical")
        ->check(CLI::IsMember({"learned", "classical"}));
  }
  sub->add_flag("--resume", a->study.resume, "add what the folder lacks");
  sub->add_flag("--tables-only", a->tables_only, "tables of what the folder holds");
}

}  // namespace brandiron::app
