#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace brandiron {

/// Incremental SHA-256.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// Another one that has taken the same bytes so far.
  Sha256 fork() const;
  /// Lower-case hex digest; the object must not be used afterwards.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Lower-case hex SHA-256 of the bytes.
std::string sha256_hex(std::string_view bytes);
/// HMAC-SHA-256 as 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);
/// `n` bytes from the operating system's generator. @throws Error(kInternal) when it fails.
std::string secure_random_bytes(std::size_t n);
std::string to_hex(std::string_view bytes);
/// @throws Error(kInvalidArgument) on an odd length or a non-hex digit.
std::string from_hex(std::string_view hex);
std::string to_base64(std::string_view bytes);
/// @throws Error(kFormat) on malformed base64.
std::string from_base64(std::string_view text);

}  // namespace brandiron
