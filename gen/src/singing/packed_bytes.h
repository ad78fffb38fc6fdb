// Plain values one after another in a file of ours: little-endian as the machine has them, no
// padding.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "brandiron/core/error.h"

namespace brandiron::gen::singing {

/// @throws Error(kFormat), always: "name: what".
[[noreturn]] inline void refuse(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kFormat, name + ": " + what);
}

template <typename T>
void append(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

/// Never runs past the end: @throws Error(kFormat) "name: too_short" instead. All three must
/// outlive it.
class PackedReader {
 public:
  PackedReader(std::string_view bytes, const std::string& name, const char* too_short)
      : bytes_(bytes), name_(name), too_short_(too_short) {}

  template <typename T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view take(std::size_t n) {
    if (n > bytes_.size() - position_) refuse(name_, too_short_);
    position_ += n;
    return bytes_.substr(position_ - n, n);
  }
  std::string_view rest() const { return bytes_.substr(position_); }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
  const std::string& name_;
  const char* too_short_;
};

}  // namespace brandiron::gen::singing
