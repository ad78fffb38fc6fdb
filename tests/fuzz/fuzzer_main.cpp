#include "targets.h"

// BRANDIRON_FUZZ_TARGET is one of the functions of targets.h.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  brandiron::fuzz::BRANDIRON_FUZZ_TARGET(bytes, size);
  return 0;
}
