#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace brandiron {

/// Uncopyable float array on a cache-line boundary, zeroed.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count)
      : data_(static_cast<float*>(::operator new[](count * sizeof(float), kAlignment))) {
    for (std::size_t i = 0; i < count; ++i) data_.get()[i] = 0.0F;
  }
  float* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Deleter {
    void operator()(float* p) const { ::operator delete[](p, kAlignment); }
  };
  std::unique_ptr<float, Deleter> data_;
};

}  // namespace brandiron
