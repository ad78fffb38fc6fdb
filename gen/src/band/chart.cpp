#include <algorithm>
#include <cmath>
#include <map>

#include "playing.h"

namespace brandiron::gen::band {
namespace {

// Measured on people (docs/adr/0004, experiments/recipes/band/drummers.py): two limbs of a drummer
// share 8.5 ms (median over performances, lower quartile 6.2), each adds 11 (9.0). A record keeps
// the tight takes: the lower quartiles.
constexpr double kSwaySeconds = 0.0062;  // what the band does together, sd
constexpr double kVelocitySd = 7.0;      // of one stroke at one place of the bar, same source
constexpr double kFirstSecond = 0.012;   // nobody plays before the first sample

// What everybody does in the song's last bar.
std::string final_pattern(const Chart& chart, PatternRow SectionGroove::*player) {
  std::string bar(static_cast<std::size_t>(chart.steps_per_bar()), '.');
  const auto second_beat = static_cast<std::size_t>(chart.groove->steps_per_beat);
  if (player == &SectionGroove::guitar) bar[0] = 'D';
  if (player == &SectionGroove::bass) bar[0] = 'R';
  const bool plays =
      std::any_of(chart.playing.begin(), chart.playing.end(),
                  [&](const SectionGroove* section) { return !(section->*player).bars.empty(); });
  const bool foot = player == &SectionGroove::stomp || player == &SectionGroove::kick;
  if (foot && plays) bar[0] = 'X';  // the foot that has kept time
  if (player == &SectionGroove::clap && chart.cold_end) bar[0] = 'X';
  const bool rings = player == &SectionGroove::guitar || player == &SectionGroove::bass;
  if (rings && chart.cold_end) bar[second_beat] = '-';
  return bar;
}

}  // namespace

Chart::Chart(const Score& the_score, const Persona& persona, const Rng& rng)
    : score(the_score),
      swing(std::clamp(persona.style.swing, 0.5, 0.7)),
      colour(persona.style.colour),
      guitar(persona.style.guitar == "resonator" ? ToneSource::kResonator : ToneSource::kSoundFont),
      groove(load_groove(groove_file_stem(the_score))),
      bars(lay_out_bars(the_score)) {
  // One way of playing for each kind of section, kept through the song.
  std::map<const std::vector<SectionGroove>*, std::size_t> chosen;
  Rng taste = rng.child("arrangement");
  const double mood = taste.uniform();
  cold_end = taste.uniform() < groove->cold_end;
  for (const BarInfo& bar : bars) {
    const auto& alternatives = groove->alternatives(bar.label, bar.occurrence);
    const auto [entry, is_new] = chosen.try_emplace(&alternatives, 0);
    if (is_new) {
      const double turn = mood * static_cast<double>(alternatives.size());
      entry->second = std::min(alternatives.size() - 1, static_cast<std::size_t>(turn));
    }
    playing.push_back(&alternatives[entry->second]);
  }
}

double Chart::beat_of(int bar, double step) const {
  return static_cast<double>(bar) * score.beats_per_bar + step / groove->steps_per_beat;
}

double Chart::grid_s(int bar, double step) const {
  const double beat = beat_of(bar, step);
  const double whole = std::floor(beat + 1e-9);
  const double part = std::max(0.0, beat - whole);
  // Triplets are not swung.
  if (groove->steps_per_beat % 2 != 0) return score.time_s(beat);
  const double swung = part < 0.5 ? part * 2.0 * swing : swing + (part - 0.5) * 2.0 * (1.0 - swing);
  return score.time_s(whole + swung);
}

double Chart::end_s() const {
  return score.time_s(static_cast<double>(bars.size()) * score.beats_per_bar);
}

const Chord* Chart::chord_at_step(int bar, int step) const {
  return sounding_chord(score, beat_of(bar, step));
}

const Chord* Chart::next_bar_chord(int bar) const {
  const bool last = bar + 1 >= static_cast<int>(bars.size());
  return sounding_chord(score, beat_of(last ? bar : bar + 1, 0));
}

std::string Chart::pattern(int bar, PatternRow SectionGroove::*player) const {
  const BarInfo& info = bars[static_cast<std::size_t>(bar)];
  if (info.last_in_song) return final_pattern(*this, player);
  return bar_pattern(playing[static_cast<std::size_t>(bar)]->*player, info);
}

Hands::Hands(const Chart& chart, const Rng& rng, const std::string& player, double own_sd_s,
             double late_s)
    : chart_(chart),
      part_(rng.child(player)),
      feel_(rng.child("feel")),
      own_(part_),
      own_sd_s_(own_sd_s),
      late_s_(late_s) {}

void Hands::turn_to_bar(int bar) {
  bar_ = bar;
  const auto index = static_cast<std::uint64_t>(bar);
  own_ = part_.child("bar", index);
  Rng common = feel_.child("bar", index);
  sway_s_.resize(static_cast<std::size_t>(chart_.steps_per_bar()));
  for (double& s : sway_s_) s = kSwaySeconds * std::clamp(common.normal(), -2.5, 2.5);
}

double Hands::time_s(int step) {
  const double own = own_sd_s_ * std::clamp(own_.normal(), -2.5, 2.5);
  const double t =
      chart_.grid_s(bar_, step) + late_s_ + sway_s_[static_cast<std::size_t>(step)] + own;
  return std::clamp(t, kFirstSecond, std::max(kFirstSecond, chart_.end_s() - 0.05));
}

int Hands::velocity(int step, int nominal) {
  const double intensity = chart_.playing[static_cast<std::size_t>(bar_)]->intensity;
  const double accent = step == 0 ? 1.04 : 1.0;
  const double v = nominal * intensity * accent + own_.normal(0.0, kVelocitySd);
  return static_cast<int>(std::lround(std::clamp(v, 20.0, 127.0)));
}

}  // namespace brandiron::gen::band
