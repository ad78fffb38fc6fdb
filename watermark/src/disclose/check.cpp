#include <algorithm>
#include <deque>

#include "brandiron/core/audio/tags.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/disclose.h"
#include "brandiron/watermark/fingerprint.h"
#include "brandiron/watermark/registry.h"
#include "brandiron/watermark/stream.h"
#include "profiles.h"
#include "programme.h"

namespace brandiron::watermark {
namespace {

namespace fs = std::filesystem;

constexpr double kNoticeStretchS = 12.0;

// The first and the last seconds of what passes by.
class Ends {
 public:
  explicit Ends(const AudioInfo& info)
      : rate_hz_(info.rate_hz),
        channels_(info.num_channels),
        frames_(static_cast<std::size_t>(kNoticeStretchS * info.rate_hz)) {}

  void push(const AudioBuffer& block) {
    if (head_frames_ < frames_) {
      head_.push_back(block);
      head_frames_ += block.num_frames();
    }
    tail_.push_back(block);
    tail_frames_ += block.num_frames();
    while (tail_frames_ - tail_.front().num_frames() > frames_) {
      tail_frames_ -= tail_.front().num_frames();
      tail_.pop_front();
    }
  }

  AudioBuffer head() const { return joined(head_, head_frames_); }
  AudioBuffer tail() const { return joined(tail_, tail_frames_); }

 private:
  AudioBuffer joined(const std::deque<AudioBuffer>& blocks, std::size_t frames) const {
    AudioBuffer out(channels_, frames, rate_hz_);
    std::size_t at = 0;
    for (const AudioBuffer& block : blocks) {
      out.add(block, at);
      at += block.num_frames();
    }
    return out;
  }

  int rate_hz_;
  std::size_t channels_, frames_, head_frames_ = 0, tail_frames_ = 0;
  std::deque<AudioBuffer> head_, tail_;
};

std::string explain(const Recovery& recovery) {
  const RegistryEntry* best = recovery.best();
  switch (recovery.binding) {
    case Binding::kNoMark:
      return best != nullptr ? "no payload was read, but the audio is that of entry " +
                                   std::to_string(best->sequence)
                             : "no payload was read and nothing registered sounds like this";
    case Binding::kUnknownPayload:
      return "the payload is not in this registry";
    case Binding::kConfirmed:
      return "entry " + std::to_string(best->sequence) + ", and the audio is the one registered";
    case Binding::kCopied:
      return "the payload was registered for other audio: the mark was copied onto this";
    case Binding::kUnchecked:
      return "the payload is registered, but there is too little sound to compare";
    case Binding::kSeveral:
      break;
  }
  std::string text = "several payloads:";
  for (const RecoveredPayload& payload : recovery.payloads) {
    text += " " + payload.payload_hex + " " + binding_name(payload.binding);
  }
  return text;
}

Fingerprint sound_of(const fs::path& file, const Warp& warp) {
  const AudioInfo info = probe_audio(file);
  FingerprintStream sound(info.rate_hz, info.num_channels, warp);
  play(file, [&](const AudioBuffer& block) { sound.push(block); });
  return sound.finish();
}

class Checker {
 public:
  Checker(const fs::path& file, const CheckOptions& options) : file_(file), options_(options) {
    check_.file = file.string();
  }

  DisclosureCheck run() {
    check_.manifest = c2pa::verify_file(file_, options_.trust);
    read_audio_layers();
    check_.tags = read_disclosure_tags(read_tags(file_));
    compare_layers();
    for (const Profile profile : options_.profiles) {
      for (Duty& duty : duties_of(profile, check_)) check_.duties.push_back(std::move(duty));
    }
    return std::move(check_);
  }

 private:
  void read_audio_layers() {
    const AudioInfo info = probe_audio(file_);
    Ends ends(info);
    std::optional<VerifyStream> verify;
    std::optional<FingerprintStream> listen;
    if (!options_.keys.empty()) {
      verify.emplace(info.rate_hz, info.num_channels, options_.keys, options_.verify);
    }
    if (options_.registry != nullptr) listen.emplace(info.rate_hz, info.num_channels);
    play(file_, [&](const AudioBuffer& block) {
      ends.push(block);
      if (verify) verify->push(block);
      if (listen) listen->push(block);
    });
    check_.notice_start = find_notice(ends.head());
    check_.notice_end = find_notice(ends.tail());
    if (verify) {
      check_.mark_sought = true;
      marks_ = verify->finish();
      check_.mark = strongest(marks_);
    }
    if (listen) look_up(listen->finish());
  }

  // A file that was played faster is compared as it was before.
  void look_up(Fingerprint fingerprint) {
    const Warp warp = warp_of(check_.mark);
    if (check_.mark.payload_valid && (warp.speed_ratio != 1.0 || warp.pitch_ratio != 1.0)) {
      fingerprint = sound_of(file_, warp);
    }
    const Recovery recovery = recover(marks_, fingerprint, *options_.registry);
    check_.binding = {true, recovery.binding, explain(recovery)};
  }

  void compare_layers() {
    const auto contradiction = [&](std::string text) {
      check_.layers_agree = false;
      check_.findings.push_back(std::move(text));
    };
    const std::string read = check_.mark.payload_valid ? payload_hex(check_.mark.payload) : "";
    const bool intact = check_.manifest.state == c2pa::State::kValid ||
                        check_.manifest.state == c2pa::State::kTrusted;
    for (const c2pa::SoftBinding& binding : check_.manifest.soft_bindings) {
      if (!intact || binding.algorithm != c2pa::kSoftBindingAlgorithm || read.empty()) continue;
      if (binding.value != payload_bytes(check_.mark.payload)) {
        contradiction("the manifest names another payload than the audio carries (" + read + ")");
      }
    }
    if (check_.tags && !read.empty() && !check_.tags->watermark_payload.empty() &&
        check_.tags->watermark_payload != read) {
      contradiction("the tags name payload " + check_.tags->watermark_payload +
                    ", the audio carries " + read);
    }
    const auto& facts = check_.manifest.facts;
    if (check_.tags && intact && facts && !check_.tags->content_id.empty() &&
        !facts->content_id.empty() && check_.tags->content_id != facts->content_id) {
      contradiction("tags and manifest name different content identifiers");
    }
    if (check_.manifest.state == c2pa::State::kInvalid) {
      contradiction("the manifest is invalid: it was made for other bytes, or was changed");
    }
    if (check_.binding.verdict == Binding::kCopied) contradiction(check_.binding.explanation);
  }

  fs::path file_;
  const CheckOptions& options_;
  std::vector<Verdict> marks_;
  DisclosureCheck check_;
};

}  // namespace

bool DisclosureCheck::passes() const {
  return layers_agree && std::none_of(duties.begin(), duties.end(), [](const Duty& duty) {
           return duty.outcome == Outcome::kFail && !duty.optional;
         });
}

Recovery recover_file(const fs::path& file, const std::vector<Key>& keys,
                      const Registry& registry) {
  const std::vector<Verdict> verdicts = verify_file(file, keys);
  return recover(verdicts, sound_of(file, warp_of(strongest(verdicts))), registry);
}

DisclosureCheck check_file(const fs::path& file, const CheckOptions& options) {
  return Checker(file, options).run();
}

}  // namespace brandiron::watermark
