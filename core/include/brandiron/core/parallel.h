#pragma once

#include <cstddef>
#include <functional>

namespace brandiron {

/// Runs `work(i)` once for each i < `count`, in order of i, on `jobs` threads of which the caller's
/// is one. The first exception begins no more work and, when all threads have come back, is thrown
/// here. With one job (or fewer) everything runs on the caller's thread.
void parallel_for(std::size_t count, int jobs, const std::function<void(std::size_t)>& work);

}  // namespace brandiron
