#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::experiments::corpus_export {

/// The part of Thrift's compact protocol that Parquet's headers need, for writing.
class ThriftWriter {
 public:
  static constexpr int kI32 = 5, kI64 = 6, kBinary = 8, kList = 9, kStruct = 12;

  void begin_struct() { last_field_.push_back(0); }
  void end_struct() {
    bytes_ += '\0';
    last_field_.pop_back();
  }
  void begin_struct(int field) {
    header(field, kStruct);
    begin_struct();
  }
  void i32(int field, std::int64_t value) {
    header(field, kI32);
    zigzag(value);
  }
  void i64(int field, std::int64_t value) {
    header(field, kI64);
    zigzag(value);
  }
  void binary(int field, std::string_view value) {
    header(field, kBinary);
    element(value);
  }
  /// Followed by `size` elements: structs, or one of the two below.
  void list(int field, int type, std::size_t size) {
    header(field, kList);
    if (size < 15) {
      bytes_ += static_cast<char>(size << 4 | static_cast<unsigned>(type));
    } else {
      bytes_ += static_cast<char>(0xF0 | type);
      varint(size);
    }
  }
  void element(std::int64_t value) { zigzag(value); }
  void element(std::string_view value) {
    varint(value.size());
    bytes_ += value;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void header(int field, int type) {
    const int delta = field - last_field_.back();
    bytes_ += static_cast<char>(delta << 4 | type);  // fields ascend by less than 16 here
    last_field_.back() = field;
  }
  void zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
  std::vector<int> last_field_{0};
};

}  // namespace brandiron::experiments::corpus_export
