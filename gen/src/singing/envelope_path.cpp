#include <algorithm>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "singing/envelope.h"
#include "singing/learned_path.h"

namespace brandiron::gen::singing {
namespace {

constexpr double kHeadStretch = 1.25;  // the first part of a vowel, against its speech rate
constexpr double kLongestGlide = 0.34;
constexpr float kSilenceDb = kMinDb;
// The level of a sung vowel: mean power spectral density over 0-8 kHz for an RMS of about 0.12.
constexpr double kVowelLevelDb = -14.0;
constexpr double kLevelling = 0.8;
// The closed throat before a word that begins with its vowel: closing and opening, in seconds.
constexpr double kAttackClosing = 0.040, kAttackOpening = 0.020, kAttackDipDb = 20.0;

using Frames = std::vector<BankFrame>;

void append_bank_frames(const VoiceBank& bank, std::size_t first, std::size_t count, Frames& out) {
  for (std::size_t i = first; i < first + count; ++i) {
    const std::uint8_t* bytes = bank.frame(i);
    BankFrame f;
    for (int b = 0; b < kNumBands; ++b) {
      f.bands_db[b] = kMinDb + kStepDb * static_cast<float>(bytes[b]);
    }
    for (int b = 0; b < kNumAperiodicities; ++b) {
      f.shares[b] = static_cast<float>(bytes[kNumBands + b]) / 255.0F;
    }
    out.push_back(f);
  }
}

// The phone's part of a transition: after the boundary of (previous, phone), or before that of
// (phone, next). Where the bank lacks the pair, the same phone beside silence, then beside
// anything.
void append_half(const VoiceBank& bank, int phone, int neighbour, bool entering, Frames& out) {
  const auto take = [&](int other) {
    const Diphone& d = entering ? bank.diphone(other, phone) : bank.diphone(phone, other);
    const std::size_t count = entering ? d.right_frames : d.left_frames;
    if (!d.exists() || count == 0) return false;
    append_bank_frames(bank, d.first_frame + (entering ? d.left_frames : 0U), count, out);
    return true;
  };
  if (take(neighbour) || take(kPausePhone)) return;
  for (int other = 0; other < kNumPhones; ++other) {
    if (take(other)) return;
  }
}

// Two recordings meet in the middle of a phone: their difference is spread over both halves.
void smooth_joint(Frames& frames, std::size_t joint, std::size_t most) {
  if (joint == 0 || joint >= frames.size()) return;
  const BankFrame last = frames[joint - 1], first = frames[joint];
  const std::size_t left = std::min(most, joint);
  const std::size_t right = std::min(most, frames.size() - joint);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const float half = 0.5F * (first.bands_db[b] - last.bands_db[b]);
    for (std::size_t i = 0; i < left; ++i) {
      frames[joint - 1 - i].bands_db[b] +=
          half * (1.0F - static_cast<float>(i) / static_cast<float>(left));
    }
    for (std::size_t i = 0; i < right; ++i) {
      frames[joint + i].bands_db[b] -=
          half * (1.0F - static_cast<float>(i) / static_cast<float>(right));
    }
  }
}

struct PhoneFrames {
  Frames frames;
  std::size_t joint = 0;
};

PhoneFrames phone_frames(const VoiceBank& bank, int previous, int phone, int next) {
  PhoneFrames out;
  append_half(bank, phone, previous, true, out.frames);
  out.joint = out.frames.size();
  append_half(bank, phone, next, false, out.frames);
  const PhoneClass kind = phone_info(phone).kind;
  const bool sharp = kind == PhoneClass::kStop || kind == PhoneClass::kAffricate;
  smooth_joint(out.frames, out.joint, sharp ? 2 : 12);
  return out;
}

// ---------------------------------------------------------------- time maps

struct Anchor {
  double time_s, position;  // position in frames
};

double interpolate(const std::vector<Anchor>& map, double t) {
  std::size_t i = 1;
  while (i + 1 < map.size() && t > map[i].time_s) ++i;
  const Anchor &a = map[i - 1], &b = map[i];
  const double span = b.time_s - a.time_s;
  const double x = span > 0 ? std::clamp((t - a.time_s) / span, 0.0, 1.0) : 1.0;
  return a.position + x * (b.position - a.position);
}

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

// A stop's closure stretches, its release keeps the time it was spoken in.
std::vector<Anchor> stop_map(double n, double joint, double length) {
  const double release = (n - joint) * kFrameHop;
  if (release > 0.85 * length) return {{0, 0}, {length, n}};
  return {{0, 0}, {length - release, joint}, {length, n}};
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

// Frame centres lie at i + 0.5.
void sample_frames(const Frames& frames, double position, BankFrame& out) {
  const double p = std::clamp(position - 0.5, 0.0, static_cast<double>(frames.size() - 1));
  const auto i = static_cast<std::size_t>(p);
  const std::size_t j = std::min(i + 1, frames.size() - 1);
  const auto x = static_cast<float>(p - static_cast<double>(i));
  const BankFrame &a = frames[i], &b = frames[j];
  for (int k = 0; k < kNumBands; ++k) {
    out.bands_db[k] = a.bands_db[k] + x * (b.bands_db[k] - a.bands_db[k]);
  }
  for (int k = 0; k < kNumAperiodicities; ++k) {
    out.shares[k] = a.shares[k] + x * (b.shares[k] - a.shares[k]);
  }
}

BankFrame silent_frame() {
  BankFrame f;
  std::fill(std::begin(f.bands_db), std::end(f.bands_db), kSilenceDb);
  std::fill(std::begin(f.shares), std::end(f.shares), 1.0F);
  return f;
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

// A vowel that opens a word, sung on from another word.
bool hard_attack(const Chunk& chunk, std::size_t i) {
  return i > 0 && chunk.phones[i].nucleus && chunk.phones[i - 1].word != chunk.phones[i].word;
}

}  // namespace

std::vector<BankFrame> envelope_path(const Chunk& chunk, double start_s, std::size_t num_frames,
                                     const VoiceBank& bank, const SingerModel* model) {
  std::vector<std::vector<BankFrame>> learned;
  if (model != nullptr) learned = learned_frames(chunk, bank, *model);
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
    const bool attacked = i < count && hard_attack(chunk, i);
    const int previous = i > 0 && !attacked ? chunk.phones[i - 1].id : kPausePhone;
    const int next = i + 1 < count ? chunk.phones[i + 1].id : kPausePhone;
    const PhoneFrames source = learned.empty() ? phone_frames(bank, previous, phone.id, next)
                                               : PhoneFrames{learned[i], learned[i].size() / 2};
    if (source.frames.empty() || phone.duration_s() <= 0) continue;
    const std::vector<Anchor> map =
        i < count ? map_of(phone, source) : std::vector<Anchor>{{0, 0}, {0.08, 0.08 / kFrameHop}};
    const auto first =
        static_cast<std::size_t>(std::max(0.0, std::ceil((phone.start_s - start_s) / kFrameHop)));
    for (std::size_t f = first; f < num_frames; ++f) {
      const double t = start_s + static_cast<double>(f) * kFrameHop - phone.start_s;
      if (t >= phone.duration_s()) break;
      sample_frames(source.frames, interpolate(map, t), path[f]);
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
  // A word that begins with its vowel begins with a closed throat, or it is heard as a part of the
  // word before.
  for (std::size_t i = 0; i < chunk.phones.size(); ++i) {
    if (!hard_attack(chunk, i)) continue;
    const double on = chunk.phones[i].start_s;
    for (std::size_t f = frame_at(on - kAttackClosing); f <= frame_at(on + kAttackOpening); ++f) {
      const double t = start_s + static_cast<double>(f) * kFrameHop - on;
      const double x = t < 0 ? 1.0 + t / kAttackClosing : 1.0 - t / kAttackOpening;
      gain[f] -= static_cast<float>(kAttackDipDb * std::clamp(2.0 * x, 0.0, 1.0));
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
