#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/watermark/c2pa.h"
#include "tests/support/temporary_folder.h"
#include "watermark/src/c2pa/big_endian.h"

// Small files and test certificates for the C2PA tests.

namespace brandiron::watermark::c2pa {

inline std::string pseudo_audio(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 7919 + i / 251) % 120);
  return bytes;
}

inline std::string chunk(const std::string& id, const std::string& content) {
  return id + le32_bytes(static_cast<std::uint32_t>(content.size())) + content +
         std::string(content.size() % 2, '\0');
}

inline std::string wav(const std::string& more = "", std::size_t audio_bytes = 4000) {
  std::string body = "WAVE" + chunk("fmt ", from_hex("010001002256000044ac000002001000")) + more +
                     chunk("data", pseudo_audio(audio_bytes));
  return chunk("RIFF", body);
}

inline std::string id3_frame(const std::string& id, const std::string& content) {
  return id + be_bytes(content.size(), 4) + std::string(2, '\0') + content;
}

// Contents below 128 bytes: plain and syncsafe sizes are the same.
inline std::string id3_tag(char version, const std::string& frames, char flags = 0) {
  return std::string("ID3") + version + '\0' + flags + be_bytes(frames.size(), 4) + frames;
}

inline std::string flac() { return "fLaC" + pseudo_audio(3000); }
inline std::string mp3() { return from_hex("fffb9064") + pseudo_audio(3000); }

/// Credentials of one test authority for all tests of a file.
class C2pa : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new brandiron::testing::TemporaryFolder;
    make_test_ca(folder_->path(), "Brandiron Tests");
  }
  static void TearDownTestSuite() { delete folder_; }

  static Credentials credentials() {
    return Credentials::read(*folder_ / "chain.pem", *folder_ / "signing.key");
  }
  static Trust trust() { return {read_file(*folder_ / "root.pem"), {}}; }
  static Disclosure disclosure() {
    Disclosure d;
    d.title = "song.wav";
    d.generator_name = "brandiron";
    d.generator_version = "0.1.0";
    d.when = "2026-11-22T00:00:00Z";
    d.watermark_payload = from_hex("0123456789abcdef");
    return d;
  }
  static std::string signed_file(const std::string& file) {
    return sign(file, disclosure(), credentials());
  }

  static brandiron::testing::TemporaryFolder* folder_;
};
inline brandiron::testing::TemporaryFolder* C2pa::folder_ = nullptr;

}  // namespace brandiron::watermark::c2pa
