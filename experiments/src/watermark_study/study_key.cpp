#include "watermark_study/study_key.h"

#include "brandiron/core/hash.h"

namespace brandiron::experiments {

watermark::Key study_key(const std::string& name) {
  return watermark::Key::from_text(
      "brandiron-key-v1 " + to_base64(from_hex(sha256_hex(name))) + "\n", "study key");
}

}  // namespace brandiron::experiments
