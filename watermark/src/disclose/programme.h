#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/watermark/notice.h"
#include "brandiron/watermark/watermark.h"

namespace brandiron::watermark {

/// What one pass over a recording tells before it is written again.
struct Programme {
  AudioInfo info;
  float peak = 0;
  double rms = 0;
  std::optional<Verdict> mark;  ///< of the key that was asked for
};

/// Reads the file once; looks for the key's mark (unchanged in speed) unless it is null. @throws
/// Error(kIo), Error(kFormat).
Programme survey(const std::filesystem::path& in, const Key* key);

/// What is written.
struct Rewriting {
  const Key* key = nullptr;  ///< null: no mark
  std::uint64_t payload = 0;
  EmbedOptions embed;
  const Notice* notice = nullptr;  ///< before the music
  bool notice_at_end = false;      ///< and after it
};

/// Decodes `in` and writes it to `out` (which may exist) with notices and mark; `tap` sees every
/// block as it is written. @returns the embedder's report, empty without a key.
EmbedReport rewrite(const std::filesystem::path& in, const Programme& programme,
                    const std::filesystem::path& out, const Rewriting& rewriting,
                    const WriteOptions& write, const std::function<void(const AudioBuffer&)>& tap);

/// Only the blocks, for a file whose audio is not rewritten.
void play(const std::filesystem::path& in, const std::function<void(const AudioBuffer&)>& tap);

}  // namespace brandiron::watermark
