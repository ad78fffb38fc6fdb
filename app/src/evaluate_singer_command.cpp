#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/gen/singer.h"
#include "brandiron/gen/songwriter.h"
#include "cli.h"
#include "learned_singer.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kRateHz = 44100;

struct Arguments {
  std::vector<std::string> lyrics;
  std::string persona = "rust-hollow", weights, out;
  int seeds = 1;
};

/// Phones and words with their times, as the outside judges read them.
ordered_json timing_json(const gen::Score& score, const gen::SungPart& part) {
  ordered_json phones = ordered_json::array(), words = ordered_json::array();
  for (const gen::SungPhone& p : part.phones) {
    phones.push_back({{"phone", p.phone}, {"start_s", p.start_s}, {"end_s", p.end_s}});
  }
  for (std::size_t w = 0; w < score.words.size(); ++w) {
    double start = 1e9, end = 0;
    for (const gen::SungPhone& p : part.phones) {
      if (p.word != static_cast<int>(w)) continue;
      start = std::min(start, p.start_s);
      end = std::max(end, p.end_s);
    }
    if (end > start) {
      words.push_back({{"text", score.words[w].text}, {"start_s", start}, {"end_s", end}});
    }
  }
  return {{"words", words}, {"phones", phones}};
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0.0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

double sung_seconds(const gen::SungPart& part) {
  double sum = 0;
  for (const gen::SungPhone& p : part.phones) sum += p.end_s - p.start_s;
  return sum;
}

int run_evaluation(const Globals& globals, const Arguments& a) {
  const gen::Persona persona = gen::load_persona(a.persona);
  const auto learned = load_singer(a.weights.empty() ? singer_weights() : fs::path(a.weights));
  if (!learned || !learned->knows_voice(persona.voice.bank)) {
    throw Error(ErrorCode::kModel, "evaluate singer: no weights that know the voice \"" +
                                       persona.voice.bank +
                                       "\"; train with `brandiron train "
                                       "singer` and give --weights");
  }
  if (globals.dry_run) return 0;
  fs::create_directories(a.out);
  ordered_json songs = ordered_json::array();
  WriteOptions stem_options;
  stem_options.overwrite = true;
  Progress progress("singers", a.lyrics.size() * static_cast<std::size_t>(a.seeds), "songs");
  for (const std::string& lyrics : a.lyrics) {
    for (int seed = 1; seed <= a.seeds; ++seed) {
      gen::SongSpec spec;
      spec.lyrics = read_file(lyrics, 1 << 20);
      spec.seed = static_cast<std::uint64_t>(seed);
      const Rng root(spec.seed, "song");
      const gen::Score score = gen::write_song(spec, persona, root.child("score"));
      for (const char* singer : {"bank", "learned"}) {
        const gen::SingerModel* model = singer[0] == 'l' ? learned.get() : nullptr;
        const double begin = thread_cpu_s();
        const gen::SungPart part = gen::sing(score, persona, kRateHz, root.child("voice"), model);
        const double seconds = thread_cpu_s() - begin;
        const std::vector<double> joins = gen::join_steps_db(score, persona, model);
        const std::string name =
            fmt::format("{}-{}-{}", fs::path(lyrics).stem().string(), seed, singer);
        write_audio(fs::path(a.out) / (name + ".wav"), part.audio, stem_options);
        write_file(fs::path(a.out) / (name + ".json"), timing_json(score, part).dump(1) + "\n",
                   true);
        songs.push_back({{"name", name},
                         {"text", fs::path(lyrics).stem().string()},
                         {"seed", seed},
                         {"singer", singer},
                         {"joins", joins.size()},
                         {"join_step_db", mean(joins)},
                         {"sung_s", sung_seconds(part)},
                         {"cpu_s", seconds}});
      }
      progress.add(1);
    }
  }
  const fs::path table = fs::path(a.out) / "songs.json";
  write_file(table, ordered_json{{"persona", persona.id}, {"songs", songs}}.dump(1) + "\n", true);
  print_line(fmt::format("{}: {} stems, bank and learned singer", table.string(), songs.size()));
  return 0;
}

}  // namespace

void add_evaluate_singer(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "singer",
      "the same songs from the bank and the learned singer, as dry stems for judges",
      {"brandiron evaluate singer --lyrics words.txt --weights out/train-singer/singer.safetensors "
       "-o out/singers",
       "brandiron evaluate singer --lyrics words.txt --weights out/train-singer/singer.safetensors "
       "--seeds 3 -o out/singers-3"},
      [&cli, a] { return run_evaluation(cli.globals, *a); });
  sub->add_option("--lyrics", a->lyrics, "text files with [Verse] and [Chorus] tags")->required();
  sub->add_option("--persona", a->persona, "who sings (default: rust-hollow)");
  sub->add_option("--seeds", a->seeds, "songs of each text")->check(CLI::Range(1, 100));
  sub->add_option("--weights", a->weights, "weights of the learned singer");
  sub->add_option("-o,--out", a->out, "folder of the stems")->required();
}

}  // namespace brandiron::app
