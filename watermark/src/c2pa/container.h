#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// A file around a store yet to come: `head`, `kept`, `header`, the store, `after`. What is large
/// stays where it is, in the file. The data hash leaves out the store and the last
/// `excluded_header` bytes before it.
struct Slot {
  std::string head;                    ///< new bytes
  std::vector<std::string_view> kept;  ///< stretches of the file
  std::string header;                  ///< of the chunk or frame that will hold the store
  std::string_view after;              ///< of the file
  std::size_t excluded_header = 0;
  /// Writes the size of the store, an even number, into `head` and `header`.
  /// @throws Error(kUnsupported) when the container cannot be that large.
  std::function<void(Slot& slot, std::size_t store_size)> set_store_size;

  /// Bytes before the store.
  std::size_t size_before() const;
};

/// The file less the store it holds, opened for another. @throws Error(kUnsupported),
/// Error(kFormat).
Slot open_slot(std::string_view file, Container container);

// By kind of container.
std::optional<Placed> find_in_wav(std::string_view file);
Slot open_wav(std::string_view file);
std::optional<Placed> find_in_id3(std::string_view file);
Slot open_id3(std::string_view file);
/// Bytes of the ID3v2 tag at the start, header and footer included; 0 when there is none.
std::size_t id3_tag_size(std::string_view file) noexcept;
/// Of all the ID3v2 tags at the start, one behind the other.
std::size_t id3_tags_size(std::string_view file) noexcept;

}  // namespace brandiron::watermark::c2pa
