#include "cli.h"

#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/log.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/temporary.h"
#include "brandiron/core/version.h"
#include "interrupts.h"

namespace brandiron::app {
namespace {

constexpr int kUsage = 2, kSomeFailed = 4, kOutputLost = 74, kBug = 70;

void add_globals(CLI::App& app, Globals& globals) {
  const auto env = [](CLI::Option* option, const char* name) { option->envname(name); };
  env(app.add_option("--set", globals.set, "change one configuration value: key=value (repeatable)")
          ->allow_extra_args(false),
      "BRANDIRON_SET");
  env(app.add_option("--config", globals.config, "configuration file (TOML)"), "BRANDIRON_CONFIG");
  env(app.add_option("--seed", globals.seed, "seed of everything random"), "BRANDIRON_SEED");
  env(app.add_option("--device", globals.device, "where networks run")
          ->check(CLI::IsMember({"cpu", "cuda", "auto"})),
      "BRANDIRON_DEVICE");
  env(app.add_option("-j,--jobs", globals.jobs, "files at a time")->check(CLI::Range(1, 1024)),
      "BRANDIRON_JOBS");
  env(app.add_flag("--json,--jsonl", globals.json, "results as JSON, one object a line"),
      "BRANDIRON_JSON");
  env(app.add_flag("-q,--quiet", globals.quiet, "no log, no progress"), "BRANDIRON_QUIET");
  app.add_flag("-v,--verbose", globals.verbose, "say more (twice: debug)");
  app.add_flag("--dry-run", globals.dry_run, "say what would be done, write nothing");
  env(app.add_flag("--overwrite", globals.overwrite, "replace existing output"),
      "BRANDIRON_OVERWRITE");
  env(app.add_flag("--no-progress", globals.no_progress, "no progress display"),
      "BRANDIRON_NO_PROGRESS");
}

void apply_globals(const Globals& globals) {
  Progress::set_enabled(!globals.quiet && !globals.no_progress);
  if (globals.quiet) {
    set_log_level(LogLevel::kError);
  } else if (globals.verbose > 0) {
    set_log_level(globals.verbose > 1 ? LogLevel::kDebug : LogLevel::kInfo);
  }
}

void report(const std::string& message) { fmt::print(stderr, "brandiron: {}\n", message); }

std::atomic<int> code_when_terminated{130};

/// SIGINT and SIGTERM end the process with 130 after removing what was being made. A thread waits
/// for them, so that no code runs inside a signal handler.
void watch_for_interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    int received = 0;
    sigwait(&signals, &received);
    fmt::print(stderr, "\nbrandiron: interrupted\n");
    remove_all_temporaries();
    ::_exit(received == SIGTERM ? code_when_terminated.load() : 130);
  }).detach();
}

// Songs are made of a few dozen buffers of tens of MB: kept by the allocator they are zeroed by us,
// returned to the kernel each is faulted in again, page by page.
void keep_large_buffers() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

int guarded(const std::function<int()>& f) {
  try {
    return f();
  } catch (const Error& error) {
    report(error.what());
    return exit_code(error.code());
  } catch (const std::bad_alloc&) {
    report("out of memory");
    return exit_code(ErrorCode::kRetry);
  } catch (const std::exception& error) {
    report(std::string("internal error (a bug, please report it): ") + error.what());
    return kBug;
  }
}

}  // namespace

Cli::Cli(const std::string& description, const std::string& name) : app(description, name) {
  app.require_subcommand(1);
  app.set_version_flag("--version", [] { return version() + " (" + git_commit() + ")"; });
  app.get_formatter()->column_width(34);
  add_globals(app, globals);
}

CLI::App* Cli::verb(CLI::App& parent, const std::string& name, const std::string& description,
                    const std::vector<std::string>& examples, Action chosen) {
  CLI::App* sub = parent.add_subcommand(name, description);
  sub->fallthrough();
  std::string footer = "Examples:";
  for (const std::string& example : examples) footer += "\n  " + example;
  sub->footer(footer);
  // A verb that has verbs of its own (`disclose check`) steps back when one of those is chosen.
  sub->callback([this, sub, chosen = std::move(chosen)] {
    if (sub->get_subcommands().empty()) action = chosen;
  });
  return sub;
}

CLI::App* Cli::group(const std::string& name, const std::string& description) {
  CLI::App* sub = app.add_subcommand(name, description);
  sub->fallthrough();
  sub->require_subcommand(1);
  return sub;
}

int run(Cli& cli, int argc, char** argv) {
  keep_large_buffers();
  watch_for_interrupts();
  ::signal(SIGPIPE, SIG_IGN);
  try {
    cli.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has exit codes of its own; help and version are successes, the rest is usage.
    if (error.get_exit_code() == 0) return cli.app.exit(error);
    report(std::string(error.what()) + " (see --help)");
    return kUsage;
  }
  apply_globals(cli.globals);
  const int code = guarded(cli.action);
  if (std::fflush(stdout) != 0) {
    report("standard output cannot be written");
    return kOutputLost;
  }
  return code;
}

void retry_when_terminated() { code_when_terminated = exit_code(ErrorCode::kRetry); }

void print_line(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
      std::fputc('\n', stdout) == EOF) {
    throw Error(ErrorCode::kOutput, "standard output: cannot be written");
  }
}

std::string error_json(const std::string& file, const std::string& code,
                       const std::string& message) {
  return nlohmann::ordered_json{{"file", file}, {"error", {{"code", code}, {"message", message}}}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int for_each_file(const std::vector<std::string>& names, const Globals& globals,
                  const std::string& title,
                  const std::function<std::string(const std::string&)>& work) {
  struct Result {
    std::string text;
    int code = -1;
  };
  std::vector<Result> results(names.size());
  std::mutex mutex;
  std::size_t printed = 0;
  std::optional<Progress> progress;
  if (names.size() > 1) progress.emplace(title, names.size(), "files");

  const auto one = [&](const std::string& name) -> Result {
    try {
      return {work(name), 0};
    } catch (const Error& error) {
      if (globals.json) {
        return {error_json(name, error_code_name(error.code()), error.what()),
                exit_code(error.code())};
      }
      return {std::string("brandiron: ") + error.what(), exit_code(error.code())};
    }
  };
  const auto print_ready = [&] {  // in order, as soon as all before are done
    while (printed < results.size() && results[printed].code >= 0) {
      const Result& r = results[printed++];
      if (r.code == 0 || globals.json) {
        print_line(r.text);
      } else {
        fmt::print(stderr, "{}\n", r.text);
      }
    }
  };
  parallel_for(names.size(), globals.jobs, [&](std::size_t i) {
    Result result = one(names[i]);
    const std::lock_guard lock(mutex);
    results[i] = std::move(result);
    print_ready();
    if (progress) progress->add();
  });

  std::size_t failed = 0;
  for (const Result& r : results) failed += r.code > 0 ? 1 : 0;
  if (failed == 0) return 0;
  if (names.size() == 1) return results[0].code;
  fmt::print(stderr, "brandiron: {} of {} files failed:\n", failed, names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (results[i].code > 0) fmt::print(stderr, "  {}\n", names[i]);
  }
  return kSomeFailed;
}

}  // namespace brandiron::app
