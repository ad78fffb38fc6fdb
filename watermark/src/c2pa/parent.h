#pragma once

#include <filesystem>
#include <string>

namespace brandiron::watermark::c2pa {

/// The store beside a file; empty when there is none. @throws Error(kIo) when it is over 32 MiB.
std::string sidecar_store(const std::filesystem::path& file);

}  // namespace brandiron::watermark::c2pa
