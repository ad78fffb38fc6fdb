#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/files.h"
#include "brandiron/core/rng.h"
#include "targets.h"

// The fuzzers' seeds and every input that once broke something, without a fuzzer.

namespace brandiron {
namespace {

using Target = void (*)(const std::uint8_t*, std::size_t);

std::vector<std::string> corpus(const std::string& name) {
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(BRANDIRON_SOURCE_DIR) / "tests/fuzz/corpus" / name)) {
    inputs.push_back(read_file(entry.path()));
  }
  return inputs;
}

void run(Target target, const std::string& input) {
  target(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

// The inputs themselves, every input cut at 16 places, and 24 copies of each with a few bytes
// changed.
void replay(const std::string& name, Target target) {
  const auto inputs = corpus(name);
  ASSERT_FALSE(inputs.empty()) << "tests/fuzz/corpus/" << name << " is empty";
  Rng rng(1, "fuzz-replay/" + name);
  for (const std::string& input : inputs) {
    run(target, input);
    for (std::size_t i = 0; i < 16; ++i) run(target, input.substr(0, input.size() * i / 16));
    for (int copy = 0; copy < 24 && !input.empty(); ++copy) {
      std::string changed = input;
      for (int i = 0; i < 4; ++i) {
        const auto at = rng.below(static_cast<std::uint32_t>(changed.size()));
        changed[at] = static_cast<char>(rng.below(256));
      }
      run(target, changed);
    }
  }
}

TEST(FuzzCorpus, AudioBytesEndInAudioOrAnError) { replay("audio", fuzz::audio); }
TEST(FuzzCorpus, TomlEndsInAConfigOrAnError) { replay("config", fuzz::config); }
TEST(FuzzCorpus, KeyTextEndsInAKeyOrAnError) { replay("key", fuzz::key); }
TEST(FuzzCorpus, EffectChainsEndInAChainOrAnError) { replay("effects", fuzz::effects); }
TEST(FuzzCorpus, RiffBytesEndInChunksInsideThem) { replay("riff", fuzz::riff); }
TEST(FuzzCorpus, TaggedBytesEndInTagsOrAnError) { replay("tags", fuzz::tags); }
TEST(FuzzCorpus, SignedFilesEndInAVerdict) { replay("c2pa", fuzz::c2pa); }
TEST(FuzzCorpus, ManifestStoresEndInAVerdict) { replay("jumbf", fuzz::jumbf); }
TEST(FuzzCorpus, CborEndsInAnItemOrAnError) { replay("cbor", fuzz::cbor); }
TEST(FuzzCorpus, SignaturesAndTimeStampsEndInAFinding) { replay("cose", fuzz::cose); }

}  // namespace
}  // namespace brandiron
