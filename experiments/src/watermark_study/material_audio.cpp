#include "watermark_study/material_audio.h"

#include <cmath>

#include "brandiron/core/audio/audio_file.h"

namespace brandiron::experiments {

AudioBuffer read_excerpt(const std::filesystem::path& path, double seconds) {
  const AudioInfo info = probe_audio(path);
  ReadOptions options;
  const double frames = std::round(seconds * info.rate_hz);
  if (seconds > 0 && static_cast<double>(info.num_frames) > frames) {
    options.max_frames = static_cast<std::uint64_t>(frames);
    options.start_frame = (info.num_frames - options.max_frames) / 2;
  }
  return read_audio(path, options);
}

ExcerptFiles::ExcerptFiles(const StudyOptions& options, std::filesystem::path folder)
    : options_(options), folder_(std::move(folder)), written_(options.files.size(), false) {}

std::filesystem::path ExcerptFiles::path(std::size_t index) {
  const std::filesystem::path path = folder_ / ("excerpt-" + std::to_string(index) + ".wav");
  const std::lock_guard lock(mutex_);
  if (!written_[index]) {
    WriteOptions write;
    write.sample_format = SampleFormat::kFloat32;
    write.overwrite = true;
    write_audio(path, read_excerpt(options_.files[index].path, options_.excerpt_s), write);
    written_[index] = true;
  }
  return path;
}

}  // namespace brandiron::experiments
