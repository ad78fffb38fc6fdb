#include "singing/phone_frames.h"

#include <algorithm>

namespace brandiron::gen::singing {
namespace {

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
// (phone, next).
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

bool has_release(int phone) {
  const PhoneClass kind = phone_info(phone).kind;
  return kind == PhoneClass::kStop || kind == PhoneClass::kAffricate;
}

}  // namespace

BankFrame silent_frame() {
  BankFrame f;
  std::fill(std::begin(f.bands_db), std::end(f.bands_db), kMinDb);
  std::fill(std::begin(f.shares), std::end(f.shares), 1.0F);
  return f;
}

PhoneFrames phone_frames(const VoiceBank& bank, int previous, int phone, int next) {
  PhoneFrames out;
  append_half(bank, phone, previous, true, out.frames);
  out.joint = out.frames.size();
  append_half(bank, phone, next, false, out.frames);
  smooth_joint(out.frames, out.joint, has_release(phone) ? 2 : 12);
  return out;
}

bool hard_attack(const Chunk& chunk, std::size_t i) {
  return i > 0 && chunk.phones[i].nucleus && chunk.phones[i - 1].word != chunk.phones[i].word;
}

Neighbours neighbours(const Chunk& chunk, std::size_t i) {
  const std::size_t count = chunk.phones.size();
  const bool cut = i == 0 || (i < count && hard_attack(chunk, i));
  return {cut ? kPausePhone : chunk.phones[i - 1].id, i < count ? chunk.phones[i].id : kPausePhone,
          i + 1 < count ? chunk.phones[i + 1].id : kPausePhone};
}

std::vector<PhoneFrames> recorded_frames(const Chunk& chunk, const VoiceBank& bank) {
  std::vector<PhoneFrames> out;
  for (std::size_t i = 0; i <= chunk.phones.size(); ++i) {
    const Neighbours n = neighbours(chunk, i);
    out.push_back(phone_frames(bank, n.previous, n.phone, n.next));
  }
  return out;
}

double interpolate(const std::vector<Anchor>& map, double time_s) {
  std::size_t i = 1;
  while (i + 1 < map.size() && time_s > map[i].time_s) ++i;
  const Anchor &a = map[i - 1], &b = map[i];
  const double span = b.time_s - a.time_s;
  const double x = span > 0 ? std::clamp((time_s - a.time_s) / span, 0.0, 1.0) : 1.0;
  return a.position + x * (b.position - a.position);
}

std::vector<Anchor> stop_map(double n, double joint, double length_s) {
  const double release = (n - joint) * kFrameHop;
  if (release > 0.85 * length_s) return {{0, 0}, {length_s, n}};
  return {{0, 0}, {length_s - release, joint}, {length_s, n}};
}

BankFrame frame_between(const std::vector<BankFrame>& frames, double position) {
  const double p = std::clamp(position - 0.5, 0.0, static_cast<double>(frames.size() - 1));
  const auto i = static_cast<std::size_t>(p);
  const std::size_t j = std::min(i + 1, frames.size() - 1);
  const auto x = static_cast<float>(p - static_cast<double>(i));
  const BankFrame &a = frames[i], &b = frames[j];
  BankFrame out;
  for (int k = 0; k < kNumBands; ++k) {
    out.bands_db[k] = a.bands_db[k] + x * (b.bands_db[k] - a.bands_db[k]);
  }
  for (int k = 0; k < kNumAperiodicities; ++k) {
    out.shares[k] = a.shares[k] + x * (b.shares[k] - a.shares[k]);
  }
  return out;
}

PhoneFrames in_frames(const PhoneFrames& source, int phone, int count) {
  const auto n = static_cast<double>(source.frames.size());
  const auto joint = static_cast<double>(source.joint);
  const double length = count * kFrameHop;
  const std::vector<Anchor> map =
      has_release(phone) ? stop_map(n, joint, length) : std::vector<Anchor>{{0, 0}, {length, n}};
  PhoneFrames out;
  if (source.frames.empty()) out.frames.assign(static_cast<std::size_t>(count), silent_frame());
  for (int f = 0; f < count && !source.frames.empty(); ++f) {
    const double position = interpolate(map, (f + 0.5) * kFrameHop);
    if (position <= joint) out.joint = static_cast<std::size_t>(f) + 1;
    out.frames.push_back(frame_between(source.frames, position));
  }
  return out;
}

}  // namespace brandiron::gen::singing
