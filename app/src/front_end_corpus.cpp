#include "front_end_corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/temporary.h"
#include "brandiron/watermark/lattice.h"
#include "brandiron/watermark/watermark.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;

constexpr double kLevelStepDb = 0.004;  // of the stored tables
constexpr int kPhaseSteps = 6;          // of a cell, when looking for the delay of an attack
constexpr int kFirstCell = 1;           // so that something lies before it
constexpr double kMinSeconds = 12;
constexpr double kMinRms = 1e-3;
constexpr const char* kOther = "{other}";  // in a chain: another recording

struct Track {
  fs::path path;
  std::string name;  // the file's own
  double duration_s = 0;
  bool held_out = false;
};

struct Job {
  std::size_t track = 0, attack = 0, other = 0;
};

bool is_for_tests(const std::string& file_name) { return sha256_hex(file_name)[0] > '7'; }

/// Versions of one piece have one title: nothing of a held-out piece may be learnt from.
std::string title_of(std::string name) {
  name = fs::path(name).stem().string();
  for (const char* version : {"_song", "_guitar", "_fast", "_remake", "_old"}) {
    const auto at = name.rfind(version);
    if (at != std::string::npos && at > 0) name = name.substr(0, at);
  }
  return name;
}

std::vector<Track> list_tracks(const CorpusPlan& plan) {
  std::vector<Track> tracks;
  for (const std::string& folder : plan.folders) {
    if (!fs::is_directory(folder)) {
      throw Error(ErrorCode::kIo,
                  folder + ": no such folder; give the recordings with data.folders");
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = entry.path().filename().string();
      const std::string whole = entry.path().string();
      const bool excluded = std::any_of(
          plan.exclude.begin(), plan.exclude.end(),
          [&](const std::string& part) { return whole.find(part) != std::string::npos; });
      if (excluded || is_for_tests(name)) continue;
      try {
        const AudioInfo info = probe_audio(entry.path());
        if (info.duration_s() < kMinSeconds) continue;
        const double place =
            static_cast<double>(std::stoul(sha256_hex(title_of(name)).substr(8, 6), nullptr, 16)) /
            16777216.0;
        tracks.push_back({entry.path(), name, info.duration_s(), place < plan.held_out_share});
      } catch (const Error&) {
        continue;  // no audio
      }
    }
  }
  std::sort(tracks.begin(), tracks.end(),
            [](const Track& a, const Track& b) { return a.name < b.name; });
  return tracks;
}

std::vector<Job> list_jobs(const CorpusPlan& plan, const std::vector<Track>& tracks) {
  std::vector<Job> jobs;
  std::size_t turn = 0, held_out = 0;
  Rng rng(plan.seed, "others");
  const auto add = [&](std::size_t track, std::size_t attack) {
    std::size_t other = track;
    while (tracks.size() > 1 &&
           (other == track || tracks[other].held_out != tracks[track].held_out)) {
      other = rng.below(static_cast<std::uint32_t>(tracks.size()));
    }
    jobs.push_back({track, attack, other});
  };
  const auto count = [&](bool wanted) {
    return static_cast<std::size_t>(std::count_if(
        tracks.begin(), tracks.end(), [&](const Track& t) { return t.held_out == wanted; }));
  };
  if (count(false) < 2 || count(true) < 2) {
    throw Error(ErrorCode::kConfig,
                fmt::format("data: {} recordings to learn from and {} held out, expected two of "
                            "each at least",
                            count(false), count(true)));
  }
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (tracks[i].held_out) {
      if (tracks[i].duration_s < plan.held_out_s || held_out++ >= plan.max_held_out) continue;
      for (std::size_t a = 0; a < plan.attacks.size(); ++a) add(i, a);
    } else {
      for (std::size_t k = 0; k < plan.attacks_per_track; ++k) {
        add(i, turn++ % plan.attacks.size());
      }
    }
  }
  return jobs;
}

AudioBuffer read_excerpt(const Track& track, double seconds, Rng rng) {
  const AudioInfo info = probe_audio(track.path);
  const double room = std::max(0.0, info.duration_s() - seconds);
  ReadOptions options;
  options.start_frame = static_cast<std::uint64_t>(rng.uniform(0, room) * info.rate_hz);
  options.max_frames = static_cast<std::uint64_t>(seconds * info.rate_hz);
  return read_audio(track.path, options);
}

watermark::Key draw_key(Rng& rng) {
  static constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text(42, 'A');
  for (char& c : text) c = kDigits[rng.below(64)];
  return watermark::Key::from_text("brandiron-key-v1 " + text + "A=\n", "training key");
}

std::string with_other(std::string chain, const std::string& path) {
  const auto at = chain.find(kOther);
  return at == std::string::npos
             ? chain
             : chain.replace(at, std::string(kOther).size(), "\"" + path + "\"");
}

double norm_of(const std::vector<float>& x, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += static_cast<double>(x[i]) * x[i];
  return sum;
}

/// Tables of both marked copies at the shift that answers best, a little beside it as in the
/// verifier, whose shifts are a sixth of a cell apart.
std::optional<MarkedPair> align(const std::array<watermark::LatticeReader, 2>& readers,
                                const std::array<std::vector<std::int8_t>, 2>& signs, Rng rng) {
  const std::size_t bands = watermark::lattice_bands();
  const double cell_s = watermark::lattice_cell_s();
  MarkedPair pair;
  const auto measure = [&](double start_cells) {
    for (std::size_t k = 0; k < 2; ++k) {
      pair.levels_db[k] = readers[k].levels_db(start_cells * cell_s);
      pair.rows = pair.levels_db[k].size() / bands;
    }
    // Row 0 carries the signs of cell kFirstCell.
    const std::size_t first = kFirstCell * bands;
    for (std::size_t k = 0; k < 2; ++k) {
      pair.rows = std::min(
          {pair.rows, signs[k].size() / bands - kFirstCell, pair.levels_db[k].size() / bands});
    }
    for (std::size_t k = 0; k < 2; ++k) {
      pair.levels_db[k].resize(pair.rows * bands);
      pair.signs[k].assign(
          signs[k].begin() + static_cast<std::ptrdiff_t>(first),
          signs[k].begin() + static_cast<std::ptrdiff_t>(first + pair.rows * bands));
    }
  };
  double best_z = -1e9, best = kFirstCell;
  for (int step = -2; step <= kPhaseSteps; ++step) {
    const double start = kFirstCell + static_cast<double>(step) / kPhaseSteps;
    measure(start);
    if (static_cast<double>(pair.rows) * cell_s < 0.5 * kMinSeconds) return std::nullopt;
    const double z = pair_z(pair, 0, pair.rows, watermark::lattice_weights(pair.levels_db[0]),
                            watermark::lattice_weights(pair.levels_db[1]));
    if (z > best_z) {
      best_z = z;
      best = start;
    }
  }
  measure(best + rng.uniform(-0.5, 0.5) / kPhaseSteps);
  return pair;
}

std::optional<MarkedPair> make_pair(const CorpusPlan& plan, const std::vector<Track>& tracks,
                                    const Job& job, const fs::path& path) {
  const Track& track = tracks[job.track];
  const CorpusAttack& attack = plan.attacks[job.attack];
  const Rng rng = Rng(plan.seed, "corpus").child(track.name).child(attack.name);
  const double seconds = track.held_out ? plan.held_out_s : plan.train_s;
  const AudioBuffer host = read_excerpt(track, seconds, rng.child("place"));
  if (host.duration_s() < kMinSeconds || host.rms() < kMinRms) return std::nullopt;
  std::optional<TemporaryPath> other;
  std::string chain = attack.chain;
  if (chain.find(kOther) != std::string::npos) {
    other.emplace(fs::path(path).replace_extension(".other.wav"));
    WriteOptions options;
    options.overwrite = true;
    write_audio(other->path(), read_excerpt(tracks[job.other], seconds, rng.child("other")),
                options);
    chain = with_other(chain, other->path().string());
  }
  const EffectChain effects = EffectChain::parse(chain);
  std::array<std::optional<watermark::LatticeReader>, 2> readers;
  std::array<std::vector<std::int8_t>, 2> signs;
  Rng keys = rng.child("keys");
  for (std::size_t k = 0; k < 2; ++k) {
    const watermark::Key key = draw_key(keys);
    const std::uint64_t payload = keys.next_u64();
    AudioBuffer marked = host;
    watermark::EmbedOptions options;
    options.read_back = false;
    watermark::embed(marked, key, payload, options);
    readers[k].emplace(effects.apply(marked, rng.child("attack")));
    signs[k] = watermark::lattice_signs(
        key, payload, static_cast<std::size_t>(seconds / watermark::lattice_cell_s()));
  }
  std::optional<MarkedPair> pair =
      align({std::move(*readers[0]), std::move(*readers[1])}, signs, rng.child("shift"));
  if (!pair) return pair;
  pair->track = track.name;
  pair->attack = attack.name;
  pair->held_out = track.held_out;
  return pair;
}

void save(const MarkedPair& pair, const fs::path& path) {
  std::string bytes(sizeof(std::uint64_t), '\0');
  const std::uint64_t rows = pair.rows;
  std::memcpy(bytes.data(), &rows, sizeof rows);
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::size_t i = 0; i < pair.levels_db[k].size(); ++i) {
      const auto level = static_cast<std::int16_t>(std::lround(
          std::clamp(static_cast<double>(pair.levels_db[k][i]) / kLevelStepDb, -32767.0, 32767.0)));
      char cell[3];
      std::memcpy(cell, &level, 2);
      cell[2] = pair.signs[k][i] > 0 ? 1 : 0;
      bytes.append(cell, 3);
    }
  }
  write_file(path, bytes, true);
}

MarkedPair load(const fs::path& path) {
  const std::string bytes = read_file(path);
  const std::size_t bands = watermark::lattice_bands();
  std::uint64_t rows = 0;
  if (bytes.size() >= sizeof rows) std::memcpy(&rows, bytes.data(), sizeof rows);
  if (bytes.size() != sizeof rows + rows * bands * 6) {
    throw Error(ErrorCode::kFormat, path.string() +
                                        ": is no table of this version; train with "
                                        "--overwrite");
  }
  MarkedPair pair;
  pair.rows = rows;
  const char* at = bytes.data() + sizeof rows;
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::size_t i = 0; i < rows * bands; ++i, at += 3) {
      std::int16_t level = 0;
      std::memcpy(&level, at, 2);
      pair.levels_db[k].push_back(static_cast<float>(level * kLevelStepDb));
      pair.signs[k].push_back(at[2] != 0 ? 1.0F : -1.0F);
    }
  }
  return pair;
}

}  // namespace

CorpusPlan CorpusPlan::from_config(const Config& config) {
  CorpusPlan plan;
  plan.seed = static_cast<std::uint64_t>(config.get_int("seed", 1));
  plan.folders = config.get_strings("data.folders");
  plan.exclude = config.get_strings("data.exclude");
  plan.held_out_share = config.get_double_in("data.held_out_share", 0.2, 0.0, 0.9);
  plan.train_s = config.get_double_in("data.train_s", 30, kMinSeconds, 600);
  plan.held_out_s = config.get_double_in("data.held_out_s", 60, kMinSeconds, 600);
  plan.attacks_per_track =
      static_cast<std::size_t>(config.get_double_in("data.attacks_per_track", 10, 1, 1000));
  plan.max_held_out =
      static_cast<std::size_t>(config.get_double_in("data.max_held_out", 12, 2, 1000));
  for (std::size_t i = 0; i < config.array_size("attack"); ++i) {
    const std::string at = fmt::format("attack.{}.", i);
    plan.attacks.push_back({config.get_string(at + "name"), config.get_string(at + "chain")});
    EffectChain::parse(with_other(plan.attacks.back().chain, "other.wav"));
  }
  if (plan.attacks.empty()) plan.attacks.push_back({"none", "none"});
  return plan;
}

double pair_z(const MarkedPair& pair, std::size_t from, std::size_t rows,
              const std::vector<float>& first, const std::vector<float>& second) {
  const std::size_t bands = watermark::lattice_bands();
  double sum = 0;
  for (std::size_t i = 0; i < rows * bands; ++i) {
    const std::size_t at = from * bands + i;
    sum += 0.5 * static_cast<double>(pair.signs[0][at] - pair.signs[1][at]) *
           static_cast<double>(first[i] - second[i]);
  }
  const double energy = 0.5 * (norm_of(first, 0, rows * bands) + norm_of(second, 0, rows * bands));
  return energy > 0 ? sum / std::sqrt(energy) : 0.0;
}

std::vector<MarkedPair> make_corpus(const CorpusPlan& plan, const fs::path& folder, int jobs,
                                    bool resume) {
  fs::create_directories(folder);
  const std::vector<Track> tracks = list_tracks(plan);
  const std::vector<Job> list = list_jobs(plan, tracks);
  std::vector<MarkedPair> pairs(list.size());
  Progress progress("tables", list.size(), "excerpts");
  parallel_for(list.size(), jobs, [&](std::size_t i) {
    const Track& track = tracks[list[i].track];
    const CorpusAttack& attack = plan.attacks[list[i].attack];
    const fs::path path =
        folder /
        (sha256_hex(
             fmt::format(
                 "{}|{}|{}|{}|{}|{}|{}", plan.seed, track.name, attack.name, attack.chain,
                 attack.chain.find(kOther) == std::string::npos ? "" : tracks[list[i].other].name,
                 plan.train_s, plan.held_out_s))
             .substr(0, 24) +
         ".cells");
    try {
      if (!(resume && fs::exists(path))) {
        if (const auto pair = make_pair(plan, tracks, list[i], path)) save(*pair, path);
      }
      if (fs::exists(path)) {
        MarkedPair pair = load(path);
        pair.track = track.name;
        pair.attack = attack.name;
        pair.held_out = track.held_out;
        pairs[i] = std::move(pair);
      }
    } catch (const Error& error) {
      throw Error(ErrorCode::kIo,
                  fmt::format("{} under {}: {}", track.path.string(), attack.chain, error.what()));
    }
    progress.add(1);
  });
  std::erase_if(pairs, [](const MarkedPair& pair) { return pair.rows == 0; });
  return pairs;
}

}  // namespace brandiron::app
