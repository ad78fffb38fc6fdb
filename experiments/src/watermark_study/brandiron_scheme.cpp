#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/watermark/watermark.h"
#include "watermark_study/scheme.h"
#include "watermark_study/study_key.h"

namespace brandiron::experiments {
namespace {

watermark::Key test_key(std::uint64_t seed, int key) {
  return study_key("brandiron watermark study key " + std::to_string(seed) + "/" +
                   std::to_string(key));
}

watermark::Effort parse_effort(const std::string& effort) {
  if (effort == "fast") return watermark::Effort::kFast;
  if (effort == "best") return watermark::Effort::kBest;
  if (effort == "normal" || effort.empty()) return watermark::Effort::kNormal;
  throw Error(ErrorCode::kInvalidArgument,
              "evaluate: effort is \"" + effort + "\", expected fast, normal or best");
}

class BrandironScheme final : public Scheme {
 public:
  BrandironScheme(const StudyOptions& study, double strength)
      : seed_(study.seed), front_end_(study.front_end) {
    options_.strength = strength;
    options_.effort = parse_effort(study.effort);
    options_.read_back = false;  // the study reads by itself, and times the embedding alone
  }

  std::string name() const override { return "brandiron"; }
  double strength() const override { return options_.strength; }

  std::string payload(const std::string& file, int key) const override {
    return study_payload(seed_, file, key, 16);
  }

  Marked embed(const AudioBuffer& audio, int key, const std::string& payload) const override {
    Marked marked{audio, 0, ""};
    const double start = thread_cpu_s();
    const auto report = watermark::embed(marked.audio, test_key(seed_, key),
                                         watermark::parse_payload(payload), options_);
    marked.cpu_s = thread_cpu_s() - start;
    marked.warning = report.warning;
    return marked;
  }

  Reading read(const AudioBuffer& audio, int key, const std::string& payload,
               double p_threshold) const override {
    watermark::VerifyOptions options;
    options.p_threshold = p_threshold;
    options.front_end = front_end_;
    const double start = thread_cpu_s();
    const auto verdict = watermark::verify(audio, {test_key(seed_, key)}, options);
    Reading reading;
    reading.cpu_s = thread_cpu_s() - start;
    reading.present = verdict.present;
    const bool right = verdict.payload_valid && !payload.empty() &&
                       verdict.payload == watermark::parse_payload(payload);
    reading.exact = right;
    reading.wrong = verdict.payload_valid && !right;
    reading.p = verdict.p_value;
    reading.z = verdict.full_z;
    reading.pilot_z = verdict.pilot_z;
    reading.ber = verdict.bit_error_rate;
    reading.speed_ratio = verdict.speed_ratio;
    reading.pitch_ratio = verdict.pitch_ratio;
    return reading;
  }

 private:
  std::uint64_t seed_;
  std::shared_ptr<const watermark::FrontEndModel> front_end_;
  watermark::EmbedOptions options_;
};

}  // namespace

std::string study_payload(std::uint64_t seed, const std::string& file, int key,
                          std::size_t digits) {
  return sha256_hex("brandiron watermark study payload " + std::to_string(seed) + "/" + file + "/" +
                    std::to_string(key))
      .substr(0, digits);
}

std::unique_ptr<Scheme> make_brandiron_scheme(const StudyOptions& options, double strength) {
  return std::make_unique<BrandironScheme>(options, strength);
}

}  // namespace brandiron::experiments
