#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::watermark::c2pa {

/// The largest manifest store that is read.
inline constexpr std::size_t kMaxStoreBytes = std::size_t{32} << 20U;
/// The most boxes, of any type, in one store, and how deep they may lie.
inline constexpr std::size_t kMaxBoxes = 4096;
inline constexpr std::size_t kMaxBoxDepth = 16;

/// One JUMBF box (ISO/IEC 19566-5); views into the bytes that were parsed.
struct Box {
  std::string_view type;     ///< four characters: "jumb", "cbor", "json", ...
  std::string_view whole;    ///< with the header
  std::string_view payload;  ///< without; what a C2PA hashed URI covers
  /// Of a superbox ("jumb"): its description and what follows it.
  std::string_view content_type;  ///< 16-byte UUID
  std::string label;
  std::vector<Box> children;

  bool is_super() const { return type == "jumb"; }
  /// The only child superbox of that label; null when there is none.
  const Box* child(std::string_view label) const;
  /// That child, if its content type is `content_uuid(four_letters)`; null otherwise.
  const Box* child(std::string_view label, std::string_view four_letters) const;
  /// The payload of the first content box of that type; empty when there is none.
  std::string_view content(std::string_view type) const;
};

/// The 16-byte UUID of the C2PA content types: four letters and a common tail.
std::string content_uuid(std::string_view four_letters);

/// A superbox whose description is (`four_letters`, `label`) and whose content is `content`, boxes
/// already written.
std::string write_superbox(std::string_view four_letters, std::string_view label,
                           std::string_view content);
std::string write_box(std::string_view type, std::string_view payload);

/// The superbox that fills `input`. Refused: over 32 MiB, 4096 boxes or 16 levels; sizes that do
/// not add up; superboxes without a description or label; two siblings of one label. The work is
/// linear in the number of boxes. @throws Error(kFormat).
Box parse_jumbf(std::string_view input);

}  // namespace brandiron::watermark::c2pa
