#include <unistd.h>

#include <cstdlib>

#include "brandiron/core/files.h"
#include "brandiron/experiments/demo_report.h"
#include "cli.h"

namespace brandiron::app {

void add_report(Cli& cli) {
  CLI::App* group = cli.group("report", "pages to look at");
  struct Arguments {
    std::string folder, out;
    bool strict = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* demo = cli.verb(
      *group, "demo", "the verdict table of a demo folder, and its page",
      {"brandiron report demo out/demo", "brandiron report demo out/demo -o out/demo/report.html"},
      [&cli, a] {
        const experiments::Demo read = experiments::read_demo(a->folder);
        const bool colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
        print_line(experiments::demo_table(read, colour));
        if (!a->out.empty() && !cli.globals.dry_run) {
          write_file(a->out, experiments::demo_page(read), cli.globals.overwrite);
          print_line("page: " + a->out);
        }
        const auto surprises = experiments::demo_surprises(read);
        for (const std::string& line : surprises) print_line("NOT AS EXPECTED: " + line);
        return a->strict && !surprises.empty() ? 1 : 0;
      });
  demo->add_option("DIR", a->folder, "folder with demo.json")->required();
  demo->add_option("-o,--out", a->out, "HTML page to write");
  demo->add_flag("--exit-code", a->strict, "exit 1 when a verdict is not as expected");
#ifdef BRANDIRON_HAS_GEN
  add_report_voice(cli, *group);
#endif
#ifdef BRANDIRON_HAS_DECODERS
  add_report_sound(cli, *group);
#endif
}

}  // namespace brandiron::app
