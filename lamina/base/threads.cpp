// Parallel loops on libgomp's pool, entered through its documented ABI rather than through pragmas, so that
// GCC and Clang builds share one pool with oneDNN (Clang's pragmas would bring a second OpenMP run-time into
// the process).
#include "lamina/base/threads.h"

#include <omp.h>

#include <algorithm>

extern "C" void GOMP_parallel(void (*function)(void*), void* data, unsigned num_threads, unsigned flags);

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LAMINA_TSAN 1
#endif
#endif
#ifdef LAMINA_TSAN
// The pool's own barriers are not instrumented: tell the sanitizer what they order.
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#else
static void __tsan_acquire(void*) {}
static void __tsan_release(void*) {}
#endif

namespace lamina {
namespace {

struct Job {
  detail::RangeFunction function;
  void* context;
  int64_t n;
  int64_t parts;
};

void run_parts(void* data) {
  Job& job = *static_cast<Job*>(data);
  __tsan_acquire(&job);
  const int64_t team = omp_get_num_threads();
  // A team may be smaller than asked for: then a thread does several parts.
  for (int64_t part = omp_get_thread_num(); part < job.parts; part += team) {
    job.function(job.context, job.n * part / job.parts, job.n * (part + 1) / job.parts);
  }
  __tsan_release(&job);
}

}  // namespace

int num_threads() { return omp_get_max_threads(); }
void set_num_threads(int n) { omp_set_num_threads(std::max(1, n)); }

namespace detail {

void parallel_for(int64_t n, int64_t grain, RangeFunction function, void* context) {
  if (n <= 0) return;
  const int team = num_threads();
  const int64_t parts = std::min<int64_t>(team, n / std::max<int64_t>(grain, 1));
  if (parts <= 1 || omp_in_parallel()) return function(context, 0, n);
  Job job{function, context, n, parts};
  __tsan_release(&job);
  // Always the whole team: libgomp ends the threads that a smaller one leaves out, and starts them anew for
  // the next large one.
  GOMP_parallel(run_parts, &job, static_cast<unsigned>(team), 0);
  __tsan_acquire(&job);
}

}  // namespace detail
}  // namespace lamina
