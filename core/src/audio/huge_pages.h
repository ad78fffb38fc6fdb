#pragma once

#include <cstddef>
#include <vector>

namespace brandiron {

/// resize() of an empty vector that asks for 2 MB pages first: faulting in a spectrogram of 100 MB
/// by 4 kB pages takes longer than computing it.
template <typename T>
void resize_in_huge_pages(std::vector<T>& empty, std::size_t count);

/// A hint; does nothing where the system has none.
void advise_huge_pages(void* memory, std::size_t num_bytes);

template <typename T>
void resize_in_huge_pages(std::vector<T>& empty, std::size_t count) {
  empty.reserve(count);
  advise_huge_pages(empty.data(), count * sizeof(T));
  empty.resize(count);
}

}  // namespace brandiron
