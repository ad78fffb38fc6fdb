#pragma once

#include <string>

#include "brandiron/gen/decoder_model.h"
#include "brandiron/gen/song.h"

namespace brandiron::gen {

/// What of a song goes through a neural decoder.
struct Decoding {
  bool voice = false;  ///< the lead, before the mixer
  bool mix = false;    ///< the premaster, before the master
};

/// As the options ask. @throws Error(kInvalidArgument) for an unknown scope.
Decoding decoding_of(const GenerateOptions& options);

/// @throws Error(kModel) when a decoder is wanted and `decoder` is none or another family;
/// Error(kUnsupported) for another rate than its own.
void check_decoder(const GenerateOptions& options, const DecoderModel* decoder);

}  // namespace brandiron::gen
