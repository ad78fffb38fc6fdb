#pragma once

#include <array>
#include <string_view>

#include "brandiron/gen/persona.h"

namespace brandiron::gen {

/// One number of the voice: its key, where it lives, what is allowed and how a new persona draws
/// it.
struct VoiceField {
  std::string_view key;
  double VoiceParameters::*member;
  double low, high;                  ///< allowed
  double typical_low, typical_high;  ///< drawn by `new_persona_toml`
  double weight;  ///< in `persona_distance`: how audible a difference of the full typical range is
};

inline constexpr std::array<VoiceField, 23> kVoiceFields = {{
    {"formant_scale", &VoiceParameters::formant_scale, 0.75, 1.25, 0.83, 1.08, 5.0},
    {"tilt_db_per_octave", &VoiceParameters::tilt_db_per_octave, -6.0, 3.0, -3.0, 1.0, 2.0},
    {"twang_db", &VoiceParameters::twang_db, 0.0, 12.0, 0.0, 9.0, 2.0},
    {"twang_hz", &VoiceParameters::twang_hz, 1800.0, 4000.0, 2200.0, 3400.0, 1.0},
    {"nasal", &VoiceParameters::nasal, 0.0, 1.0, 0.0, 0.6, 1.0},
    {"breath_db", &VoiceParameters::breath_db, -60.0, -10.0, -36.0, -18.0, 1.0},
    {"jitter", &VoiceParameters::jitter, 0.0, 0.05, 0.002, 0.02, 0.5},
    {"shimmer", &VoiceParameters::shimmer, 0.0, 0.4, 0.02, 0.16, 0.5},
    {"subharmonic", &VoiceParameters::subharmonic, 0.0, 0.5, 0.0, 0.3, 1.0},
    {"growl", &VoiceParameters::growl, 0.0, 0.6, 0.0, 0.35, 1.0},
    {"growl_hz", &VoiceParameters::growl_hz, 30.0, 100.0, 45.0, 80.0, 0.3},
    {"fry", &VoiceParameters::fry, 0.0, 1.0, 0.0, 0.8, 0.5},
    {"rasp", &VoiceParameters::rasp, 0.0, 1.0, 0.1, 0.95, 2.0},
    {"vibrato_hz", &VoiceParameters::vibrato_hz, 3.0, 8.0, 4.6, 6.2, 0.7},
    {"vibrato_cents", &VoiceParameters::vibrato_cents, 0.0, 100.0, 10.0, 55.0, 0.7},
    {"vibrato_delay_s", &VoiceParameters::vibrato_delay_s, 0.0, 2.0, 0.2, 0.7, 0.3},
    {"scoop_cents", &VoiceParameters::scoop_cents, -500.0, 300.0, -260.0, -40.0, 0.5},
    {"scoop_s", &VoiceParameters::scoop_s, 0.01, 0.4, 0.05, 0.14, 0.2},
    {"portamento_s", &VoiceParameters::portamento_s, 0.02, 0.4, 0.07, 0.19, 0.4},
    {"fall_cents", &VoiceParameters::fall_cents, -600.0, 100.0, -260.0, -20.0, 0.3},
    {"drift_cents", &VoiceParameters::drift_cents, 0.0, 40.0, 4.0, 15.0, 0.2},
    {"layback_s", &VoiceParameters::layback_s, -0.03, 0.1, 0.0, 0.045, 0.2},
    {"consonant_scale", &VoiceParameters::consonant_scale, 0.7, 2.0, 1.1, 1.5, 0.2},
}};

inline constexpr std::array<std::string_view, 4> kVoiceBanks = {"kal16", "rms", "awb", "slt"};
inline constexpr std::array<std::string_view, 4> kGrooves = {"stomp", "train", "waltz", "ballad"};
inline constexpr std::array<std::string_view, 3> kBackingVoices = {"double", "high", "low"};
inline constexpr std::array<std::string_view, 4> kColours = {"harmonica", "slide", "fiddle",
                                                             "banjo"};
inline constexpr std::array<std::string_view, 2> kGuitars = {"steel", "resonator"};

}  // namespace brandiron::gen
