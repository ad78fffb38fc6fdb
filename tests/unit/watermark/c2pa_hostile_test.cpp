#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "brandiron/core/error.h"
#include "tests/support/c2pa_files.h"
#include "watermark/src/c2pa/cbor.h"
#include "watermark/src/c2pa/data_hash.h"
#include "watermark/src/c2pa/jumbf.h"

// Manifests made to cost time or memory: refused, or judged invalid, in under a second each.

namespace brandiron::watermark::c2pa {
namespace {

using C2paHostile = C2pa;

// Sanitizers cost a factor of ten.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::chrono::seconds kSoon(10);
constexpr std::size_t kMuchBytes = std::size_t{4} << 30U;
#else
constexpr std::chrono::seconds kSoon(1);
constexpr std::size_t kMuchBytes = std::size_t{256} << 20U;
#endif

// The most that this process ever held, in bytes.
std::size_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}

void expect_invalid_soon(const std::string& store) {
  const std::string file = wav(chunk("C2PA", store));
  const std::size_t before = peak_bytes();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(verify(file, Trust{}).state, State::kInvalid);
  EXPECT_EQ(verify_sidecar(file, store, Trust{}).state, State::kInvalid);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kSoon);
  EXPECT_LT(peak_bytes(), before + kMuchBytes);
}

std::string cbor_box(const std::string& label, const std::string& cbor) {
  return write_superbox("cbor", label, write_box("cbor", cbor));
}

// A manifest whose claim names every assertion with its right hash; the signature is none.
std::string manifest_with(const std::string& label,
                          const std::vector<std::pair<std::string, std::string>>& assertions) {
  std::string boxes;
  std::vector<Cbor> named;
  for (const auto& [name, cbor] : assertions) {
    const std::string box = cbor_box(name, cbor);
    boxes += box;
    named.push_back(Cbor::record(
        {{"url", Cbor::text("self#jumbf=c2pa.assertions/" + name)},
         {"hash", Cbor::bytes(digest_of("sha256", std::string_view(box).substr(8)))}}));
  }
  const std::string claim = Cbor::record({{"alg", Cbor::text("sha256")},
                                          {"signature", Cbor::text("self#jumbf=c2pa.signature")},
                                          {"created_assertions", Cbor::array(named)}})
                                .encode();
  return write_superbox("c2ma", label,
                        write_superbox("c2as", "c2pa.assertions", boxes) +
                            write_superbox("c2cl", "c2pa.claim.v2", write_box("cbor", claim)) +
                            write_superbox("c2cs", "c2pa.signature", write_box("cbor", "\x80")));
}

std::string store_of(const std::string& manifests) {
  return write_superbox("c2pa", "c2pa", manifests);
}

TEST_F(C2paHostile, AHundredMegabytesAreRefused) {
  expect_invalid_soon(std::string(100'000'000, 'j'));
  std::string zeros = store_of("");
  zeros.resize(100'000'000);
  expect_invalid_soon(zeros);
}

TEST_F(C2paHostile, TenThousandBoxesAreRefused) {
  std::string boxes;
  for (int i = 0; i < 10'000; ++i) boxes += write_superbox("c2ma", std::to_string(i), "");
  expect_invalid_soon(store_of(boxes));
}

TEST_F(C2paHostile, DeepNestingIsRefused) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep = write_superbox("c2ma", "a", deep);
  expect_invalid_soon(store_of(deep));
  const std::string arrays(10'000'000, '\x81'), tags(10'000'000, '\xC1');
  expect_invalid_soon(store_of(manifest_with("m", {{"c2pa.actions.v2", arrays}})));
  expect_invalid_soon(store_of(manifest_with("m", {{"c2pa.actions.v2", tags}})));
}

TEST_F(C2paHostile, LengthsOfTwoToTheSixtyAreRefused) {
  for (const char* head :
       {"9b1000000000000000", "bb1000000000000000", "5b1000000000000000", "7b1000000000000000"}) {
    expect_invalid_soon(store_of(manifest_with("m", {{"c2pa.actions.v2", from_hex(head)}})));
  }
}

TEST_F(C2paHostile, NoStoreHoldsMoreItemsThanAreReadInTime) {
  // 31 MB of the densest CBOR there is, in assertions that are all read.
  const std::string dense = from_hex("99fff0") + std::string(0xFFF0, '\0');
  std::vector<std::pair<std::string, std::string>> assertions;
  for (int i = 0; i < 480; ++i)
    assertions.emplace_back("c2pa.actions__" + std::to_string(i), dense);
  expect_invalid_soon(store_of(manifest_with("m", assertions)));
}

TEST_F(C2paHostile, ManifestsThatBuildOnOneAnotherAreJudgedOnceEach) {
  // 60 of them, each an ingredient of all that follow: 2^60 paths.
  std::string manifests;
  std::vector<std::pair<std::string, std::string>> parents;
  for (int i = 0; i < 60; ++i) {
    const std::string label = "m" + std::to_string(i);
    const std::string manifest = manifest_with(label, parents);
    manifests += manifest;
    const Cbor reference = Cbor::record(
        {{"url", Cbor::text("self#jumbf=/c2pa/" + label)},
         {"hash", Cbor::bytes(digest_of("sha256", std::string_view(manifest).substr(8)))}});
    parents.emplace_back("c2pa.ingredient.v3__" + std::to_string(i),
                         Cbor::record({{"activeManifest", reference}}).encode());
  }
  expect_invalid_soon(store_of(manifests));
}

TEST_F(C2paHostile, ManifestsThatClaimToBeTheirOwnAncestorsAreNoLoop) {
  const auto naming = [](const std::string& label) {
    return Cbor::record(
               {{"activeManifest", Cbor::record({{"url", Cbor::text("self#jumbf=/c2pa/" + label)},
                                                 {"hash", Cbor::bytes(std::string(32, 'x'))}})}})
        .encode();
  };
  expect_invalid_soon(store_of(manifest_with("a", {{"c2pa.ingredient.v3", naming("b")}}) +
                               manifest_with("b", {{"c2pa.ingredient.v3", naming("a")}})));
}

TEST_F(C2paHostile, ExclusionsThatOverlapOrLieAreRefused) {
  const auto with = [](std::uint64_t start, std::uint64_t length, std::uint64_t second) {
    const auto range = [](std::uint64_t from, std::uint64_t size) {
      return Cbor::record({{"start", Cbor::integer(static_cast<std::int64_t>(from))},
                           {"length", Cbor::integer(static_cast<std::int64_t>(size))}});
    };
    return Cbor::record({{"exclusions", Cbor::array({range(start, length), range(second, 10)})}});
  };
  EXPECT_EQ(read_exclusions(with(10, 20, 30), 1000).size(), 2U);
  EXPECT_THROW(read_exclusions(with(10, 20, 29), 1000), Error) << "overlapping";
  EXPECT_THROW(read_exclusions(with(100, 20, 30), 1000), Error) << "out of order";
  EXPECT_THROW(read_exclusions(with(10, 1000, 1100), 1000), Error) << "past the end";
  EXPECT_THROW(read_exclusions(with(10, INT64_MAX, 30), 1000), Error) << "wrapping";
  std::vector<Cbor> many(60'000, Cbor::record({{"start", Cbor::integer(0)}}));
  EXPECT_THROW(read_exclusions(Cbor::record({{"exclusions", Cbor::array(many)}}), 1000), Error);
}

TEST_F(C2paHostile, ChunksAndTagsByTheMillionAreNoWork) {
  std::string chunks = "RIFF" + std::string(4, '\xFF') + "WAVE";
  std::string tags;
  for (int i = 0; i < 1'000'000; ++i) {
    chunks += std::string("abcd\0\0\0\0", 8);
    tags += std::string("ID3\4\0\0\0\0\0\0", 10);
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(verify(chunks, Trust{}).state, State::kNone);
  EXPECT_EQ(verify(tags + mp3(), Trust{}).state, State::kNone);
  EXPECT_THROW(sign(chunks, disclosure(), credentials()), Error);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kSoon);
}

}  // namespace
}  // namespace brandiron::watermark::c2pa
