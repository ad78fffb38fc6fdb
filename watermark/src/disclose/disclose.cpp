#include "brandiron/watermark/disclose.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "brandiron/core/audio/pictures.h"
#include "brandiron/core/audio/tags.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/watermark/fingerprint.h"
#include "programme.h"
#include "seal.h"

// Order matters: notice, mark, encoding, tags, manifest, log, and only then does the file appear. A
// later layer never changes what an earlier one has written, and a crash between any two steps
// leaves at most a log entry for a file that nobody has seen.

namespace brandiron::watermark {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, "disclose: " + what);
}

void validate(const DiscloseOptions& options, const Key* key) {
  const Layers& layers = options.layers;
  if (!layers.watermark && !layers.tags && !layers.manifest && !layers.audible) {
    refuse("no layer chosen, expected some of watermark, tags, c2pa, audible");
  }
  if (layers.watermark && key == nullptr) refuse("the watermark layer needs a key (--key)");
  if (layers.manifest && !options.seal.credentials) {
    refuse(
        "the c2pa layer needs a certificate chain and its signing key (--certificates, "
        "--signing-key)");
  }
  if (layers.manifest) options.seal.credentials->check();
  if ((layers.manifest || layers.tags) && options.facts.system.empty()) {
    refuse("no system named, expected the program that made the audio (--system)");
  }
}

std::uint64_t random_payload() {
  std::uint64_t value = 0;
  for (const char byte : secure_random_bytes(8)) {
    value = (value << 8U) | static_cast<unsigned char>(byte);
  }
  return value;
}

bool same_format(const fs::path& in, const fs::path& out) {
  try {
    return probe_audio(in).format == audio_format_from_path(out);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidArgument) throw;  // the output's name
    return false;
  }
}

// One file on its way out.
class Publication {
 public:
  Publication(const fs::path& in, const fs::path& out, const Key* key,
              std::optional<std::uint64_t> payload, const DiscloseOptions& options)
      : in_(in),
        out_(out),
        key_(options.layers.watermark ? key : nullptr),
        payload_(payload),
        options_(options),
        facts_(options.facts),
        temporary_(out, options.write.overwrite) {
    refuse_existing_sidecar();
    if (facts_.created.empty()) facts_.created = utc_now();
    if (facts_.content_id.empty()) facts_.content_id = new_content_id();
    report_.content_id = facts_.content_id;
    report_.created = facts_.created;
  }

  DiscloseReport run() {
    const double start = thread_cpu_s();
    write_audio_layers();
    const double marked = thread_cpu_s();
    tag();
    show(seal());
    report_.mark = facts_.mark;
    report_.mark_s = marked - start - fingerprint_s_;
    report_.other_s = thread_cpu_s() - marked + fingerprint_s_;
    return report_;
  }

 private:
  const fs::path& path() const { return temporary_.path(); }

  // Before any work. Also refuses names that are no audio format's.
  void refuse_existing_sidecar() const {
    const AudioFormat format = audio_format_from_path(out_);
    const bool needs_one = format == AudioFormat::kOggVorbis || format == AudioFormat::kOpus;
    const fs::path sidecar = c2pa::sidecar_path(out_);
    if (options_.layers.manifest && needs_one && !options_.write.overwrite && fs::exists(sidecar)) {
      throw Error(ErrorCode::kOutput,
                  sidecar.string() +
                      ": cannot be written: it exists already; give --overwrite to replace it");
    }
  }

  void write_audio_layers() {
    const Programme programme = survey(in_, key_);
    settle_payload(programme);
    Notice notice;
    if (options_.layers.audible) notice = options_.notice ? *options_.notice : morse_notice();
    Rewriting rewriting{report_.kept_mark ? nullptr : key_, payload_.value_or(0), options_.embed,
                        options_.layers.audible ? &notice : nullptr, options_.notice_at_end};
    report_.reencoded =
        rewriting.key != nullptr || rewriting.notice != nullptr || !same_format(in_, out_);
    if (options_.seal.registry != nullptr) {
      fingerprint_.emplace(programme.info.rate_hz, programme.info.num_channels);
    }
    const auto tap = [this](const AudioBuffer& block) { listen(block); };
    if (report_.reencoded) {
      report_.embed = rewrite(in_, programme, path(), rewriting, options_.write, tap);
      add_pictures(path(), read_pictures(in_));
    } else {
      fs::copy_file(in_, path(), fs::copy_options::overwrite_existing);
      if (fingerprint_) play(in_, tap);
    }
    if (rewriting.notice != nullptr) {
      report_.notice_s = notice.audio.duration_s();
      facts_.more_tags.emplace_back(
          "AUDIBLE_NOTICE", notice.name + (options_.notice_at_end ? " start end" : " start"));
    }
    if (key_ != nullptr) record_mark();
    duration_s_ = programme.info.duration_s();
  }

  // One write: each moves the whole of a FLAC.
  void tag() {
    const Tags old = read_tags(in_);
    Tags tags;
    if (options_.layers.tags) tags = disclosure_tags(facts_, old);
    if (report_.reencoded) {
      const Tags ours = tags;
      std::copy_if(old.begin(), old.end(), std::back_inserter(tags),
                   [&ours](const auto& tag) { return tag_values(ours, tag.first).empty(); });
    }
    if (!tags.empty()) write_tags(path(), tags);
  }

  // A second mark of the same key with another payload would leave neither readable.
  void settle_payload(const Programme& programme) {
    if (key_ == nullptr) return;
    const bool marked = programme.mark && programme.mark->present && programme.mark->payload_valid;
    if (marked && payload_ && *payload_ != programme.mark->payload) {
      refuse(in_.string() + " carries payload " + payload_hex(programme.mark->payload) +
             " under this key already, asked for " + payload_hex(*payload_) +
             "; leave the payload out to keep that mark, or use another key");
    }
    if (marked) payload_ = programme.mark->payload;
    if (!payload_) payload_ = random_payload();
    report_.kept_mark = marked;
  }

  void record_mark() {
    facts_.mark.present = true;
    facts_.mark.scheme = kScheme;
    facts_.mark.key_fingerprint = key_->fingerprint();
    facts_.mark.payload_hex = payload_hex(*payload_);
    facts_.mark.strength = options_.embed.strength;
    facts_.mark.snr_db = report_.embed.snr_db;
    if (!report_.embed.warning.empty()) report_.warnings.push_back(report_.embed.warning);
  }

  void listen(const AudioBuffer& block) {
    if (!fingerprint_) return;
    const double start = thread_cpu_s();
    fingerprint_->push(block);
    fingerprint_s_ += thread_cpu_s() - start;
  }

  Sealed seal() {
    c2pa::ParentManifest parent;
    if (options_.layers.manifest) parent = c2pa::ParentManifest::of_file(in_);
    report_.kept_manifest = !parent.store.empty();
    SealOptions options = options_.seal;
    if (!options_.layers.manifest) options.credentials.reset();
    SealedAudio audio{out_.filename().string(), duration_s_, std::nullopt};
    if (fingerprint_) audio.fingerprint = fingerprint_->finish();
    return seal_file(path(), facts_, options, parent, audio);
  }

  void show(const Sealed& sealed) {
    report_.file = out_;
    report_.sha256 = sealed.sha256;
    report_.registry_sequence = sealed.sequence;
    if (sealed.has_manifest) report_.manifest_file = out_;
    if (!sealed.sidecar.empty()) {
      report_.manifest_file = c2pa::sidecar_path(out_);
      write_file(report_.manifest_file, sealed.sidecar, options_.write.overwrite);
    }
    temporary_.commit();
  }

  fs::path in_, out_;
  const Key* key_;
  std::optional<std::uint64_t> payload_;
  const DiscloseOptions& options_;
  DisclosureFacts facts_;
  AtomicFile temporary_;
  std::optional<FingerprintStream> fingerprint_;
  double fingerprint_s_ = 0, duration_s_ = 0;
  DiscloseReport report_;
};

}  // namespace

DiscloseReport disclose_file(const fs::path& in, const fs::path& out, const Key* key,
                             std::optional<std::uint64_t> payload, const DiscloseOptions& options) {
  validate(options, key);
  return Publication(in, out, key, payload, options).run();
}

}  // namespace brandiron::watermark
