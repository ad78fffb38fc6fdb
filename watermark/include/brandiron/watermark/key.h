#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace brandiron::watermark {

/// A 256-bit secret. Never printed; only its fingerprint is shown.
class Key {
 public:
  /// The published demo key: anybody can verify with it; it protects nothing.
  static Key demo();
  /// From the operating system's generator.
  static Key generate();
  /// Text file `brandiron-key-v1 <base64>`. @throws Error(kIo), Error(kFormat).
  static Key read(const std::filesystem::path& path);
  static Key from_text(const std::string& text, const std::string& name);
  /// Writes with mode 0600. @throws Error(kOutput).
  void write(const std::filesystem::path& path, bool overwrite = false) const;

  /// First 8 hex digits of SHA-256 of the secret.
  std::string fingerprint() const;
  /// Keyed pseudo-random 64-bit word of (domain, index): HMAC-SHA-256 derived seed, then Philox.
  std::uint64_t derive_seed(const std::string& domain) const;
  bool operator==(const Key&) const = default;

  const std::array<std::uint8_t, 32>& secret() const { return secret_; }

 private:
  std::array<std::uint8_t, 32> secret_{};
};

}  // namespace brandiron::watermark
