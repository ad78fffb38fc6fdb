#include "brandiron/core/error.h"
#include "brandiron/watermark/key.h"
#include "brandiron/watermark/watermark.h"
#include "fuzz/fuzz_target.h"

using namespace brandiron;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    static_cast<void>(watermark::Key::from_text(text, "fuzz.key").fingerprint());
  } catch (const Error&) {
  }
  try {
    static_cast<void>(watermark::parse_payload(text));
  } catch (const Error&) {
  }
  return 0;
}

std::vector<std::string> made_seeds() { return {"0123456789abcdef"}; }
