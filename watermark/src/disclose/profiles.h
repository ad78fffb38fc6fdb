#pragma once

#include <string>
#include <vector>

#include "brandiron/watermark/disclose.h"

namespace brandiron::watermark {

/// What each duty of the profile says of what was found.
std::vector<Duty> duties_of(Profile profile, const DisclosureCheck& check);

/// A payload as the manifest's soft binding holds it: 8 bytes, big-endian.
std::string payload_bytes(std::uint64_t payload);

}  // namespace brandiron::watermark
