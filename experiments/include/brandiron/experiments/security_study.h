#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// What people can do against a mark who have no key: measured, with the classical front end.
struct SecurityOptions {
  std::vector<StudyFile> files;
  std::vector<std::string> attacks;  ///< of `security_attacks()`; empty: all
  double piece_s = 30;               ///< from the middle of each recording
  int most_files = 8;                ///< recordings that an attack is tried on
  int most_observed = 30;            ///< marked recordings that estimating the pattern may use
  int oracle_queries = 300;          ///< that a verification service answers about one clip
  std::uint64_t seed = 1;            ///< of keys, payloads and every other draw
  bool overwrite = false;
  std::filesystem::path folder;  ///< trials.jsonl is written here
};

/// overwrite, averaging, difference, estimation, blind-estimation, oracle, destruction.
const std::vector<std::string>& security_attacks();

/// One reading after one attack.
struct SecurityTrial {
  static constexpr int kNone = -1, kWrong = -2;
  std::string attack, setting, file;
  double p = 1;
  bool present = false;  ///< p <= 1e-9
  /// Which of the payloads embedded was read (0 is the first, or the one an attacker would forge),
  /// kNone, or kWrong for a payload that nobody embedded.
  int read = kNone;
  double sdr_db = 0;      ///< of what the attacker changed, or of the marks; 0: not applicable
  double agreement = -1;  ///< share of the lattice's signs (or lags) known rightly; -1: not asked
  int queries = 0;        ///< put to the oracle
};

/// Trials of one attack and setting.
struct SecurityRow {
  std::string attack, setting;
  std::size_t n = 0, present = 0, first = 0, other = 0, wrong = 0;
  double p_min = 1, p_median = 1, p_max = 0;  ///< the upper median where n is even
  double sdr_mean_db = 0, sdr_min_db = 0, agreement_mean = -1, queries_mean = 0;
};

/// @throws Error(kInvalidArgument) for an attack that is none or without material that can be
/// read; Error as read_audio and write_file.
std::vector<SecurityTrial> run_security_study(const SecurityOptions& options);
/// In the order in which attacks and settings first occur.
std::vector<SecurityRow> summarise_security(const std::vector<SecurityTrial>& trials);
std::string security_text(const std::vector<SecurityRow>& rows);
std::string security_json(const std::vector<SecurityRow>& rows);  ///< brandiron.security-study/1

}  // namespace brandiron::experiments
