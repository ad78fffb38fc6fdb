#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "label_check/compare.h"
#include "label_check/strokes.h"

namespace brandiron::experiments::labels {
namespace {

constexpr double kStrokeSeconds = 0.010;
constexpr double kStrumSeconds = 0.045;  // strings struck so soon after another belong to its strum
constexpr double kLeastJustified = 0.90;
constexpr std::array<const char*, 5> kPercussion = {"stomp", "kick", "clap", "tambourine", "brush"};
constexpr std::array<const char*, 2> kGuitars = {"guitar", "guitar_double"};

std::vector<double> start_times(const StatedPart& part) {
  std::vector<double> times;
  for (const StatedNote& note : part.notes) times.push_back(note.start_s);
  std::sort(times.begin(), times.end());
  return times;
}

std::vector<double> first_strings(const std::vector<double>& starts) {
  std::vector<double> times;
  double last = -1;
  for (const double t : starts) {
    if (t - last > kStrumSeconds) times.push_back(t);
    last = t;
  }
  return times;
}

template <class Names>
void compare_group(const char* label, const Names& names, const StatedLabels& stated,
                   const SongSound& sound, Findings& out) {
  Tally tally(label);
  std::size_t heard = 0, justified = 0;
  for (const StatedPart& part : stated.parts) {
    const bool belongs = std::find(names.begin(), names.end(), part.name) != names.end();
    const AudioBuffer* stem = belongs ? find_stem(sound, part.name) : nullptr;
    if (stem == nullptr || part.notes.empty()) continue;
    const std::vector<double> every = start_times(part);
    const Matching m =
        match_strokes(first_strings(every), every, find_strokes(*stem), kStrokeSeconds);
    tally.add(m.stated, m.found);
    if (m.first_missed_s >= 0) {
      tally.note(fmt::format("{} at {:.3f} s", part.name, m.first_missed_s),
                 fmt::format("{} of {} {} heard", m.found, m.stated, part.name));
    }
    heard += m.heard;
    justified += m.justified;
  }
  const double share = heard > 0 ? static_cast<double>(justified) / static_cast<double>(heard) : 0;
  if (share < kLeastJustified) {
    tally.note(fmt::format("at most {:.0f} % that nobody states", 100 * (1 - kLeastJustified)),
               fmt::format("{} of {} heard are stated", justified, heard));
  }
  tally.finish(out, share >= kLeastJustified);
}

}  // namespace

void compare_strokes(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  compare_group("percussion", kPercussion, stated, sound, out);
  compare_group("strums", kGuitars, stated, sound, out);
}

}  // namespace brandiron::experiments::labels
