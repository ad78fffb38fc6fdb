#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "fuzz/fuzz_target.h"

using namespace brandiron;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Config config = Config::from_text(text, "fuzz.toml");
    static_cast<void>(config.to_json());
    static_cast<void>(config.children(""));
    config.check_all_used();
  } catch (const Error&) {
  }
  try {
    Config config;
    config.set(text);
  } catch (const Error&) {
  }
  return 0;
}

std::vector<std::string> made_seeds() { return {"a=1", "voice.rasp=[1,2]", "x=\"y\""}; }
