#include <algorithm>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "singing/envelope.h"
#include "singing/learned_path.h"
#include "singing/phone_frames.h"

namespace brandiron::gen::singing {
namespace {

constexpr double kHeadStretch = 1.25;  // the first part of a vowel, against its speech rate
constexpr double kLongestGlide = 0.34;
// The level of a sung vowel: mean power spectral density over 0-8 kHz for an RMS of about 0.12.
constexpr double kVowelLevelDb = -14.0;
constexpr double kLevelling = 0.8;

/// How the voice goes down before a phone and comes up after its start: seconds and decibels.
struct Dip {
  double closing_s, opening_s, depth_db;
};
// The closed throat before a word that begins with its vowel, or it is heard as a part of the word
// before; and the lighter seam between any two words.
constexpr Dip kHardAttack = {0.040, 0.020, 20.0}, kWordSeam = {0.025, 0.0125, 12.0};

// ---------------------------------------------------------------- time maps

std::vector<Anchor> vowel_map(double n, double length) {
  double head = 0.30 * n * kFrameHop * kHeadStretch, tail = 0.30 * n * kFrameHop;
  const double most = 0.8 * length;
  if (head + tail > most) {
    const double factor = most / (head + tail);
    head *= factor;
    tail *= factor;
  }
  return {{0, 0}, {head, 0.30 * n}, {length - tail, 0.70 * n}, {length, n}};
}

// Diphthongs hold their first target and glide late.
std::vector<Anchor> diphthong_map(int phone, bool short_glide, double n, double length) {
  const bool wide = phone == phone_id_from_flite("ay") || phone == phone_id_from_flite("oy");
  const bool ey = phone == phone_id_from_flite("ey");
  const double hold_from = wide ? 0.28 : ey ? 0.42 : 0.40;
  const double hold_to = wide ? 0.45 : ey ? 0.64 : 0.62;
  const double glide = std::min(kLongestGlide, 0.5 * length);
  const double head = std::min(hold_from * n * kFrameHop * kHeadStretch, 0.4 * length);
  std::vector<Anchor> map = {{0, 0}, {head, hold_from * n}, {length - glide, hold_to * n}};
  if (short_glide) {
    const double leave = std::min(0.06, 0.3 * glide);
    map.push_back({length - leave, 0.70 * n});
  }
  map.push_back({length, n});
  return map;
}

std::vector<Anchor> map_of(const PlannedPhone& phone, const PhoneFrames& source) {
  const double n = static_cast<double>(source.frames.size());
  const double length = phone.duration_s();
  switch (phone_info(phone.id).kind) {
    case PhoneClass::kVowel:
      return vowel_map(n, length);
    case PhoneClass::kDiphthong:
      return diphthong_map(phone.id, phone.short_glide, n, length);
    case PhoneClass::kStop:
    case PhoneClass::kAffricate:
      return stop_map(n, static_cast<double>(source.joint), length);
    case PhoneClass::kFricative:
      // A held one (no vowel in the syllable) must not slow its transitions down.
      if (length > 0.2) return vowel_map(n, length);
      break;
    default:
      if (length > 0.15) return vowel_map(n, length);
      break;
  }
  return {{0, 0}, {length, n}};
}

// Mean power over 0-8 kHz in dB, each band weighted by its width in hertz.
double level_db(const BankFrame& f) {
  static const std::vector<double> widths = [] {
    std::vector<double> w(kNumBands);
    for (int b = 0; b < kNumBands; ++b) {
      w[static_cast<std::size_t>(b)] =
          (band_hz(std::min(b + 0.5, kNumBands - 1.0)) - band_hz(std::max(b - 0.5, 0.0))) /
          kBankTopHz;
    }
    return w;
  }();
  double sum = 1e-12;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    sum += widths[b] * det::exp(0.23025850929940458 * static_cast<double>(f.bands_db[b]));
  }
  return 10.0 * det::log10(sum);
}

}  // namespace

std::vector<BankFrame> envelope_path(const Chunk& chunk, double start_s, std::size_t num_frames,
                                     const VoiceBank& bank, const SingerModel* model) {
  const std::vector<PhoneFrames> sources = model != nullptr && model->knows_voice(bank.header.voice)
                                               ? learned_frames(chunk, bank, *model)
                                               : recorded_frames(chunk, bank);
  std::vector<BankFrame> path(num_frames, silent_frame());
  const std::size_t count = chunk.phones.size();
  // One silent phone after the last: what the voice does when it stops.
  for (std::size_t i = 0; i <= count; ++i) {
    PlannedPhone phone;
    if (i < count) {
      phone = chunk.phones[i];
    } else {
      phone.start_s = chunk.end_s();
      phone.end_s = phone.start_s + 0.08;
    }
    const PhoneFrames& source = sources[i];
    if (source.frames.empty() || phone.duration_s() <= 0) continue;
    const std::vector<Anchor> map =
        i < count ? map_of(phone, source) : std::vector<Anchor>{{0, 0}, {0.08, 0.08 / kFrameHop}};
    const auto first =
        static_cast<std::size_t>(std::max(0.0, std::ceil((phone.start_s - start_s) / kFrameHop)));
    for (std::size_t f = first; f < num_frames; ++f) {
      const double t = start_s + static_cast<double>(f) * kFrameHop - phone.start_s;
      if (t >= phone.duration_s()) break;
      path[f] = frame_between(source.frames, interpolate(map, t));
      if (i == count) {  // fades away
        const auto fade = static_cast<float>(-40.0 * t / phone.duration_s());
        for (float& db : path[f].bands_db) db += fade;
      }
    }
  }
  return path;
}

std::vector<float> gain_path(const Chunk& chunk, double start_s, std::size_t num_frames,
                             const std::vector<BankFrame>& path) {
  struct Point {
    double time_s, db;
  };
  std::vector<Point> points;  // of the syllables, at both ends of their vowels
  const auto frame_at = [&](double t) {
    const double f =
        std::clamp((t - start_s) / kFrameHop, 0.0, static_cast<double>(num_frames - 1));
    return static_cast<std::size_t>(f);
  };
  for (const PlannedPhone& p : chunk.phones) {
    if (!p.nucleus) continue;
    const PlannedSyllable& s = chunk.syllables[static_cast<std::size_t>(p.syllable)];
    double sum = 0;
    constexpr int kProbes = 5;
    for (int i = 0; i < kProbes; ++i) {
      sum += level_db(path[frame_at(p.start_s + (0.25 + 0.125 * i) * p.duration_s())]);
    }
    const double level = std::max(sum / kProbes, -45.0);
    const double typical = -17.0;
    double db = kVowelLevelDb - (kLevelling * level + (1 - kLevelling) * typical);
    db = std::clamp(db, -20.0, 20.0) + 0.1 * (s.velocity - 90);
    const double inset = std::min(0.03, 0.3 * p.duration_s());
    points.push_back({p.start_s + inset, db});
    points.push_back({p.end_s - inset, db});
  }
  std::vector<float> gain(num_frames, 0.0F);
  std::size_t at = 0;
  for (std::size_t f = 0; f < num_frames && !points.empty(); ++f) {
    const double t = start_s + static_cast<double>(f) * kFrameHop;
    while (at + 1 < points.size() && t > points[at + 1].time_s) ++at;
    double db = points[at].db;
    if (t > points[at].time_s && at + 1 < points.size()) {
      const Point &a = points[at], &b = points[at + 1];
      db += (b.db - a.db) * (t - a.time_s) / std::max(1e-6, b.time_s - a.time_s);
    }
    gain[f] = static_cast<float>(db);
  }
  for (std::size_t i = 1; i < chunk.phones.size(); ++i) {
    if (chunk.phones[i - 1].word == chunk.phones[i].word) continue;
    const Dip dip = hard_attack(chunk, i) ? kHardAttack : kWordSeam;
    const double on = chunk.phones[i].start_s;
    for (std::size_t f = frame_at(on - dip.closing_s); f <= frame_at(on + dip.opening_s); ++f) {
      const double t = start_s + static_cast<double>(f) * kFrameHop - on;
      const double x = t < 0 ? 1.0 + t / dip.closing_s : 1.0 - t / dip.opening_s;
      gain[f] -= static_cast<float>(dip.depth_db * std::clamp(2.0 * x, 0.0, 1.0));
    }
  }
  // Consonants come up: they carry the words.
  for (const PlannedPhone& p : chunk.phones) {
    if (p.nucleus) continue;
    const double lift = is_sonorant(p.id) ? 1.6 : is_vowel(p.id) ? 0.0 : 4.0;
    for (std::size_t f = frame_at(p.start_s); f <= frame_at(p.end_s); ++f) {
      const double t = start_s + static_cast<double>(f) * kFrameHop;
      const double edge = std::min(t - p.start_s, p.end_s - t) / 0.010;
      gain[f] += static_cast<float>(lift * std::clamp(edge + 0.5, 0.0, 1.0));
    }
  }
  return gain;
}

}  // namespace brandiron::gen::singing
