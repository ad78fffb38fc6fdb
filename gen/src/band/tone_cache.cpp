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

#include "articulation.h"
#include "brandiron/core/error.h"
#include "brandiron/gen/band.h"
#include "resonator.h"

namespace brandiron::gen::band {
namespace {

// FluidSynth's own gain keeps single notes near -18 dBFS; four times that fits 16 bits.
constexpr double kSynthGain = 0.5;
constexpr float kUnitsPerFull = 4.0F * 32767.0F;
constexpr std::array<int, kNumVelocityLayers> kLayerVelocity{62, 88, 114};

/// How long a tone is kept: beyond it, it is silent or damped anyway.
double kept_seconds(const ToneKey& key) {
  if (key.articulation == Articulation::kPalmMute) return kPalmMuteSeconds;
  switch (key.program) {
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

/// Gives every note a FluidSynth of its own: one that has played before fades some notes in
/// otherwise, so that songs would hang on the songs before them. The font is read once and lent to
/// each.
class NoteRenderer {
 public:
  NoteRenderer(const std::filesystem::path& sound_font, int rate_hz)
      : settings_(new_fluid_settings(), delete_fluid_settings),
        owner_(nullptr, delete_fluid_synth) {
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
    owner_.reset(new_fluid_synth(s));
    // Its other channels hold the programs that a new player begins with, or each would read them.
    if (owner_) font_id_ = fluid_synth_sfload(owner_.get(), sound_font.c_str(), 1);
    if (font_id_ == FLUID_FAILED) {
      throw Error(
          ErrorCode::kModel,
          fmt::format("sound font {}: FluidSynth cannot load it; reinstall the Debian package "
                      "fluid-soundfont-gm",
                      sound_font.string()));
    }
    font_ = fluid_synth_get_sfont_by_id(owner_.get(), font_id_);
  }

  std::vector<float> render(int program, int pitch, int velocity, std::size_t frames) {
    // Held by the owner, samples are read from the file once for all tones of a program in turn.
    fluid_synth_program_select(owner_.get(), 0, font_id_, 0, program);
    const Player player(settings_.get(), font_);
    fluid_synth_t* synth = player.synth();
    if (fluid_synth_program_select(synth, 0, player.font(), 0, program) != FLUID_OK) {
      throw Error(
          ErrorCode::kModel,
          fmt::format("sound font: no program {} in bank 0; install fluid-soundfont-gm", program));
    }
    std::vector<float> left(frames), right(frames);
    fluid_synth_noteon(synth, 0, pitch, velocity);
    fluid_synth_write_float(synth, static_cast<int>(frames), left.data(), 0, 1, right.data(), 0, 1);
    for (std::size_t i = 0; i < frames; ++i) left[i] = 0.5F * (left[i] + right[i]);
    return left;
  }

 private:
  /// A synthesiser that gives the font back before it goes.
  class Player {
   public:
    Player(fluid_settings_t* settings, fluid_sfont_t* font)
        : synth_(new_fluid_synth(settings), delete_fluid_synth), lent_(font) {
      id_ = synth_ ? fluid_synth_add_sfont(synth_.get(), lent_) : FLUID_FAILED;
      if (id_ == FLUID_FAILED) {
        throw Error(ErrorCode::kModel, "sound font: FluidSynth has no room for another player");
      }
    }
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;
    ~Player() { fluid_synth_remove_sfont(synth_.get(), lent_); }
    fluid_synth_t* synth() const { return synth_.get(); }
    int font() const { return id_; }

   private:
    std::unique_ptr<fluid_synth_t, decltype(&delete_fluid_synth)> synth_;
    fluid_sfont_t* lent_;
    int id_;
  };

  std::unique_ptr<fluid_settings_t, decltype(&delete_fluid_settings)> settings_;
  std::unique_ptr<fluid_synth_t, decltype(&delete_fluid_synth)> owner_;  ///< of the font
  int font_id_ = FLUID_FAILED;
  fluid_sfont_t* font_ = nullptr;
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
/// The cut lies in the first `kLongestAttackMs`.
constexpr double kLongestAttackMs = 120.0;
void trim_to_attack(std::vector<float>& x, int rate_hz, bool sustained) {
  const auto ms = [&](double t) { return static_cast<std::size_t>(t * 0.001 * rate_hz); };
  const float threshold = (sustained ? 0.05F : 0.2F) * peak_of(x, ms(kLongestAttackMs));
  std::size_t first = 0;
  while (first < x.size() && std::fabs(x[first]) < threshold) ++first;
  const std::size_t lead = ms(1.0);
  const std::size_t cut = first > lead ? first - lead : 0;
  x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(cut));
  for (std::size_t i = 0; i < std::min(lead, x.size()); ++i) {
    x[i] *= static_cast<float>(i) / static_cast<float>(lead);
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
  while (!tone.samples.empty() && tone.samples.back() == 0) tone.samples.pop_back();
  return tone;
}

std::vector<float> render_sample(const ToneKey& key, int velocity, std::size_t frames) {
  const std::size_t attack = static_cast<std::size_t>(kLongestAttackMs * 0.001 * key.rate_hz);
  Cache& c = cache();
  std::vector<float> x;
  {
    const std::lock_guard lock(c.synth_mutex);
    auto& renderer = c.renderers[key.rate_hz];
    if (!renderer) renderer = std::make_unique<NoteRenderer>(find_sound_font(), key.rate_hz);
    x = renderer->render(key.program, key.pitch, velocity, frames + attack);
  }
  trim_to_attack(x, key.rate_hz, is_sustained(key.program));
  return x;
}

/// The first `frames` samples of a tone.
std::shared_ptr<const Tone> make_tone(const ToneKey& key, std::size_t frames) {
  const int velocity = kLayerVelocity[static_cast<std::size_t>(key.layer)];
  const std::size_t needed = frames_before_articulation(frames);
  std::vector<float> x;
  if (key.source == ToneSource::kResonator) {
    x = resonator_string(key.pitch, velocity, needed, key.rate_hz);
    articulate(x, key);  // bends move the string, not the cone
    resonator_body(x, key.rate_hz);
  } else {
    x = render_sample(key, velocity, needed);
    if (key.program == kSteelGuitar) dull_with_time(x, key.rate_hz);
    articulate(x, key);
  }
  x.resize(std::min(x.size(), frames));
  Tone tone = quantise(x);
  tone.rendered = frames;
  return std::make_shared<const Tone>(std::move(tone));
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

std::shared_ptr<const Tone> tone_of(const ToneKey& key, std::size_t frames) {
  const auto whole = static_cast<std::size_t>(kept_seconds(key) * key.rate_hz);
  const auto portion = static_cast<std::size_t>(key.rate_hz / 4);
  const std::size_t wanted = std::min(whole, (std::min(frames, whole) / portion + 1) * portion);
  Cache& c = cache();
  {
    const std::shared_lock lock(c.tones_mutex);
    const auto found = c.tones.find(key);
    if (found != c.tones.end() && found->second->rendered >= std::min(frames, whole)) {
      return found->second;
    }
  }
  auto made = make_tone(key, wanted);
  const std::unique_lock lock(c.tones_mutex);
  auto& kept = c.tones[key];
  if (!kept || kept->rendered < made->rendered) kept = std::move(made);
  return kept;
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
