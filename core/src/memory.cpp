#include "brandiron/core/memory.h"

#include <limits>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace brandiron {

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_MAX, 0);                                      // large blocks from the heap as well
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());  // which never shrinks
  mallopt(M_ARENA_MAX, 1);  // and is the threads' as well: those of their own hold 64 MB
#endif
}

}  // namespace brandiron
