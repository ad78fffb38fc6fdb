#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "brandiron/experiments/decoder_study.h"

namespace brandiron::experiments {

inline constexpr const char* kDecoderStudySchema = "brandiron.decoder-study-results/1";

/// One line of results.jsonl each.
std::string twin_line(const TwinResult& result);
/// The crops of one file through one decoder.
std::string marks_line(const std::vector<MarkResult>& crops);

nlohmann::ordered_json comb_json(const Comb& comb);

}  // namespace brandiron::experiments
