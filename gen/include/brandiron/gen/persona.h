#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/config.h"

namespace brandiron::gen {

/// How the singer's throat is built and used. Every field has a range in `validate()`;
/// docs/formats.md lists them. Units are in the names.
struct VoiceParameters {
  std::string bank = "kal16";        ///< voice bank (gen/src/singing), tied to the persona
  double formant_scale = 0.87;       ///< frequency axis of voiced frames; below 1 = longer tract
  double tilt_db_per_octave = -1.5;  ///< spectral tilt above 1 kHz
  double twang_db = 4.0;             ///< singer's ring
  double twang_hz = 2500.0;
  double nasal = 0.0;         ///< 0..1
  double breath_db = -27.0;   ///< aspiration re harmonics
  double jitter = 0.010;      ///< period perturbation (relative)
  double shimmer = 0.10;      ///< amplitude perturbation (relative)
  double subharmonic = 0.14;  ///< depth of period doubling
  double growl = 0.22;        ///< depth of supraglottal AM
  double growl_hz = 62.0;
  double fry = 0.5;    ///< 0..1: how often a phrase starts in vocal fry
  double rasp = 0.75;  ///< overall amount of the above, 0..1
  double vibrato_hz = 5.1;
  double vibrato_cents = 32.0;
  double vibrato_delay_s = 0.40;
  double scoop_cents = -180.0;
  double scoop_s = 0.08;
  double portamento_s = 0.13;
  double fall_cents = -140.0;  ///< at phrase ends
  double drift_cents = 9.0;
  double layback_s = 0.018;  ///< vowel onset after the beat
  double consonant_scale = 1.3;
  bool southern_ay = true;  ///< monophthongised AY before voiced sounds
  bool g_dropping = true;   ///< -ing -> IH N
};

/// What this persona writes and plays.
struct StyleParameters {
  int range_low = 45, range_high = 59;  ///< MIDI limits of the lead melody
  std::vector<std::string> keys;        ///< e.g. {"E:maj","A:maj","E:min"}
  double tempo_low_bpm = 72, tempo_high_bpm = 92;
  std::vector<std::string> grooves;  ///< "stomp", "train", "waltz", "ballad"
  std::vector<std::string> themes;   ///< empty: all
  std::string colour = "harmonica";  ///< the one colour instrument: harmonica slide fiddle banjo
  std::string guitar = "steel";      ///< steel (flat-top) or resonator (metal cone)
  double swing = 0.54;
  bool gang = true;                  ///< gang "hey!" or "whoa"
  std::vector<std::string> backing;  ///< who sings behind the choruses: double high low
};

struct Persona {
  std::string id;  ///< "rust-hollow"
  int version = 1;
  std::string name;         ///< display name
  std::string description;  ///< what the character is; always a fictional person
  VoiceParameters voice;
  StyleParameters style;
  std::string sha256;  ///< of the resolved configuration
  std::string
      config_json;  ///< that configuration (flat keys), so that a song can be rendered again
};

/// From a resolved configuration. @throws Error(kConfig) naming key, value, range and file:line.
Persona parse_persona(const Config& config);
/// By name (configs/persona/NAME.toml) or path. @throws Error(kConfig) listing the known names.
Persona load_persona(const std::string& name_or_path);
std::vector<std::string> list_personas();
/// Samples a new fictional persona; pure function of the seed. Returns its TOML.
std::string new_persona_toml(std::uint64_t seed, const std::string& id);
/// 0 (the same parameters) .. 1 (nothing alike): weighted parameter distance of the two voices.
double persona_distance(const Persona& a, const Persona& b);

}  // namespace brandiron::gen
