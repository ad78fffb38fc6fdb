#include <fmt/format.h>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/experiments/watermark_study.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;

constexpr int kSomeFailed = 4;

struct Arguments {
  StudyOptions study;
  std::vector<std::string> material, tools;
  std::string attacks = "issue", split, out, match, front_end = "learned";
  FrontEndLoader load_front_end;
  std::size_t listen = 20;
  bool tables_only = false;
};

void prepare(Arguments& a, const Globals& globals) {
  a.study.grid = read_attack_grid(a.attacks);
  a.study.folder = a.out;
  a.study.seed = globals.seed.value_or(1);
  a.study.jobs = globals.jobs;
  a.study.overwrite = globals.overwrite;
  if (a.tables_only) return;
  if (a.load_front_end && a.front_end == "learned") a.study.front_end = a.load_front_end();
  a.study.files = read_material(a.material, a.split);
  for (const std::string& text : a.tools) {
    const StudyTool tool = parse_study_tool(text);
    if (study_tool_available(tool)) {
      a.study.tools.push_back(tool);
    } else {
      log_warning("evaluate: tool " + tool.name + " not found on PATH: left out");
    }
  }
  if (a.match.empty() || a.study.tools.empty() || globals.dry_run) return;
  const Match match = a.match == "sdr" ? Match::kSdr : Match::kNmr;
  a.study.strengths = {match_strength(a.study, a.study.tools.front(), match)};
}

void write_reports(const Arguments& a, const StudySummary& summary, const StudyResults& results) {
  const std::filesystem::path folder = a.out;
  write_file(folder / "tables.txt", study_text(summary), true);
  write_file(folder / "summary.json", study_json(summary) + "\n", true);
  write_file(folder / "rows.csv", study_csv(summary), true);
  const bool listen = std::filesystem::exists(folder / "listen.html");
  write_file(folder / "report.html", study_page(summary, results, listen ? "listen.html" : ""),
             true);
}

int evaluate_watermark(Arguments& a, const Globals& globals) {
  prepare(a, globals);
  if (globals.dry_run) {
    print_line(fmt::format("{} files x {} keys x {} rows of grid {}", a.study.files.size(),
                           a.study.keys, a.study.grid.rows.size(), a.study.grid.name));
    return 0;
  }
  std::vector<std::string> left_out;
  if (!a.tables_only) {
    left_out = run_watermark_study(a.study);
    if (a.listen > 0) write_listening_page(a.study, a.listen);
  }
  const StudyResults results = read_study_results(a.out);
  const StudySummary summary = summarise_study(results, a.study.grid);
  write_reports(a, summary, results);
  print_line(globals.json ? study_json(summary) : study_text(summary));
  if (left_out.empty()) return 0;
  fmt::print(stderr, "brandiron: {} marked files could not be made:\n", left_out.size());
  for (const std::string& line : left_out) fmt::print(stderr, "  {}\n", line);
  return kSomeFailed;
}

}  // namespace

void add_evaluate(Cli& cli, const FrontEndLoader& load_front_end) {
  CLI::App* group = cli.group("evaluate", "studies: tables, figures and intervals");
  auto a = std::make_shared<Arguments>();
  a->load_front_end = load_front_end;
  CLI::App* sub = cli.verb(
      *group, "watermark",
      "what the mark withstands, what it costs, what it is worth beside others",
      {"brandiron evaluate watermark song.flac clip.mp3 -o out/mark --attacks quick --listen 1",
       "brandiron evaluate watermark song.flac -o out/strengths --attacks quick "
       "--strength 0.7,1.4 --listen 0 --json"},
      [&cli, a] { return evaluate_watermark(*a, cli.globals); });
  sub->add_option("MATERIAL", a->material, "audio files, folders or manifest.jsonl");
  sub->add_option("-o,--out", a->out, "folder of results, tables and pages")->required();
  sub->add_option("--attacks", a->attacks, "grid: issue, curves, quick or a TOML file");
  sub->add_option("--split", a->split, "manifest lines of this split only: dev or test");
  sub->add_option("--keys", a->study.keys, "test keys, derived from --seed")
      ->check(CLI::Range(1, 10000));
  sub->add_option("--strength", a->study.strengths, "embedding strengths")
      ->delimiter(',')
      ->check(CLI::Range(0.1, 4.0));
  sub->add_option("--effort", a->study.effort, "of embedding")
      ->check(CLI::IsMember({"fast", "normal", "best"}));
  if (load_front_end) {
    sub->add_option("--front-end", a->front_end, "of reading: learned or classical")
        ->check(CLI::IsMember({"learned", "classical"}));
  }
  sub->add_option("--excerpt-s", a->study.excerpt_s, "seconds from the middle of a file; 0: all")
      ->check(CLI::Range(0.0, 86400.0));
  sub->add_option("--negatives", a->study.negatives,
                  "unmarked twins and wrong keys for each file and key")
      ->check(CLI::Range(0, 100000));
  sub->add_option("--tool", a->tools,
                  "audiowmark, or \"name=embed command;verify command[;regex]\" with {in} {out} "
                  "{payload} {key} {strength}")
      ->allow_extra_args(false);
  sub->add_option("--match", a->match,
                  "choose our strength so that the mean SDR or noise-to-mask ratio is the tool's")
      ->check(CLI::IsMember({"sdr", "nmr"}));
  sub->add_option("--listen", a->listen, "files on the page for listening; 0: none");
  sub->add_flag("--resume", a->study.resume, "add what the folder lacks");
  sub->add_flag("--tables-only", a->tables_only, "tables and pages of what the folder holds");
  add_evaluate_null(cli, *group);
  add_evaluate_security(cli, *group);
  add_evaluate_disclosure(cli, *group);
  add_evaluate_detector(cli, *group);
#ifdef BRANDIRON_HAS_GEN
  add_evaluate_generator(cli, *group);
#endif
#ifdef BRANDIRON_HAS_LEARNED_SINGER
  add_evaluate_singer(cli, *group);
#endif
#ifdef BRANDIRON_HAS_DECODERS
  add_evaluate_decoder(cli, *group, load_front_end);
#endif
}

}  // namespace brandiron::app
