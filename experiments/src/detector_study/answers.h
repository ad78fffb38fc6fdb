#pragma once

#include <string>
#include <vector>

#include "brandiron/experiments/detector_study.h"

namespace brandiron::experiments {

/// What one line of a detector's standard output says: a number, or a JSON object. What is neither,
/// and what is not finite, becomes the score's error.
HeardScore parse_answer(const std::string& line);

/// The lines of standard output, empty ones at its end left out.
std::vector<std::string> answer_lines(const std::string& output);

/// The scores of a file of scores. @throws Error(kIo), Error(kFormat) naming the line.
std::vector<DetectorScore> read_score_file(const ScoreFile& file);

}  // namespace brandiron::experiments
