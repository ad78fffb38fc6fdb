#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/core/version.h"
#include "brandiron/watermark/watermark.h"
#include "decoder_study/records.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/scheme.h"
#include "watermark_study/study_key.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kRateHz = 44100;

/// results.jsonl: what is in it is not measured again.
class Log {
 public:
  explicit Log(const DecoderStudyOptions& options) : path_(options.folder / kResultsFile) {
    for (const StudiedDecoder& d : options.decoders) {
      weights_[d.name()] = d.model->identity().sha256;
    }
    const json settings{
        {"schema", kDecoderStudySchema}, {"version", version()},
        {"seed", options.seed},          {"excerpt_s", options.excerpt_s},
        {"crops_s", options.crops_s},    {"front_end", options.front_end != nullptr}};
    const bool exists = fs::exists(path_);
    if (exists && !options.resume && !options.overwrite) {
      throw Error(ErrorCode::kOutput, path_.string() +
                                          ": exists; --resume adds what is missing, "
                                          "--overwrite begins again");
    }
    std::string kept = settings.dump() + "\n";
    if (exists && options.resume) kept += keep(settings);
    write_file(path_, kept, options.resume || options.overwrite);
    out_.open(path_, std::ios::app);
  }

  bool has(const std::string& kind, const std::string& file, const std::string& decoder) const {
    return done_.contains({kind, file, decoder});
  }

  void append(const std::string& line) {
    const std::lock_guard lock(mutex_);
    out_ << line << '\n' << std::flush;
    if (!out_) throw Error(ErrorCode::kOutput, path_.string() + ": cannot be written; disk full?");
  }

 private:
  /// The lines that are whole, noted as done.
  std::string keep(const json& settings) {
    std::ifstream in(path_);
    std::string line, kept;
    std::getline(in, line);
    const json before = json::parse(line, nullptr, false);
    for (const auto& [name, value] : settings.items()) {
      if (before.is_object() && before.contains(name) && before[name] == value) continue;
      throw Error(
          ErrorCode::kConfig,
          fmt::format("{}: was measured with another {}: found {}, now {}; use the same, or "
                      "another folder",
                      path_.string(), name,
                      before.is_object() && before.contains(name) ? before[name].dump() : "none",
                      value.dump()));
    }
    while (std::getline(in, line)) {
      const json row = json::parse(line, nullptr, false);
      if (!row.is_object() || !row.contains("kind") || has_other_weights(row)) continue;
      done_.insert({row.at("kind").get<std::string>(), row.at("file").get<std::string>(),
                    row.at("decoder").get<std::string>()});
      kept += line + "\n";
    }
    return kept;
  }

  bool has_other_weights(const json& row) const {
    const auto now = weights_.find(row.at("decoder").get<std::string>());
    return now != weights_.end() && row.at("weights") != now->second;
  }

  fs::path path_;
  std::map<std::string, std::string> weights_;  // of each decoder under study
  std::ofstream out_;
  std::mutex mutex_;
  std::set<std::array<std::string, 3>> done_;
};

AudioBuffer read_material_audio(const fs::path& path, double seconds) {
  const AudioBuffer audio = read_excerpt(path, seconds);
  return audio.rate_hz() == kRateHz ? audio : resample(audio, kRateHz);
}

/// What is too wide for two multiples in the band, or too narrow for bins between, is not looked
/// for.
std::vector<Comb> look_for_combs(const TwinResult& result, const std::vector<int>& strides,
                                 const CombOptions& options) {
  std::vector<Comb> combs;
  for (const double hz : comb_spacings_hz(kRateHz, strides)) {
    if (2 * hz > options.high_hz || hz < 8.0 * kRateHz / kCombWindow) continue;
    combs.push_back(measure_comb(result.residual_db, kRateHz, hz, options));
  }
  return combs;
}

TwinResult measure_twin(const StudyFile& file, const StudiedDecoder& decoder,
                        const AudioBuffer& original, std::uint64_t seed) {
  TwinResult r;
  r.file = file.id;
  r.source = file.source;
  r.decoder = decoder.name();
  r.weights = decoder.model->identity().sha256;
  r.duration_s = original.duration_s();
  r.channels = original.num_channels();
  const double begin = thread_cpu_s();
  const AudioBuffer twin = decoder.model->decode(original);
  r.cpu_s = thread_cpu_s() - begin;
  r.closeness = measure_closeness(original, twin);
  r.bandwidth = measure_bandwidth(original, twin);
  r.residual_db = comb_residual_db(original, twin);
  const std::vector<int> strides = decoder.model->identity().strides;
  r.combs = look_for_combs(r, strides, {.seed = seed});
  r.high_combs = look_for_combs(r, strides, {.low_hz = 5000, .seed = seed});
  return r;
}

/// `seconds` from the middle.
AudioBuffer crop(const AudioBuffer& audio, double seconds) {
  const auto frames = static_cast<std::size_t>(std::llround(seconds * audio.rate_hz()));
  return audio.slice((audio.num_frames() - std::min(frames, audio.num_frames())) / 2, frames);
}

struct Marks {
  watermark::Key key;
  std::uint64_t payload = 0;
  AudioBuffer audio;
};

Marks mark_file(const DecoderStudyOptions& options, const StudyFile& file, AudioBuffer audio) {
  Marks marks{study_key("brandiron decoder study key " + std::to_string(options.seed)),
              watermark::parse_payload(study_payload(options.seed, file.id, 0, 16)),
              std::move(audio)};
  // As songs are published.
  watermark::embed(marks.audio, marks.key, marks.payload,
                   {.read_back = false, .effort = watermark::Effort::kFast});
  return marks;
}

std::vector<MarkResult> read_marks(const DecoderStudyOptions& options, const StudyFile& file,
                                   const std::string& decoder, const std::string& weights,
                                   const Marks& marks, const AudioBuffer& audio) {
  watermark::VerifyOptions verify;
  verify.front_end = options.front_end;
  std::vector<MarkResult> results;
  for (const double seconds : options.crops_s) {
    if (audio.duration_s() + 1e-6 < seconds) continue;
    const watermark::Verdict v = watermark::verify(crop(audio, seconds), {marks.key}, verify);
    MarkResult m{file.id, file.source, decoder, weights, seconds};
    m.present = v.present;
    m.exact = v.payload_valid && v.payload == marks.payload;
    m.wrong = v.payload_valid && !m.exact;
    m.p = v.p_value;
    m.ber = v.bit_error_rate;
    results.push_back(m);
  }
  return results;
}

class Study {
 public:
  explicit Study(const DecoderStudyOptions& options) : options_(options), log_(options) {}

  std::vector<std::string> run() {
    if (options_.twins) {
      Progress progress("twins", options_.files.size() * options_.decoders.size(), "twins");
      parallel_for(options_.files.size(), options_.jobs,
                   [&](std::size_t i) { twins_of(options_.files[i], progress); });
    }
    const std::vector<const StudyFile*> files = files_to_mark();
    if (!files.empty()) {
      Progress progress("marks", files.size() * (1 + through().size()), "readings");
      parallel_for(files.size(), options_.jobs,
                   [&](std::size_t i) { marks_of(*files[i], progress); });
    }
    std::sort(left_out_.begin(), left_out_.end());
    return left_out_;
  }

 private:
  void twins_of(const StudyFile& file, Progress& progress) {
    AudioBuffer original;
    for (const StudiedDecoder& decoder : options_.decoders) {
      if (!log_.has("twin", file.id, decoder.name())) {
        attempt(file, decoder.name(), [&] {
          if (original.empty()) original = read_material_audio(file.path, options_.excerpt_s);
          log_.append(twin_line(measure_twin(file, decoder, original, options_.seed)));
        });
      }
      progress.add(1, decoder.name());
    }
  }

  void marks_of(const StudyFile& file, Progress& progress) {
    std::optional<Marks> marks;
    const auto one = [&](const std::string& name, const std::string& weights,
                         const std::function<AudioBuffer(const AudioBuffer&)>& decode) {
      if (!log_.has("marks", file.id, name)) {
        attempt(file, name, [&] {
          if (!marks) {
            const double longest =
                *std::max_element(options_.crops_s.begin(), options_.crops_s.end());
            marks = mark_file(options_, file, read_material_audio(file.path, longest));
          }
          const auto read = read_marks(options_, file, name, weights, *marks, decode(marks->audio));
          if (!read.empty()) log_.append(marks_line(read));
        });
      }
      progress.add(1, name);
    };
    one("none", "", [](const AudioBuffer& audio) { return audio; });
    for (const StudiedDecoder* decoder : through()) {
      one(decoder->name(), decoder->model->identity().sha256,
          [&](const AudioBuffer& audio) { return decoder->model->decode(audio); });
    }
  }

  void attempt(const StudyFile& file, const std::string& decoder,
               const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutput || error.code() == ErrorCode::kInternal) throw;
      const std::lock_guard lock(mutex_);
      left_out_.push_back(fmt::format("{} ({}): {}", file.id, decoder, error.what()));
    }
  }

  std::vector<const StudiedDecoder*> through() const {
    std::vector<const StudiedDecoder*> found;
    for (const StudiedDecoder& d : options_.decoders) {
      if (d.marks) found.push_back(&d);
    }
    return found;
  }

  /// A file that cannot be read is named by the twins.
  std::vector<const StudyFile*> files_to_mark() const {
    std::vector<const StudyFile*> found;
    if (options_.crops_s.empty()) return found;
    const double shortest = *std::min_element(options_.crops_s.begin(), options_.crops_s.end());
    for (const StudyFile& file : options_.files) {
      if (found.size() == options_.mark_files) break;
      try {
        if (probe_audio(file.path).duration_s() >= shortest) found.push_back(&file);
      } catch (const Error&) {
        if (!options_.twins) throw;
      }
    }
    return found;
  }

  const DecoderStudyOptions& options_;
  Log log_;
  std::mutex mutex_;
  std::vector<std::string> left_out_;
};

}  // namespace

std::string StudiedDecoder::name() const {
  const gen::DecoderIdentity identity = model->identity();
  return identity.bitrate_kbps > 0
             ? fmt::format("{} {:.4g} kbit/s", identity.family, identity.bitrate_kbps)
             : identity.family;
}

std::vector<std::string> run_decoder_study(const DecoderStudyOptions& options) {
  fs::create_directories(options.folder);
  return Study(options).run();
}

}  // namespace brandiron::experiments
