// Songs in one process: what a batch costs by stage, and the hashes of what comes out. Without
// LibTorch, so that emulators and profilers have nothing else to walk through
// (tests/integration/test_same_bits.py, scripts/bench.sh).
//
//   make_songs OUT [--songs N] [--duration S] [--seed FIRST] [--persona NAME|all] [--jobs N]
//   [--keep]
//
// One JSON line a song, then one for the batch: CPU seconds of the whole process, start included,
// as the system counts them. Songs are thrown away again unless --keep.

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/memory.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/song.h"
#include "brandiron/watermark/watermark.h"

namespace {

using namespace brandiron;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

struct Arguments {
  fs::path out;
  std::string persona = "rust-hollow";
  std::uint64_t seed = 1;
  std::size_t songs = 1;
  int jobs = 1;
  double duration_s = 180;
  bool keep = false;
};

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

double process_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Arguments parse(int argc, char** argv) {
  Arguments a;
  const auto value = [&](int& i) -> std::string {
    if (++i == argc)
      throw Error(ErrorCode::kInvalidArgument, std::string(argv[i - 1]) + ": no value");
    return argv[i];
  };
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--songs") {
      a.songs = std::stoul(value(i));
    } else if (name == "--duration") {
      a.duration_s = std::stod(value(i));
    } else if (name == "--seed") {
      a.seed = std::stoull(value(i));
    } else if (name == "--persona") {
      a.persona = value(i);
    } else if (name == "--jobs") {
      a.jobs = std::stoi(value(i));
    } else if (name == "--keep") {
      a.keep = true;
    } else {
      a.out = name;
    }
  }
  if (a.out.empty()) throw Error(ErrorCode::kInvalidArgument, "make_songs OUT [--songs N] ...");
  return a;
}

ordered_json make(const Arguments& a, std::size_t index, const Marker& marker) {
  const std::vector<std::string> personas =
      a.persona == "all" ? gen::list_personas() : std::vector<std::string>{a.persona};
  gen::GenerateOptions options;
  options.spec.seed = a.seed + index;
  options.spec.duration_s = a.duration_s;
  options.persona = gen::load_persona(personas[index % personas.size()]);
  gen::PublishOptions publish;
  publish.overwrite = true;
  gen::Song song = gen::generate_song(options);
  const fs::path folder = a.out / fmt::format("song-{}", options.spec.seed);
  const gen::Published made = gen::publish(song, marker, folder, publish);
  const auto bytes = fs::file_size(made.mix);
  if (!a.keep) fs::remove_all(folder);
  const gen::StageTimes& t = song.times;
  return {{"seed", options.spec.seed},
          {"persona", options.persona.id},
          {"duration_s", song.mix.master.duration_s()},
          {"unmarked_pcm_sha256", made.unmarked_pcm_sha256},
          {"pcm_sha256", made.pcm_sha256},
          {"integrated_lufs", made.integrated_lufs},
          {"true_peak_dbtp", made.true_peak_dbtp},
          {"bytes", bytes},
          {"cpu_s",
           {{"songwriter", t.songwriter_s},
            {"voice", t.voice_s},
            {"band", t.band_s},
            {"mix", t.mix_s},
            {"mark", t.mark_s},
            {"files", t.files_s}}}};
}

int run(const Arguments& a) {
  const auto start = std::chrono::steady_clock::now();
  const auto marker = watermark::make_marker(watermark::Key::demo(),
                                             {.strength = 1.0, .effort = watermark::Effort::kFast});
  fs::create_directories(a.out);
  std::vector<ordered_json> lines(a.songs);
  parallel_for(a.songs, a.jobs, [&](std::size_t i) { lines[i] = make(a, i, *marker); });
  double audio_s = 0;
  for (const ordered_json& line : lines) {
    fmt::print("{}\n", line.dump());
    audio_s += line["duration_s"].get<double>();
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const double cpu_s = process_cpu_s();
  const ordered_json total = {{"machine", machine_name()},
                              {"songs", a.songs},
                              {"audio_s", audio_s},
                              {"cpu_s", cpu_s},
                              {"cpu_s_per_180_s", cpu_s * 180 / audio_s},
                              {"wall_s", wall.count()}};
  fmt::print("{}\n", total.dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (std::getenv("BRANDIRON_BENCH_PLAIN_MALLOC") == nullptr) keep_freed_memory();
    return run(parse(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_songs: {}\n", error.what());
    return 1;
  }
}
