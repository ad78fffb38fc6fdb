#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// Is a stripped file led back to its manifest, and is a mark on other audio noticed?
struct DisclosureStudyOptions {
  std::vector<StudyFile> files;
  std::vector<std::string> parts;  ///< of `disclosure_parts`; empty: all
  double excerpt_s = 60;           ///< from the middle of each file
  std::size_t observed = 10;       ///< recordings of one payload that estimating may use
  std::size_t targets = 20;        ///< recordings that marks are copied to
  std::uint64_t seed = 1;          ///< of key, payloads and every other draw
  int jobs = 1;
  bool overwrite = false;
  /// trials.jsonl is written here, and the registry that all of it asks.
  std::filesystem::path folder;
};

/// genuine: the published file changed; warped: its speed, tempo or pitch; copied: its mark put on
/// other recordings; others: pairs of different recordings by sound alone.
const std::vector<std::string>& disclosure_parts();

/// One file after one change, read and looked up.
struct DisclosureTrial {
  std::string part, setting, file;
  bool present = false;         ///< some mark
  bool payload = false;         ///< the payload that belongs to it: embedded or forged
  std::string binding;          ///< what the registry says of the file
  bool recovered = false;       ///< the bytes of the right manifest came out
  bool by_audio = false;        ///< the right entry is found by sound alone
  double bit_error_rate = 0.5;  ///< of the audio against what its payload was registered for
  double false_match = 1;
};

struct DisclosureRow {
  std::string part, setting;
  std::size_t n = 0, present = 0, payload = 0, confirmed = 0, copied = 0, unchecked = 0,
              recovered = 0, by_audio = 0;
  double error_median = 0.5, error_min = 0.5, error_max = 0.5;  ///< where the payload was read
};

struct DisclosureCosts {
  double fingerprint_ms = 0;     ///< CPU, for three minutes
  double fingerprint_bytes = 0;  ///< for three minutes
  double append_ms = 0;          ///< one durable entry, wall clock
  double look_up_ms = 0;         ///< a payload and its comparison, CPU
  double manifest_bytes = 0;     ///< mean
};

struct DisclosureResults {
  std::vector<DisclosureTrial> trials;
  DisclosureCosts costs;
};

/// @throws Error(kInvalidArgument) for a part that is none or fewer than two files that can be
/// used; Error as read_audio and write_file.
DisclosureResults run_disclosure_study(const DisclosureStudyOptions& options);
/// In the order in which parts and settings first occur.
std::vector<DisclosureRow> summarise_disclosure(const std::vector<DisclosureTrial>& trials);
std::string disclosure_text(const std::vector<DisclosureRow>& rows, const DisclosureCosts& costs);
/// brandiron.disclosure-study/1
std::string disclosure_json(const std::vector<DisclosureRow>& rows, const DisclosureCosts& costs);

}  // namespace brandiron::experiments
