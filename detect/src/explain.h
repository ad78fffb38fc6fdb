// Why a verdict is what it is, in sentences for people.
#pragma once

#include "brandiron/detect/detector.h"
#include "detector_model.h"

namespace brandiron::detect {

/// All that was found out about one recording.
struct Findings {
  AudioFeatures features;
  NetworkScores network;
  BranchScores branches;
  Judgement judgement;
};

/// Fills `result.evidence` and `result.explanation`; the rest of `result` is filled already.
void explain(const Findings& findings, const DetectorModel& model, const DetectorOptions& options,
             Detection& result);

}  // namespace brandiron::detect
