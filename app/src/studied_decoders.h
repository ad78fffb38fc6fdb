#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "brandiron/experiments/decoder_study.h"

namespace brandiron::app {

/// Which decoders a study or a picture is about.
struct DecoderChoice {
  std::vector<std::string> families;  ///< none: all whose weights are installed
  std::vector<std::string> weights;   ///< files, in place of the installed ones of their families
  std::vector<double> kbps;           ///< of one channel; none: the default of the weights
};

/// --family, --weights and --kbps.
void add_decoder_choice(CLI::App& verb, DecoderChoice& choice);

/// Griffin-Lim first, then every family at every bit rate that it has.
/// @throws Error(kModel) for a named family without weights, or when there are none at all;
/// Error(kInvalidArgument) for a family that does not exist or a bit rate that none has.
std::vector<experiments::StudiedDecoder> studied_decoders(const DecoderChoice& choice);

}  // namespace brandiron::app
