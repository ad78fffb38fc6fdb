#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brandiron::watermark::c2pa {

/// A CBOR data item (RFC 8949) as C2PA needs them: definite lengths only.
class Cbor {
 public:
  enum class Kind { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple, kFloat };

  static Cbor integer(std::int64_t value);
  static Cbor bytes(std::string value);
  static Cbor text(std::string value);
  static Cbor boolean(bool value);
  static Cbor null();
  static Cbor array(std::vector<Cbor> items);
  static Cbor tag(std::uint64_t number, Cbor item);
  /// Keys may come in any order; `encode` sorts them.
  static Cbor map(std::vector<std::pair<Cbor, Cbor>> entries);
  static Cbor record(std::vector<std::pair<std::string, Cbor>> entries);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_null() const;
  /// The value of kUnsigned, -1 - value of kNegative, the tag, the simple value, the float's bits.
  std::uint64_t number() const { return number_; }
  /// The content of kBytes and kText.
  const std::string& string() const { return string_; }
  /// Elements of kArray, the one item of kTag, key and value in turn of kMap.
  const std::vector<Cbor>& items() const { return items_; }

  /// The value of a key of a map; null when there is none or this is no map.
  const Cbor* find(std::string_view text_key) const;
  const Cbor* find(std::int64_t integer_key) const;
  /// `find`, then null unless the value is of that kind.
  const Cbor* find(std::string_view text_key, Kind kind) const;
  /// The text of a key; empty when there is none.
  std::string text_of(std::string_view text_key) const;

  /// Core deterministic encoding (RFC 8949, 4.2.1): shortest heads, map keys in byte order.
  std::string encode() const;

  /// One item that fills `input`. Indefinite lengths, more than 32 levels, more than 65536 items,
  /// repeated map keys and text that is not UTF-8 are refused; work is linear in the input but for
  /// the sort of map keys. @throws Error(kFormat).
  static Cbor decode(std::string_view input);
  /// The same, and at most `budget` items, which it lowers by those it read: for many inputs that
  /// come from one hand.
  static Cbor decode(std::string_view input, std::size_t& budget);

 private:
  friend class CborDecoder;
  void encode_to(std::string& out) const;

  Kind kind_ = Kind::kSimple;
  std::uint8_t float_bytes_ = 0;
  std::uint64_t number_ = 22;
  std::string string_;
  std::vector<Cbor> items_;
};

}  // namespace brandiron::watermark::c2pa
