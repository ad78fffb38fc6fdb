// Training material of the watermark's learned front end: recordings marked twice, attacked, and
// kept as tables of cell levels with the signs they carry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/config.h"

namespace brandiron::app {

struct CorpusAttack {
  std::string name, chain;  ///< `{other}` in a chain stands for another recording
};

/// What `brandiron train watermark` reads from its configuration.
struct CorpusPlan {
  std::uint64_t seed = 1;
  std::vector<std::string> folders, exclude;
  std::vector<CorpusAttack> attacks;
  double held_out_share = 0.2;           ///< of the titles
  double train_s = 30, held_out_s = 60;  ///< length of an excerpt
  std::size_t attacks_per_track = 10;    ///< drawn in turn, so that all occur equally often
  std::size_t max_held_out = 12;         ///< recordings; each meets every attack
  static CorpusPlan from_config(const Config& config);
};

/// One excerpt under one attack, marked twice under random keys.
struct MarkedPair {
  std::string track, attack;
  bool held_out = false;
  std::size_t rows = 0;
  std::vector<float> levels_db[2];
  std::vector<float> signs[2];
};

/// Makes or fetches (with `resume`) all pairs, on `jobs` threads, below `folder`. Recordings are
/// those of CorpusPlan::folders whose SHA-256 of the file name begins with 0-7: the others are for
/// tests. Excerpts that are silent or too short are left out.
std::vector<MarkedPair> make_corpus(const CorpusPlan& plan, const std::filesystem::path& folder,
                                    int jobs, bool resume);

/// The classical statistic of a pair's rows [from, from + rows), estimated with little noise: half
/// of the difference of the signs times the difference of the weights, over their norm.
double pair_z(const MarkedPair& pair, std::size_t from, std::size_t rows,
              const std::vector<float>& first, const std::vector<float>& second);

}  // namespace brandiron::app
