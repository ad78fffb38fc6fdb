#include "tone_cache.h"

#include <fluidsynth.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <span>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/gen/band.h"

namespace brandiron::gen::band {
namespace {

void run(const Biquad& filter, std::span<float> x) { FilterCascade{filter}.process(x); }

// FluidSynth's own gain keeps single notes near -18 dBFS; four times that fits 16 bits.
constexpr double kSynthGain = 0.5;
constexpr float kUnitsPerFull = 4.0F * 32767.0F;
constexpr std::array<int, kNumVelocityLayers> kLayerVelocity{62, 88, 114};
constexpr int kBlock = 64;  // FluidSynth's; whole blocks keep every note on a block boundary

/// How long the tones of a program are kept: beyond it they are silent or damped anyway.
double kept_seconds(int program) {
  switch (program) {
    case 32:
      return 2.5;  // acoustic bass
    case 105:
      return 1.6;  // banjo
    case 22:       // harmonica
    case 110:
      return 3.0;  // fiddle
    default:
      return 4.0;  // guitars
  }
}

bool is_sustained(int program) { return program == 22 || program == 110; }

/// One FluidSynth for one sample rate, playing one note at a time from a clean state.
class NoteRenderer {
 public:
  NoteRenderer(const std::filesystem::path& sound_font, int rate_hz)
      : settings_(new_fluid_settings(), delete_fluid_settings),
        synth_(nullptr, delete_fluid_synth) {
    for (int level = FLUID_PANIC; level < LAST_LOG_LEVEL; ++level) {
      fluid_set_log_function(
          level, [](int, const char*, void*) {}, nullptr);
    }
    fluid_settings_t* s = settings_.get();
    fluid_settings_setint(s, "synth.dynamic-sample-loading", 1);
    fluid_settings_setint(s, "synth.reverb.active", 0);
    fluid_settings_setint(s, "synth.chorus.active", 0);
    fluid_settings_setint(s, "synth.lock-memory", 0);
    fluid_settings_setint(s, "synth.threadsafe-api", 0);
    fluid_settings_setint(s, "synth.polyphony", 16);
    fluid_settings_setnum(s, "synth.sample-rate", rate_hz);
    fluid_settings_setnum(s, "synth.gain", kSynthGain);
    synth_.reset(new_fluid_synth(s));
    if (synth_) font_ = fluid_synth_sfload(synth_.get(), sound_font.c_str(), 0);
    if (!synth_ || font_ == FLUID_FAILED) {
      throw Error(
          ErrorCode::kModel,
          fmt::format("sound font {}: FluidSynth cannot load it; reinstall the Debian package "
                      "fluid-soundfont-gm",
                      sound_font.string()));
    }
  }

  std::vector<float> render(int program, int pitch, int velocity, std::size_t frames) {
    fluid_synth_t* synth = synth_.get();
    // Not fluid_synth_system_reset: it lets the last voice ring on into the next note.
    fluid_synth_all_sounds_off(synth, 0);
    settle();
    if (fluid_synth_program_select(synth, 0, font_, 0, program) != FLUID_OK) {
      throw Error(
          ErrorCode::kModel,
          fmt::format("sound font: no program {} in bank 0; install fluid-soundfont-gm", program));
    }
    const std::size_t padded = (frames + kBlock - 1) / kBlock * kBlock;
    std::vector<float> left(padded), right(padded);
    fluid_synth_noteon(synth, 0, pitch, velocity);
    fluid_synth_write_float(synth, static_cast<int>(padded), left.data(), 0, 1, right.data(), 0, 1);
    for (std::size_t i = 0; i < padded; ++i) left[i] = 0.5F * (left[i] + right[i]);
    left.resize(frames);
    return left;
  }

 private:
  // Lets voices that were switched off leave their last block.
  void settle() {
    std::array<float, kBlock> left{}, right{};
    fluid_synth_write_float(synth_.get(), kBlock, left.data(), 0, 1, right.data(), 0, 1);
  }

  std::unique_ptr<fluid_settings_t, decltype(&delete_fluid_settings)> settings_;
  std::unique_ptr<fluid_synth_t, decltype(&delete_fluid_synth)> synth_;
  int font_ = FLUID_FAILED;
};

struct Cache {
  std::shared_mutex tones_mutex;
  std::map<ToneKey, std::shared_ptr<const Tone>> tones;
  std::mutex synth_mutex;
  std::map<int, std::unique_ptr<NoteRenderer>> renderers;
};

Cache& cache() {
  static Cache instance;
  return instance;
}

float peak_of(const std::vector<float>& x, std::size_t end) {
  float peak = 0.0F;
  for (std::size_t i = 0; i < std::min(end, x.size()); ++i) peak = std::max(peak, std::fabs(x[i]));
  return peak;
}

/// Samples begin with some milliseconds of finger noise or air: cuts them, so that a note's stated
/// start is where it is heard. Plucked tones begin 1 ms before 20 % of their first peak.
void trim_to_attack(std::vector<float>& x, int rate_hz, bool sustained) {
  const auto ms = [&](double t) { return static_cast<std::size_t>(t * 0.001 * rate_hz); };
  const float threshold = (sustained ? 0.05F : 0.2F) * peak_of(x, ms(120));
  std::size_t first = 0;
  while (first < x.size() && std::fabs(x[first]) < threshold) ++first;
  const std::size_t lead = ms(1.0);
  const std::size_t cut = first > lead ? first - lead : 0;
  x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(cut));
  for (std::size_t i = 0; i < std::min(lead, x.size()); ++i) {
    x[i] *= static_cast<float>(i) / static_cast<float>(lead);
  }
}

/// Bends a tone: plays it at 2^(cents/1200) times its speed, by cubic interpolation.
template <typename Cents>
std::vector<float> bend(const std::vector<float>& x, int rate_hz, Cents cents_at) {
  constexpr int kControl = 32;
  std::vector<float> out;
  out.reserve(x.size());
  double position = 1.0;
  double speed = 1.0;
  while (position + 3.0 < static_cast<double>(x.size())) {
    if (out.size() % kControl == 0) {
      speed = det::exp2(cents_at(static_cast<double>(out.size()) / rate_hz) / 1200.0);
    }
    const auto i = static_cast<std::size_t>(position);
    const auto f = static_cast<float>(position - static_cast<double>(i));
    const float a = x[i - 1], b = x[i], c = x[i + 1], d = x[i + 2];
    const float c1 = 0.5F * (c - a), c2 = a - 2.5F * b + 2.0F * c - 0.5F * d;
    const float c3 = 0.5F * (d - a) + 1.5F * (b - c);
    out.push_back(((c3 * f + c2) * f + c1) * f + b);
    position += speed;
  }
  return out;
}

double vibrato_cents(double t, double depth) {
  constexpr double kTwoPi = 6.283185307179586;
  const double onset = std::clamp((t - 0.25) / 0.3, 0.0, 1.0);
  return onset * depth * det::sin(kTwoPi * 5.4 * t);
}

/// The heel of the hand on the strings: a short, dull tone.
void palm_mute(std::vector<float>& x, int rate_hz, int pitch) {
  const double lowpass_hz = std::clamp(6.0 * det::midi_to_hz(pitch), 700.0, 2200.0);
  run(Biquad::lowpass(rate_hz, lowpass_hz, 0.8), x);
  constexpr double kDecaySeconds = 0.13;
  const double step = det::exp(-1.0 / (kDecaySeconds * rate_hz));
  double gain = 1.6;  // muting is played harder
  for (float& v : x) {
    v = static_cast<float>(v * gain);
    gain *= step;
  }
  x.resize(std::min(x.size(), static_cast<std::size_t>(0.9 * rate_hz)));
}

/// A sample's loop keeps the brightness of its first second for ever; on a steel string the upper
/// partials die first. Two falling one-pole low-passes, from 14 kHz to 2.2 kHz.
void dull_with_time(std::vector<float>& x, int rate_hz) {
  constexpr std::size_t kControl = 64;
  float first = 0.0F, second = 0.0F, keep = 0.0F;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i % kControl == 0) {
      const double hz = 2200.0 + 11800.0 * det::exp(-static_cast<double>(i) / (0.30 * rate_hz));
      keep = static_cast<float>(det::exp(-6.283185307179586 * hz / rate_hz));
    }
    first = x[i] + keep * (first - x[i]);
    second = first + keep * (second - first);
    x[i] = second;
  }
}

void articulate(std::vector<float>& x, const ToneKey& key) {
  if (key.program == 25) dull_with_time(x, key.rate_hz);
  switch (key.articulation) {
    case Articulation::kOpen:
      break;
    case Articulation::kPalmMute:
      palm_mute(x, key.rate_hz, key.pitch);
      break;
    case Articulation::kSlideIn:
      x = bend(x, key.rate_hz, [](double t) {
        const double slide = t < 0.13 ? -200.0 * (1.0 - t / 0.13) * (1.0 - t / 0.13) : 0.0;
        return slide + vibrato_cents(t, 22.0);
      });
      break;
    case Articulation::kVibrato:
      x = bend(x, key.rate_hz, [](double t) { return vibrato_cents(t, 14.0); });
      break;
  }
}

Tone quantise(const std::vector<float>& x) {
  Tone tone;
  tone.scale = 1.0F / kUnitsPerFull;
  tone.samples.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float units = std::clamp(x[i] * kUnitsPerFull, -32767.0F, 32767.0F);
    tone.samples[i] = static_cast<std::int16_t>(std::lrintf(units));
  }
  // Nothing is to be gained by mixing zeros.
  while (!tone.samples.empty() && std::abs(tone.samples.back()) < 2) tone.samples.pop_back();
  return tone;
}

std::shared_ptr<const Tone> make_tone(const ToneKey& key) {
  Cache& c = cache();
  std::vector<float> x;
  {
    const std::lock_guard lock(c.synth_mutex);
    auto& renderer = c.renderers[key.rate_hz];
    if (!renderer) renderer = std::make_unique<NoteRenderer>(find_sound_font(), key.rate_hz);
    x = renderer->render(key.program, key.pitch,
                         kLayerVelocity[static_cast<std::size_t>(key.layer)],
                         static_cast<std::size_t>(kept_seconds(key.program) * key.rate_hz));
  }
  trim_to_attack(x, key.rate_hz, is_sustained(key.program));
  articulate(x, key);
  return std::make_shared<const Tone>(quantise(x));
}

}  // namespace

int velocity_layer(int velocity) {
  if (velocity < 75) return 0;
  return velocity < 101 ? 1 : 2;
}

float gain_within_layer(int velocity) {
  const int layer = kLayerVelocity[static_cast<std::size_t>(velocity_layer(velocity))];
  const float ratio = static_cast<float>(velocity) / static_cast<float>(layer);
  return ratio * ratio;
}

std::shared_ptr<const Tone> sampled_tone(const ToneKey& key) {
  Cache& c = cache();
  {
    const std::shared_lock lock(c.tones_mutex);
    const auto found = c.tones.find(key);
    if (found != c.tones.end()) return found->second;
  }
  auto tone = make_tone(key);
  const std::unique_lock lock(c.tones_mutex);
  return c.tones.try_emplace(key, std::move(tone)).first->second;
}

void clear_tone_cache() {
  Cache& c = cache();
  const std::lock_guard synth_lock(c.synth_mutex);
  const std::unique_lock lock(c.tones_mutex);
  c.tones.clear();
  c.renderers.clear();
}

}  // namespace brandiron::gen::band

namespace brandiron::gen {

std::filesystem::path find_sound_font() {
  std::error_code ignored;
  if (const char* chosen = std::getenv("BRANDIRON_SOUNDFONT"); chosen != nullptr && *chosen != 0) {
    if (std::filesystem::is_regular_file(chosen, ignored)) return chosen;
    throw Error(
        ErrorCode::kModel,
        fmt::format("sound font {} (BRANDIRON_SOUNDFONT): no such file; unset it or install "
                    "the Debian package fluid-soundfont-gm",
                    chosen));
  }
  constexpr const char* kPlaces[] = {"/usr/share/sounds/sf2/FluidR3_GM.sf2",
                                     "/usr/share/sounds/sf2/default-GM.sf2",
                                     "/usr/share/soundfonts/FluidR3_GM.sf2"};
  for (const char* place : kPlaces) {
    if (std::filesystem::is_regular_file(place, ignored)) return place;
  }
  throw Error(
      ErrorCode::kModel,
      fmt::format("sound font: none found at {} or default-GM.sf2; install the Debian package "
                  "fluid-soundfont-gm",
                  kPlaces[0]));
}

}  // namespace brandiron::gen
