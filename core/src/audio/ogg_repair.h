#pragma once

#include <string>
#include <string_view>

namespace brandiron {

/// An Ogg Opus stream cut out of a longer one (`ffmpeg -ss ... -c copy`) can state a first page
/// position smaller than the samples of that page; libsndfile refuses it, players do not. Returns
/// the stream with its page positions moved up so that none is missing, or "" when `bytes` is no
/// Ogg Opus stream or is not of that kind. Never reads outside `bytes`.
/// @see RFC 7845, section 4.
std::string repair_cut_opus(std::string_view bytes);

}  // namespace brandiron
