#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "fuzz/fuzz_target.h"

using namespace brandiron;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto chain = EffectChain::parse({reinterpret_cast<const char*>(data), size});
    // The canonical text means the same chain.
    if (EffectChain::parse(chain.to_string()).to_string() != chain.to_string()) {
      __builtin_trap();
    }
  } catch (const Error&) {
  }
  return 0;
}

std::vector<std::string> made_seeds() {
  std::vector<std::string> seeds = {"none", "gain(-6) | noise(snr_db=20)"};
  for (const auto& effect : list_effects()) {
    seeds.push_back(effect.example);
  }
  return seeds;
}
