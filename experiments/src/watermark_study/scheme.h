#pragma once

#include <memory>
#include <string>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// What a reading says, whichever tool made it.
struct Reading {
  bool exact = false, present = false, wrong = false;
  double p = 1, z = 0, pilot_z = 0, ber = 0, speed_ratio = 1, pitch_ratio = 1;
  double cpu_s = 0;
};

struct Marked {
  AudioBuffer audio;
  double cpu_s = 0;
  std::string warning;
};

/// A watermarking tool under study. Keys are numbered; number and seed say which.
/// Thread safe.
class Scheme {
 public:
  virtual ~Scheme() = default;
  virtual std::string name() const = 0;
  virtual double strength() const = 0;
  /// False when it cannot say that there is no mark: trying it on unmarked audio means nothing.
  virtual bool decides_presence() const { return true; }
  /// The payload of (file, key): a function of the study's seed alone.
  virtual std::string payload(const std::string& file, int key) const = 0;
  virtual Marked embed(const AudioBuffer& audio, int key, const std::string& payload) const = 0;
  /// `payload` "" means that none was embedded: whatever is read is wrong.
  virtual Reading read(const AudioBuffer& audio, int key, const std::string& payload,
                       double p_threshold) const = 0;
};

/// Ours at `strength`, with the seed, effort and front end of `options`.
std::unique_ptr<Scheme> make_brandiron_scheme(const StudyOptions& options, double strength);
/// `scratch`: an existing folder for the files that go through the tool.
std::unique_ptr<Scheme> make_command_scheme(std::uint64_t seed, const StudyTool& tool,
                                            const std::filesystem::path& scratch);

/// `digits` hex digits that depend on (seed, file, key) only.
std::string study_payload(std::uint64_t seed, const std::string& file, int key, std::size_t digits);

}  // namespace brandiron::experiments
