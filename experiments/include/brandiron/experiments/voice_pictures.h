#pragma once

#include <string>

#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"

namespace brandiron::experiments {

/// The line that every persona sings in docs/voice.md.
inline constexpr const char* kPictureLine = "I rode the rusted rail till the morning came";

/// The persona sings `words` (one line) alone; from the seed. The part is cut to what sounds, times
/// and all. @throws Error(kInvalidArgument) when nothing of the words can be sung.
gen::SungPart sing_line(const gen::Persona& persona, const std::string& words, std::uint64_t seed);

/// What was sung, to look at: spectrogram (60 Hz to 14 kHz, logarithmic), pitch on the same axis,
/// phones below, techniques above. One SVG without outside resources, about 100 kB.
std::string sung_line_svg(const std::string& title, const gen::SungPart& part);

}  // namespace brandiron::experiments
