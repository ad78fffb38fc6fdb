#pragma once

#include <string>
#include <vector>

#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {

inline constexpr int kMostEpSongs = 12;

/// Songs of one persona in their running order. `specs[i]` pins what makes song i itself, so that
/// it can be made alone; `scores[i]` is what it will be.
struct EpPlan {
  std::string title;  ///< the pinned one, or that of the title track
  std::vector<SongSpec> specs;
  std::vector<Score> scores;
};

/// Plans `songs` songs that belong together and differ: no title twice, no verse line twice, keys,
/// grooves, themes and forms as different as the persona's style allows, tempos at least 2 bpm
/// apart, neighbours of unequal groove and key where there are two; a stomp or train song opens, a
/// ballad or waltz closes where the style has one. What `base` pins holds for every song, its title
/// for the EP. Deterministic in the arguments.
/// @throws Error(kInvalidArgument) for a number outside 2 .. 12, or pins that one song alone can
/// have: lyrics, melody.
EpPlan plan_ep(const SongSpec& base, const Persona& persona, int songs);

}  // namespace brandiron::gen
