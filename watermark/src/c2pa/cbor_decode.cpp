#include <algorithm>

#include "brandiron/core/error.h"
#include "cbor.h"
#include "utf8.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxItems = 65536;

[[noreturn]] void refuse(std::size_t at, const std::string& why) {
  throw Error(ErrorCode::kFormat, "CBOR: byte " + std::to_string(at) + ": " + why);
}

}  // namespace

/// Every item costs one unit of a budget, and a container claims no more items than bytes are left,
/// so memory and time follow the input and never a number written in it.
class CborDecoder {
 public:
  CborDecoder(std::string_view input, std::size_t& budget) : input_(input), budget_(budget) {}

  Cbor whole() {
    Cbor item = next(0);
    if (at_ != input_.size()) refuse(at_, "more bytes follow the item");
    return item;
  }

 private:
  struct Head {
    unsigned major;
    unsigned extra;
    std::uint64_t number;
  };

  Head head() {
    if (at_ >= input_.size()) refuse(at_, "ends in the middle");
    const unsigned first = static_cast<unsigned char>(input_[at_++]);
    Head head{first >> 5U, first & 31U, first & 31U};
    if (head.extra < 24) return head;
    if (head.extra > 27) refuse(at_ - 1, "indefinite or reserved length, expected a definite one");
    const std::size_t size = std::size_t{1} << (head.extra - 24);
    if (input_.size() - at_ < size) refuse(at_, "ends in the middle of a number");
    head.number = 0;
    for (std::size_t i = 0; i < size; ++i) {
      head.number = (head.number << 8U) | static_cast<unsigned char>(input_[at_++]);
    }
    return head;
  }

  Cbor next(std::size_t depth) {
    if (depth > kMaxDepth) refuse(at_, "nested more than 32 deep");
    if (++items_ > kMaxItems) refuse(at_, "more than 65536 items");
    if (budget_-- == 0) {
      budget_ = 0;
      refuse(at_, "more items than are read of one manifest store");
    }
    const std::size_t start = at_;
    const Head found = head();
    Cbor item;
    item.number_ = found.number;
    item.kind_ = static_cast<Cbor::Kind>(found.major);
    switch (found.major) {
      case 0:
      case 1:
        break;
      case 2:
      case 3:
        read_string(item, start);
        break;
      case 4:
      case 5:
        read_container(item, start, depth);
        break;
      case 6:
        item.items_.push_back(next(depth + 1));
        break;
      default:
        if (found.extra >= 25) {
          item.kind_ = Cbor::Kind::kFloat;
          item.float_bytes_ = static_cast<std::uint8_t>(1U << (found.extra - 24));
        } else if (found.extra == 24 && found.number < 32) {
          refuse(start, "a simple value in two bytes");
        }
    }
    return item;
  }

  void read_string(Cbor& item, std::size_t start) {
    if (item.number_ > input_.size() - at_) refuse(start, "a string longer than the input");
    item.string_ = std::string(input_.substr(at_, static_cast<std::size_t>(item.number_)));
    at_ += item.string_.size();
    if (item.kind_ == Cbor::Kind::kText && !is_utf8(item.string_)) refuse(start, "not UTF-8");
    item.number_ = 0;
  }

  void read_container(Cbor& item, std::size_t start, std::size_t depth) {
    const bool map = item.kind_ == Cbor::Kind::kMap;
    const std::size_t room = (input_.size() - at_) / (map ? 2 : 1);
    if (item.number_ > room) refuse(start, "more elements than bytes");
    const std::size_t count = static_cast<std::size_t>(item.number_) * (map ? 2 : 1);
    if (count > kMaxItems - items_) refuse(start, "more than 65536 items");
    std::vector<std::string_view> keys;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t from = at_;
      item.items_.push_back(next(depth + 1));
      if (map && i % 2 == 0) keys.push_back(input_.substr(from, at_ - from));
    }
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
      refuse(start, "a map with a repeated key");
    }
    item.number_ = 0;
  }

  std::string_view input_;
  std::size_t& budget_;
  std::size_t at_ = 0;
  std::size_t items_ = 0;
};

Cbor Cbor::decode(std::string_view input) {
  std::size_t budget = kMaxItems;
  return decode(input, budget);
}

Cbor Cbor::decode(std::string_view input, std::size_t& budget) {
  return CborDecoder(input, budget).whole();
}

}  // namespace brandiron::watermark::c2pa
