#include "voicing.h"

#include <algorithm>
#include <cstdlib>

namespace brandiron::gen::band {
namespace {

constexpr int kX = kMuted;
constexpr Shape kOpenStrings{40, 45, 50, 55, 59, 64};

struct NamedShape {
  int root_pc;
  const char* quality;
  Shape frets;
};

// Open chords every country guitarist plays, as frets from the low E up.
constexpr NamedShape kOpenChords[] = {
    {0, "maj", {kX, 3, 2, 0, 1, 0}},   {2, "maj", {kX, kX, 0, 2, 3, 2}},
    {4, "maj", {0, 2, 2, 1, 0, 0}},    {7, "maj", {3, 2, 0, 0, 0, 3}},
    {9, "maj", {kX, 0, 2, 2, 2, 0}},   {9, "min", {kX, 0, 2, 2, 1, 0}},
    {4, "min", {0, 2, 2, 0, 0, 0}},    {2, "min", {kX, kX, 0, 2, 3, 1}},
    {9, "7", {kX, 0, 2, 0, 2, 0}},     {11, "7", {kX, 2, 1, 2, 0, 2}},
    {0, "7", {kX, 3, 2, 3, 1, 0}},     {2, "7", {kX, kX, 0, 2, 1, 2}},
    {4, "7", {0, 2, 0, 1, 0, 0}},      {7, "7", {3, 2, 0, 0, 0, 1}},
    {9, "min7", {kX, 0, 2, 0, 1, 0}},  {4, "min7", {0, 2, 0, 0, 0, 0}},
    {2, "min7", {kX, kX, 0, 2, 1, 1}}, {0, "maj7", {kX, 3, 2, 0, 0, 0}},
    {9, "maj7", {kX, 0, 2, 1, 2, 0}},  {2, "maj7", {kX, kX, 0, 2, 2, 2}},
    {9, "sus4", {kX, 0, 2, 2, 3, 0}},  {2, "sus4", {kX, kX, 0, 2, 3, 3}},
    {4, "sus4", {0, 2, 2, 2, 0, 0}},   {7, "sus4", {3, 3, 0, 0, 1, 3}},
};

struct BarreShape {
  const char* quality;
  Shape on_e, on_a;  ///< frets with the root at fret 0 of that string
};

constexpr BarreShape kBarres[] = {
    {"maj", {0, 2, 2, 1, 0, 0}, {kX, 0, 2, 2, 2, 0}},
    {"min", {0, 2, 2, 0, 0, 0}, {kX, 0, 2, 2, 1, 0}},
    {"7", {0, 2, 0, 1, 0, 0}, {kX, 0, 2, 0, 2, 0}},
    {"min7", {0, 2, 0, 0, 0, 0}, {kX, 0, 2, 0, 1, 0}},
    {"maj7", {0, 2, 1, 1, 0, 0}, {kX, 0, 2, 1, 2, 0}},
    {"sus4", {0, 2, 2, 2, 0, 0}, {kX, 0, 2, 2, 3, 0}},
    {"dim", {0, 1, 2, 0, kX, kX}, {kX, 0, 1, 2, 1, kX}},
};

Shape at_fret(const Shape& frets, int fret) {
  Shape pitches{};
  for (std::size_t s = 0; s < kNumStrings; ++s) {
    pitches[s] = frets[s] == kX ? kMuted : kOpenStrings[s] + frets[s] + fret;
  }
  return pitches;
}

int mod12(int value) { return ((value % 12) + 12) % 12; }

}  // namespace

int open_string(int string) { return kOpenStrings[static_cast<std::size_t>(string)]; }

Shape guitar_shape(int root_pc, const std::string& quality) {
  const int pc = mod12(root_pc);
  for (const NamedShape& open : kOpenChords) {
    if (open.root_pc == pc && quality == open.quality) return at_fret(open.frets, 0);
  }
  const BarreShape* barre = std::find_if(std::begin(kBarres), std::end(kBarres),
                                         [&](const auto& b) { return quality == b.quality; });
  if (barre == std::end(kBarres)) barre = &kBarres[is_minor_quality(quality) ? 1 : 0];
  const int fret_e = mod12(pc - 4), fret_a = mod12(pc - 9);
  return fret_e <= fret_a ? at_fret(barre->on_e, fret_e) : at_fret(barre->on_a, fret_a);
}

int root_string(const Shape& shape, int root_pc) {
  int lowest = kMuted;
  for (int s = 0; s < kNumStrings; ++s) {
    const int pitch = shape[static_cast<std::size_t>(s)];
    if (pitch == kMuted) continue;
    if (mod12(pitch - root_pc) == 0) return s;
    if (lowest == kMuted) lowest = s;
  }
  return lowest;
}

int alternate_string(const Shape& shape, int root_pc) {
  const int root = root_string(shape, root_pc);
  for (int s = 0; s < 4; ++s) {
    const int pitch = shape[static_cast<std::size_t>(s)];
    if (s != root && pitch != kMuted && mod12(pitch - root_pc) == 7) return s;
  }
  for (int s = root + 1; s < kNumStrings; ++s) {
    if (shape[static_cast<std::size_t>(s)] != kMuted) return s;
  }
  return root;
}

int bass_root(int root_pc) { return 28 + mod12(root_pc - 4); }

int bass_fifth(int root_pc, const std::string& quality) {
  const int root = bass_root(root_pc);
  const int fifth = quality == "dim" ? 6 : 7;
  const int below = root + fifth - 12;
  return below >= 28 ? below : root + fifth;
}

int scale_step(int pitch, int steps, int tonic_pc, bool minor) {
  constexpr std::array<bool, 12> kMajor{true,  false, true,  false, true,  true,
                                        false, true,  false, true,  false, true};
  constexpr std::array<bool, 12> kMinor{true,  false, true, true,  false, true,
                                        false, true,  true, false, true,  false};
  const auto& scale = minor ? kMinor : kMajor;
  const int direction = steps < 0 ? -1 : 1;
  for (int left = std::abs(steps); left > 0; --left) {
    do {
      pitch += direction;
    } while (!scale[static_cast<std::size_t>(mod12(pitch - tonic_pc))]);
  }
  return pitch;
}

bool is_minor_quality(const std::string& quality) {
  return quality.rfind("min", 0) == 0 || quality == "dim";
}

}  // namespace brandiron::gen::band
