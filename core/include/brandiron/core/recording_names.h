// What lists of recordings call things.
#pragma once

#include <string>

namespace brandiron {

/// "debian:naev-data_0.8.2-1" -> "debian:naev-data": two versions of a package are one source.
inline std::string source_without_version(const std::string& source) {
  return source.starts_with("debian:") ? source.substr(0, source.find('_')) : source;
}

/// Singing and speech alone are voices; every other label stays.
inline std::string label_of_recording(const std::string& label) {
  return label == "human_speech" || label == "human_singing_acappella" ? "voice" : label;
}

}  // namespace brandiron
