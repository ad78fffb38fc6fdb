#include "audio/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace brandiron {

void advise_huge_pages(void* memory, std::size_t num_bytes) {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t kHuge = 2U << 20;
  constexpr std::uintptr_t kPage = 4096;
  // Below a few huge pages the block is cut from the heap and not worth a system call.
  if (num_bytes < 4 * kHuge) return;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + num_bytes) / kPage * kPage;
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)num_bytes;
#endif
}

}  // namespace brandiron
