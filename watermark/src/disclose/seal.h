#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "brandiron/watermark/disclose.h"

namespace brandiron::watermark {

/// What the last two steps did: manifest, then log.
struct Sealed {
  std::string sidecar;  ///< manifest store to keep beside the file; empty when it holds its own
  bool has_manifest = false;
  std::string sha256;
  std::int64_t sequence = 0;
};

/// What is published, for the log.
struct SealedAudio {
  std::string file_name;
  double duration_s = 0;
  std::optional<Fingerprint> fingerprint;  ///< needed with a registry
};

/// Signs a finished file that nobody sees yet, in place, and logs it. `parent` is the
/// manifest that the audio had before. @throws Error as c2pa::sign
/// and Registry::append.
Sealed seal_file(const std::filesystem::path& file, const DisclosureFacts& facts,
                 const SealOptions& options, const c2pa::ParentManifest& parent,
                 const SealedAudio& audio);

}  // namespace brandiron::watermark
