// The one thread pool of the CPU: OpenMP's, which oneDNN uses too.
#pragma once

#include <cstdint>
#include <type_traits>

namespace lamina {

/// Threads that a parallel loop may use: OpenMP's setting (OMP_NUM_THREADS), or what set_num_threads gave.
int num_threads();
/// Sets the threads of parallel loops started by the calling thread; n >= 1.
void set_num_threads(int n);

namespace detail {
using RangeFunction = void (*)(void* context, int64_t begin, int64_t end);
void parallel_for(int64_t n, int64_t grain, RangeFunction function, void* context);
}  // namespace detail

/// Calls `body(begin, end)` on disjoint ranges that cover [0, n), at most one range per thread and none (but
/// the last) shorter than `grain`; small work runs on the calling thread without a fork. The split depends on
/// n, grain and the number of threads alone. `body` must not throw.
template <class Body>
void parallel_for(int64_t n, int64_t grain, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::parallel_for(
      n, grain,
      [](void* context, int64_t begin, int64_t end) { (*static_cast<Plain*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace lamina
