// Parallel loops over one pool of threads. The libraries below run on a single thread each; their work is
// divided here.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

namespace lamina {

/// Threads that a parallel loop of the calling thread may use: what set_num_threads gave, else
/// OMP_NUM_THREADS (never more than processors, which a warning tells once), else the processors that this
/// process may run on (its affinity, and its share in a container).
int num_threads();
/// The processors that this process may run on (its affinity, and its share in a container), however many
/// threads it wants: what a division of work that shows in the bits may depend on.
int processors();
/// Sets the threads of parallel loops started by the calling thread; less than 1 means 1. More threads than
/// processors are possible and seldom useful; more than 64 count as 64, unless there are as many processors.
void set_num_threads(int n);

/// What the pool does, in a sentence for people: how many threads wait in which way.
std::string describe_threads();

namespace detail {
using RangeFunction = void (*)(void* context, int64_t begin, int64_t end);
void parallel_for(int64_t n, int64_t grain, RangeFunction function, void* context);
void parallel_parts(int64_t n, double nanoseconds, RangeFunction function, void* context);

template <class Body>
struct RangeCall {
  static void run(void* context, int64_t begin, int64_t end) { (*static_cast<Body*>(context))(begin, end); }
};
template <class Body>
void* context_of(Body& body) {
  return const_cast<void*>(static_cast<const void*>(&body));
}
}  // namespace detail

/// Calls `body(begin, end)` on disjoint ranges that cover [0, n): none shorter than `grain`, and a few for
/// each thread, so that the threads that have a processor take over from those that have to wait for one.
/// Work of less than two grains runs on the calling thread, and so does a loop inside a loop. The ranges
/// depend on n, grain and the number of threads alone; which thread runs which does not follow from anything.
///
/// Handlers of signals do not run on the pool's threads, and threads that `body` starts there begin with the
/// same mask.
///
/// `body` may throw: ranges that have not begun are dropped, and the first exception reaches the caller of
/// parallel_for when the others have ended.
template <class Body>
void parallel_for(int64_t n, int64_t grain, Body&& body) {
  detail::parallel_for(n, grain, detail::RangeCall<std::remove_reference_t<Body>>::run,
                       detail::context_of(body));
}

/// The same for work that is cut already: `body(begin, end)` on the parts [0, n), each part a range of its
/// own. `nanoseconds` is roughly what all of it would take on one thread; threads that sleep are not woken
/// for little.
template <class Body>
void parallel_parts(int64_t n, double nanoseconds, Body&& body) {
  detail::parallel_parts(n, nanoseconds, detail::RangeCall<std::remove_reference_t<Body>>::run,
                         detail::context_of(body));
}

}  // namespace lamina
