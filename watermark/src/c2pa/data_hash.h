#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cbor.h"
#include "claim.h"

namespace brandiron::watermark::c2pa {

/// SHA-256, SHA-384 or SHA-512 ("sha256" ...) of the bytes outside `exclusions`, which are in order
/// and inside; empty for another name.
std::string digest_of(std::string_view algorithm, std::string_view bytes,
                      const std::vector<Exclusion>& exclusions = {});

/// The ranges of a `c2pa.hash.data` assertion, in order, apart and within `file_size`.
/// @throws Error(kFormat).
std::vector<Exclusion> read_exclusions(const Cbor& assertion, std::size_t file_size);

}  // namespace brandiron::watermark::c2pa
