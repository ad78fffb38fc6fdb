#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"
#include "brandiron/models/lattice_net.h"
#include "brandiron/watermark/lattice.h"
#include "cli.h"
#include "front_end_corpus.h"
#include "training_log.h"
#include "training_run.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// A response under this one, of a minute, is taken for this one: no reward for digging where the
// mark is gone.
constexpr double kLeastReferenceZ = 5.0;
constexpr std::size_t kBootstrapDraws = 1000;

struct Plan {
  CorpusPlan corpus;
  models::LatticeNetConfig net;
  models::LatticeTrainerOptions trainer;
  std::size_t batch_size = 8;
  double window_low_s = 5, window_high_s = 30;
  std::uint64_t checkpoint_every = 100;
  std::vector<double> lengths_s;
};

Plan read_plan(const Config& config) {
  Plan plan;
  plan.corpus = CorpusPlan::from_config(config);
  plan.net.num_bands = static_cast<int>(watermark::lattice_bands());
  plan.net.channels = static_cast<int>(config.get_double_in("net.channels", 12, 1, 64));
  plan.trainer.total_steps =
      static_cast<std::uint64_t>(config.get_double_in("train.steps", 2000, 1, 1e7));
  plan.trainer.learning_rate = config.get_double_in("train.learning_rate", 3e-3, 1e-7, 0.5);
  plan.trainer.weight_decay = config.get_double_in("train.weight_decay", 1e-4, 0, 1);
  plan.batch_size = static_cast<std::size_t>(config.get_double_in("train.batch_size", 8, 1, 256));
  plan.window_low_s = config.get_double_in("train.window_low_s", 5, 2, 600);
  plan.window_high_s = config.get_double_in("train.window_high_s", 30, plan.window_low_s, 600);
  plan.checkpoint_every =
      static_cast<std::uint64_t>(config.get_double_in("train.checkpoint_every_steps", 200, 1, 1e6));
  plan.lengths_s = config.get_doubles("evaluate.lengths_s", {5, 10, 15, 60});
  config.get_string("name", "");
  config.check_all_used();
  return plan;
}

std::size_t cells_in(double seconds) {
  return static_cast<std::size_t>(seconds / watermark::lattice_cell_s());
}

/// Rows [from, from + rows) of one marked copy, with what the classical front end makes of them.
struct Window {
  std::vector<float> levels_db, depth_db, weights;
  std::span<const float> signs;
  std::size_t rows = 0;
  models::LatticeInput input() const { return {rows, levels_db, depth_db, weights}; }
};

Window cut(const MarkedPair& pair, std::size_t copy, std::size_t from, std::size_t rows) {
  const std::size_t bands = watermark::lattice_bands();
  const auto begin = pair.levels_db[copy].begin() + static_cast<std::ptrdiff_t>(from * bands);
  Window window;
  window.rows = rows;
  window.levels_db.assign(begin, begin + static_cast<std::ptrdiff_t>(rows * bands));
  window.depth_db = watermark::lattice_depth_db(window.levels_db);
  window.weights = watermark::lattice_weights(window.levels_db);
  window.signs = std::span(pair.signs[copy]).subspan(from * bands, rows * bands);
  return window;
}

/// The classical response of each pair for one second of it.
std::vector<double> reference_per_root_second(const std::vector<MarkedPair>& pairs) {
  std::vector<double> z;
  for (const MarkedPair& pair : pairs) {
    const double seconds = static_cast<double>(pair.rows) * watermark::lattice_cell_s();
    const double whole = pair_z(pair, 0, pair.rows, watermark::lattice_weights(pair.levels_db[0]),
                                watermark::lattice_weights(pair.levels_db[1]));
    z.push_back(std::max(whole / std::sqrt(seconds), kLeastReferenceZ / std::sqrt(60.0)));
  }
  return z;
}

void train(models::LatticeNet& net, const Plan& plan, const std::vector<MarkedPair>& all,
           const fs::path& out, bool resume, TrainingLog& log) {
  std::vector<const MarkedPair*> pairs;
  const std::vector<double> references = reference_per_root_second(all);
  std::vector<double> reference;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].held_out) continue;
    pairs.push_back(&all[i]);
    reference.push_back(references[i]);
  }
  models::LatticeNetTrainer trainer(net, plan.trainer);
  const fs::path checkpoint = out / "checkpoint.pt";
  if (resume && fs::exists(checkpoint)) trainer.load_checkpoint(checkpoint);
  log.rewind(trainer.steps_done());
  const std::uint64_t total = plan.trainer.total_steps;
  Progress progress("front end", total - trainer.steps_done(), "steps");
  const Rng rng(plan.corpus.seed, "batches");
  double running = 0;
  while (trainer.steps_done() < total) {
    // Batches are a function of the step: stopping and going on changes nothing.
    Rng stream = rng.child("step", trainer.steps_done());
    const double seconds =
        plan.window_low_s * std::pow(plan.window_high_s / plan.window_low_s, stream.uniform());
    // The same work for each step: more of the short ones.
    const auto count = static_cast<std::size_t>(std::lround(
        std::max(1.0, static_cast<double>(plan.batch_size) * plan.window_high_s / seconds / 2.0)));
    std::vector<Window> windows;
    std::vector<double> reference_z;
    while (windows.size() < 2 * count) {
      const std::size_t i = stream.below(static_cast<std::uint32_t>(pairs.size()));
      const std::size_t rows = cells_in(seconds);
      if (pairs[i]->rows < rows) continue;
      const std::size_t from = stream.below(static_cast<std::uint32_t>(pairs[i]->rows - rows + 1));
      windows.push_back(cut(*pairs[i], 0, from, rows));
      windows.push_back(cut(*pairs[i], 1, from, rows));
      reference_z.push_back(reference[i] * std::sqrt(seconds));
    }
    std::vector<models::LatticePair> batch;
    for (std::size_t i = 0; i < count; ++i) {
      const Window &a = windows[2 * i], &b = windows[2 * i + 1];
      batch.push_back({a.input(), b.input(), a.signs, b.signs, reference_z[i]});
    }
    const double ratio = trainer.step(batch);
    running = running == 0 ? ratio : 0.98 * running + 0.02 * ratio;
    const std::uint64_t step = trainer.steps_done();
    if (step % plan.checkpoint_every == 0 || step == total) {
      log.add({{"step", step}, {"z_over_classical", running}});
      trainer.save_checkpoint(checkpoint);
    }
    progress.add(1, fmt::format("z over classical {:.3f}", running));
  }
}

struct Response {
  double classical = 0, learned = 0;  ///< sums of z over a recording's windows
  std::size_t windows = 0;
};
/// By attack and length, then by recording.
using Responses = std::map<std::pair<std::string, double>, std::map<std::string, Response>>;

Responses measure(const models::LatticeNet& net, const Plan& plan,
                  const std::vector<MarkedPair>& all) {
  Responses responses;
  const auto held_out = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const MarkedPair& p) { return p.held_out; }));
  Progress progress("held out", held_out, "excerpts");
  for (const MarkedPair& pair : all) {
    if (!pair.held_out) continue;
    for (const double seconds : plan.lengths_s) {
      // A little less than asked for: alignment took a few cells.
      const std::size_t rows = std::min(cells_in(seconds), pair.rows);
      if (static_cast<double>(rows) < 0.9 * static_cast<double>(cells_in(seconds))) continue;
      const std::size_t room = pair.rows - rows;
      const std::size_t count = std::min<std::size_t>(4, 1 + room / rows);
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t from = count > 1 ? k * room / (count - 1) : room / 2;
        const Window a = cut(pair, 0, from, rows), b = cut(pair, 1, from, rows);
        Response& response = responses[{pair.attack, seconds}][pair.track];
        response.classical += pair_z(pair, from, rows, a.weights, b.weights);
        response.learned += pair_z(pair, from, rows, net.refine(a.input()), net.refine(b.input()));
        ++response.windows;
      }
    }
    progress.add(1);
  }
  return responses;
}

/// Mean responses over recordings and their ratio, with a bootstrap interval over recordings.
ordered_json summarise(const std::map<std::string, Response>& by_track, Rng rng) {
  std::vector<Response> rows;
  for (const auto& [track, response] : by_track) rows.push_back(response);
  const auto ratio = [](double learned, double classical) {
    return classical > 0 ? learned / classical : 0.0;
  };
  double learned = 0, classical = 0;
  for (const Response& row : rows) {
    learned += row.learned / static_cast<double>(row.windows);
    classical += row.classical / static_cast<double>(row.windows);
  }
  std::vector<double> draws;
  for (std::size_t k = 0; k < kBootstrapDraws; ++k) {
    double l = 0, c = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Response& row = rows[rng.below(static_cast<std::uint32_t>(rows.size()))];
      l += row.learned / static_cast<double>(row.windows);
      c += row.classical / static_cast<double>(row.windows);
    }
    draws.push_back(ratio(l, c));
  }
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(rows.size());
  return {{"recordings", rows.size()},
          {"z_classical", classical / n},
          {"z_learned", learned / n},
          {"ratio", ratio(learned, classical)},
          {"gain_db", 20.0 * std::log10(std::max(1e-9, ratio(learned, classical)))},
          {"low", draws[kBootstrapDraws / 40]},
          {"high", draws[kBootstrapDraws - 1 - kBootstrapDraws / 40]}};
}

/// Signs of keys that never met the audio: how far out the statistic lands, against Hoeffding.
ordered_json null_check(const models::LatticeNet& net, const std::vector<MarkedPair>& all,
                        std::uint64_t seed) {
  constexpr std::size_t kKeys = 200, kTables = 40;
  std::vector<double> z;
  Rng rng(seed, "null");
  std::size_t tables = 0;
  for (const MarkedPair& pair : all) {
    if (!pair.held_out || tables >= kTables) continue;
    ++tables;
    const Window window = cut(pair, 0, 0, std::min(pair.rows, cells_in(15)));
    const std::vector<float> weights = net.refine(window.input());
    double energy = 0;
    for (const float w : weights) energy += static_cast<double>(w) * w;
    for (std::size_t k = 0; k < kKeys; ++k) {
      double sum = 0;
      std::uint32_t bits = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        if (i % 32 == 0) bits = rng.next_u32();
        sum += (bits >> (i % 32) & 1U) != 0 ? static_cast<double>(weights[i])
                                            : -static_cast<double>(weights[i]);
      }
      if (energy > 0) z.push_back(sum / std::sqrt(energy));
    }
  }
  ordered_json beyond = ordered_json::object();
  for (const double a : {0.1, 0.01, 0.001}) {
    const double limit = std::sqrt(-2.0 * std::log(a));
    const auto count = std::count_if(z.begin(), z.end(), [&](double x) { return x >= limit; });
    beyond[fmt::format("{}", a)] = static_cast<double>(count) / static_cast<double>(z.size());
  }
  return {{"trials", z.size()},
          {"largest_z", z.empty() ? 0.0 : *std::max_element(z.begin(), z.end())},
          {"share_beyond_bound", beyond}};
}

ordered_json evaluate(const models::LatticeNet& net, const Plan& plan,
                      const std::vector<MarkedPair>& all) {
  ordered_json table = ordered_json::array();
  std::map<double, std::map<std::string, Response>> over_all;
  for (const auto& [key, by_track] : measure(net, plan, all)) {
    ordered_json row = {{"attack", key.first}, {"seconds", key.second}};
    row.update(summarise(by_track, Rng(plan.corpus.seed, "bootstrap")));
    table.push_back(row);
    for (const auto& [track, response] : by_track) {
      Response& sum = over_all[key.second][track];
      // Each attack counts alike: as a share of its own classical response.
      const double scale =
          1.0 / row["z_classical"].get<double>() / static_cast<double>(response.windows);
      sum.classical += response.classical * scale;
      sum.learned += response.learned * scale;
      sum.windows = 1;
    }
  }
  for (const auto& [seconds, by_track] : over_all) {
    ordered_json row = {{"attack", "all"}, {"seconds", seconds}};
    row.update(summarise(by_track, Rng(plan.corpus.seed, "bootstrap")));
    table.push_back(row);
  }
  return table;
}

struct Arguments {
  std::string out = "out/train-watermark";
  bool resume = false;
};

int run_training(const Cli& cli, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const Globals& globals = cli.globals;
  const Config config = training_config(globals, "configs/train/watermark-front-end.toml");
  Plan plan = read_plan(config);
  plan.trainer.device = globals.device;
  plan.trainer.validate();  // before the tables, which take their time
  const fs::path out = arguments.out;
  const fs::path weights = out / "watermark-front-end.safetensors";
  check_weights_free(weights, arguments.resume, globals);
  fs::create_directories(out);
  if (!arguments.resume) fs::remove(out / "checkpoint.pt");
  const std::vector<MarkedPair> pairs =
      make_corpus(plan.corpus, out / "tables", std::max(1, globals.jobs), arguments.resume);

  models::LatticeNet net(plan.net, plan.corpus.seed);
  TrainingLog log(out, arguments.resume);
  train(net, plan, pairs, out, arguments.resume, log);
  models::Safetensors content = net.to_tensors();
  content.metadata["version"] = version();
  content.metadata["config_sha256"] = config.sha256();
  models::write_safetensors(weights, content, /*overwrite=*/true);

  std::set<std::string> learnt, held_out;
  for (const MarkedPair& pair : pairs) (pair.held_out ? held_out : learnt).insert(pair.track);
  const ordered_json table = evaluate(net, plan, pairs);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  ordered_json all_attacks = ordered_json::object();
  for (const auto& row : table) {
    if (row["attack"] == "all")
      all_attacks[fmt::format("{:g}", row["seconds"].get<double>())] = row;
  }
  const ordered_json metrics = {{"schema", "brandiron.front-end-metrics/1"},
                                {"version", version()},
                                {"config_sha256", config.sha256()},
                                {"weights_sha256", sha256_hex(read_file(weights))},
                                {"parameters", net.num_parameters()},
                                {"seed", plan.corpus.seed},
                                {"steps", plan.trainer.total_steps},
                                {"pairs", pairs.size()},
                                {"seconds", seconds.count()},
                                {"null", null_check(net, pairs, plan.corpus.seed)},
                                {"all_attacks", all_attacks},
                                {"table", table},
                                {"learnt_from", learnt},
                                {"held_out", held_out}};
  write_file(out / "metrics.json", metrics.dump(1) + "\n", true);
  for (const auto& [seconds_text, row] : all_attacks.items()) {
    print_line(fmt::format("{} s: z {:.3f} of the classical ({:.3f}-{:.3f}, {} recordings)",
                           seconds_text, row["ratio"].get<double>(), row["low"].get<double>(),
                           row["high"].get<double>(), row["recordings"].get<int>()));
  }
  print_line(
      fmt::format("weights {}\nmetrics {}", weights.string(), (out / "metrics.json").string()));
  return 0;
}

}  // namespace

void add_train_watermark(Cli& cli, CLI::App& train) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      train, "watermark", "train the learned front end of the watermark's verifier",
      {"brandiron train watermark --config configs/train/watermark-front-end.toml -o "
       "out/train-watermark",
       "brandiron train watermark --config configs/train/watermark-front-end.toml --resume -o "
       "out/train-watermark"},
      [&cli, arguments] { return run_training(cli, *arguments); });
  sub->add_option("-o,--out", arguments->out, "run folder: tables, checkpoint, results");
  sub->add_flag("--resume", arguments->resume, "keep the tables and go on from the checkpoint");
}

}  // namespace brandiron::app
