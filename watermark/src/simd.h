#pragma once

// Element-wise loops only: contraction is off for the whole build, so that the wide version gives
// the same bits as the baseline.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BRANDIRON_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define BRANDIRON_WIDE
#endif
