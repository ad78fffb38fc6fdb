#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "brandiron/watermark/c2pa.h"

namespace brandiron::watermark::c2pa {

/// Where a manifest store lies in a file, all in bytes from its start.
struct Placed {
  std::size_t start = 0, size = 0;              ///< of the store itself
  std::size_t outer_start = 0, outer_size = 0;  ///< of the chunk or frame that holds it
};

/// The manifest store of a file of that kind. @throws Error(kFormat) when it holds two, or one that
/// is cut short or encoded in a way that C2PA does not use.
std::optional<Placed> find_store(std::string_view file, Container container);

/// A file around a store yet to come: `before`, the store, `after`. Its range
/// [before.size() - excluded_header, before.size() + store size) is what the data hash leaves out.
struct Slot {
  std::string before;      ///< with room for the rest behind it
  std::string_view after;  ///< of the file
  std::size_t excluded_header = 0;
  /// Writes the size of the store, an even number, into the headers of `before`.
  /// @throws Error(kUnsupported) when the container cannot be that large.
  std::function<void(std::string& before, std::size_t store_size)> set_store_size;
};

/// The file less the store it holds, opened for another. @throws Error(kUnsupported),
/// Error(kFormat).
Slot open_slot(std::string_view file, Container container);

// By kind of container.
std::optional<Placed> find_in_wav(std::string_view file);
Slot open_wav(std::string_view file);
std::optional<Placed> find_in_id3(std::string_view file);
Slot open_id3(std::string_view file);
/// How much larger than its file a signed file may get without its bytes being moved once more.
inline constexpr std::size_t kUsualGrowth = std::size_t{1} << 16U;
/// Bytes of the ID3v2 tag at the start, header and footer included; 0 when there is none.
std::size_t id3_tag_size(std::string_view file) noexcept;

}  // namespace brandiron::watermark::c2pa
