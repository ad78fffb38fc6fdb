#pragma once

#include <filesystem>
#include <string>

#include "brandiron/core/marker.h"
#include "brandiron/gen/song.h"

namespace brandiron::app {

/// An EP to make: what `options.spec` pins holds for every song.
struct EpRequest {
  gen::GenerateOptions options;
  gen::PublishOptions publish;
  int songs = 0;
  std::filesystem::path folder;
  std::string key_fingerprint;  ///< of the mark; "": none
  gen::SongModels models = {};  ///< what the songs ask for
};

struct EpReport {
  std::string text, json;
  int failed = 0;
};

/// Writes a folder a song, "01-title", in running order, and manifest.jsonl when all are there. A
/// song that an earlier, interrupted run finished is kept: it is the one of the plan, by its id.
/// @throws Error(kOutput) when the folder holds a finished EP or another song and overwriting was
/// not asked for; Error(kInvalidArgument) for a plan that cannot be made.
EpReport make_ep(const EpRequest& request, const Marker& marker);

/// The running order, without making it.
std::string ep_plan_text(const EpRequest& request);

}  // namespace brandiron::app
