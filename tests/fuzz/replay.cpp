// Runs a fuzz target as a plain test: every seed, every prefix of a seed on a coarse grid, and a
// fixed number of seeded mutations. A crash, a sanitizer report or a foreign exception fails it.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "brandiron/core/rng.h"
#include "fuzz/fuzz_target.h"

namespace {

using brandiron::Rng;

void feed(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string mutate(std::string bytes, Rng& rng) {
  const auto size = [&bytes] { return static_cast<std::uint32_t>(bytes.size()); };
  for (std::uint32_t edits = 1 + rng.below(6); edits > 0 && !bytes.empty(); --edits) {
    const std::uint32_t at = rng.below(size());
    switch (rng.below(6)) {
      case 0:
        bytes[at] = static_cast<char>(rng.below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.below(8)));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, std::string(1 + rng.below(8), static_cast<char>(rng.below(256))));
        break;
      case 4:
        bytes.erase(at, 1 + rng.below(16));
        break;
      default: {  // a hostile number where a length might stand
        const char value = rng.chance(0.5) ? '\xff' : '\x00';
        for (std::uint32_t i = at; i < std::min(size(), at + 4); ++i) {
          bytes[i] = value;
        }
      }
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> seeds = made_seeds();
  if (argc > 1 && std::filesystem::is_directory(argv[1])) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      std::ifstream file(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds\n");
    return 1;
  }
  const int mutations = argc > 2 ? std::atoi(argv[2]) : 2000;
  std::size_t fed = 0;
  feed("");
  for (const std::string& seed : seeds) {
    feed(seed);
    const std::size_t step = std::max<std::size_t>(1, seed.size() / 64);
    for (std::size_t cut = 1; cut < seed.size(); cut += step) {
      feed(seed.substr(0, cut));
      ++fed;
    }
  }
  Rng rng(20261122, "fuzz");
  for (int i = 0; i < mutations; ++i) {
    feed(mutate(seeds[rng.below(static_cast<std::uint32_t>(seeds.size()))], rng));
    ++fed;
  }
  std::printf("%zu seeds, %zu inputs, no crash\n", seeds.size(), fed);
  return 0;
}
