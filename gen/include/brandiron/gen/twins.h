#pragma once

#include "brandiron/gen/band.h"

namespace brandiron::gen {

/// The mix of a song's twin in another mix: as if nobody had pressed the master. What it does not
/// name stays as in `mix`.
inline MixOptions other_mix(MixOptions mix) {
  mix.producedness = 0.3;
  mix.target_lufs = -16.0;
  mix.vocal_over_band_db = 2.0;
  return mix;
}

}  // namespace brandiron::gen
