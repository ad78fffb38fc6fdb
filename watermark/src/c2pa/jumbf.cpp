#include "jumbf.h"

#include <algorithm>
#include <cstdint>

#include "big_endian.h"
#include "brandiron/core/error.h"
#include "utf8.h"

namespace brandiron::watermark::c2pa {
namespace {

// The last twelve bytes of every C2PA and JUMBF content type.
constexpr char kUuidTail[] = {0x00, 0x11,       0x00, 0x10, char(0x80), 0x00,
                              0x00, char(0xAA), 0x00, 0x38, char(0x9B), 0x71};
constexpr std::size_t kUuidBytes = 16;
constexpr unsigned kRequestable = 1, kHasLabel = 2, kHasId = 4, kHasHash = 8, kHasPrivate = 16;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kFormat, "JUMBF: " + why);
}

class Parser {
 public:
  // The first box of `input`, which may be longer.
  Box box(std::string_view input, std::size_t depth) {
    if (++boxes_ > kMaxBoxes) refuse("more than 4096 boxes");
    if (depth > kMaxBoxDepth) refuse("boxes nested more than 16 deep");
    if (input.size() < 8) refuse("ends in the middle of a box header");
    std::uint64_t size = read_be(input, 0, 4);
    std::size_t header = 8;
    if (size == 1) {
      if (input.size() < 16) refuse("ends in the middle of a box header");
      size = read_be(input, 8, 8);
      header = 16;
    }
    if (size < header || size > input.size()) {
      refuse("a box of " + std::to_string(size) + " bytes where " + std::to_string(input.size()) +
             " are left");
    }
    Box found;
    found.type = input.substr(4, 4);
    found.whole = input.substr(0, static_cast<std::size_t>(size));
    found.payload = found.whole.substr(header);
    if (found.is_super()) read_super(found, depth);
    return found;
  }

 private:
  void read_super(Box& super, std::size_t depth) {
    std::string_view left = super.payload;
    const Box description = box(left, depth + 1);
    if (description.type != "jumd") refuse("a superbox that does not start with its description");
    left.remove_prefix(description.whole.size());
    read_description(super, description.payload);
    std::vector<std::string_view> labels;
    while (!left.empty()) {
      super.children.push_back(box(left, depth + 1));
      left.remove_prefix(super.children.back().whole.size());
    }
    for (const Box& child : super.children) {
      if (child.is_super()) labels.push_back(child.label);
    }
    std::sort(labels.begin(), labels.end());
    if (std::adjacent_find(labels.begin(), labels.end()) != labels.end()) {
      refuse("two boxes of one label");
    }
  }

  static void read_description(Box& super, std::string_view bytes) {
    if (bytes.size() < kUuidBytes + 1) refuse("a description that ends in the middle");
    super.content_type = bytes.substr(0, kUuidBytes);
    const auto toggles = static_cast<unsigned char>(bytes[kUuidBytes]);
    if ((toggles & kHasLabel) == 0) refuse("a superbox without a label");
    const std::size_t from = kUuidBytes + 1;
    const std::size_t end = bytes.find('\0', from);
    if (end == std::string_view::npos || end == from) refuse("a label that is empty or unfinished");
    super.label = std::string(bytes.substr(from, end - from));
    if (!is_utf8(super.label) || super.label.size() > 256 ||
        super.label.find('/') != std::string::npos ||
        std::any_of(super.label.begin(), super.label.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
      refuse("a label that is not a plain name of at most 256 bytes");
    }
    std::size_t left = bytes.size() - end - 1;
    const std::size_t fixed =
        ((toggles & kHasId) != 0 ? 4U : 0U) + ((toggles & kHasHash) != 0 ? 32U : 0U);
    if (left < fixed) refuse("a description that ends in the middle");
    left -= fixed;
    if (left > 0 && (toggles & kHasPrivate) == 0) refuse("a description with unexplained bytes");
  }

  std::size_t boxes_ = 0;
};

}  // namespace

const Box* Box::child(std::string_view wanted) const {
  for (const Box& box : children) {
    if (box.is_super() && box.label == wanted) return &box;
  }
  return nullptr;
}

const Box* Box::child(std::string_view wanted, std::string_view four_letters) const {
  const Box* box = child(wanted);
  return box != nullptr && box->content_type == content_uuid(four_letters) ? box : nullptr;
}

std::string_view Box::content(std::string_view wanted) const {
  for (const Box& box : children) {
    if (box.type == wanted) return box.payload;
  }
  return {};
}

std::string content_uuid(std::string_view four_letters) {
  return std::string(four_letters) + std::string(kUuidTail, sizeof kUuidTail);
}

std::string write_box(std::string_view type, std::string_view payload) {
  if (payload.size() + 8 > kMaxStoreBytes) refuse("a box over 32 MiB cannot be written");
  return be_bytes(payload.size() + 8, 4) + std::string(type) + std::string(payload);
}

std::string write_superbox(std::string_view four_letters, std::string_view label,
                           std::string_view content) {
  std::string description = content_uuid(four_letters);
  description.push_back(static_cast<char>(kRequestable | kHasLabel));
  description.append(label).push_back('\0');
  return write_box("jumb", write_box("jumd", description) + std::string(content));
}

Box parse_jumbf(std::string_view input) {
  if (input.size() > kMaxStoreBytes) {
    refuse(std::to_string(input.size()) + " bytes, expected at most 32 MiB");
  }
  Parser parser;
  Box box = parser.box(input, 0);
  if (!box.is_super()) refuse("no superbox at the start");
  if (box.whole.size() != input.size()) refuse("more bytes follow the superbox");
  return box;
}

}  // namespace brandiron::watermark::c2pa
