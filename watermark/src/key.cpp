#include "brandiron/watermark/key.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"

namespace brandiron::watermark {
namespace {

constexpr std::string_view kMagic = "brandiron-key-v1";
constexpr std::size_t kMaxKeyFileBytes = 4096;

std::array<std::uint8_t, 32> to_secret(const std::string& bytes) {
  std::array<std::uint8_t, 32> secret{};
  std::memcpy(secret.data(), bytes.data(), secret.size());
  return secret;
}

std::string_view as_text(const std::array<std::uint8_t, 32>& secret) {
  return {reinterpret_cast<const char*>(secret.data()), secret.size()};
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

[[noreturn]] void bad_key(const std::string& name, const std::string& found) {
  throw Error(ErrorCode::kFormat,
              name + ": not a watermark key: " + found +
                  ", expected one line `brandiron-key-v1 <base64 of 32 bytes>`; make one with "
                  "`brandiron watermark keygen -o KEY`");
}

}  // namespace

Key Key::demo() {
  Key key;
  key.secret_ = to_secret(from_hex(sha256_hex("brandiron published demo key: protects nothing")));
  return key;
}

Key Key::generate() {
  Key key;
  key.secret_ = to_secret(secure_random_bytes(key.secret_.size()));
  return key;
}

Key Key::read(const std::filesystem::path& path) {
  const std::string text = read_file(path, kMaxKeyFileBytes);
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    log_warning(path.string() +
                ": other users may read this key; run `chmod 600` on it and consider a new key");
  }
  return from_text(text, path.string());
}

Key Key::from_text(const std::string& text, const std::string& name) {
  std::string_view line = trim(text);
  if (line.substr(0, kMagic.size()) != kMagic) bad_key(name, "it does not start with the magic");
  line.remove_prefix(kMagic.size());
  if (line.empty() || (line.front() != ' ' && line.front() != '\t')) {
    bad_key(name, "no blank follows the magic");
  }
  line = trim(line);
  std::string bytes;
  try {
    bytes = from_base64(line);
  } catch (const Error&) {
    bad_key(name, "malformed base64");
  }
  if (bytes.size() != 32) bad_key(name, std::to_string(bytes.size()) + " bytes");
  Key key;
  key.secret_ = to_secret(bytes);
  return key;
}

void Key::write(const std::filesystem::path& path, bool overwrite) const {
  const std::string text = std::string(kMagic) + " " + to_base64(as_text(secret_)) + "\n";
  write_file(path, text, overwrite, 0600);
}

std::string Key::fingerprint() const { return sha256_hex(as_text(secret_)).substr(0, 8); }

std::uint64_t Key::derive_seed(const std::string& domain) const {
  const std::string digest = hmac_sha256(as_text(secret_), "brandiron/seed/" + domain);
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    seed |= std::uint64_t{static_cast<std::uint8_t>(digest[i])} << (8 * i);
  }
  return seed;
}

}  // namespace brandiron::watermark
