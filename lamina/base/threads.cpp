// How many threads a loop has, how it is cut into ranges, and the way into the pool.
#include "lamina/base/threads.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "lamina/base/detail/spin.h"
#include "lamina/base/detail/thread_pool.h"
#include "lamina/base/log.h"

namespace lamina {
namespace {

/// Ranges for each thread. More of them share the work better when one thread has to wait for its processor;
/// each costs a body's beginning.
constexpr int64_t kRangesEach = 4;

/// Work that sleeping threads are woken for at once: so many grains, or so many nanoseconds of one thread.
constexpr int64_t kManyGrains = 16;
constexpr double kLongWork = 150'000;

/// The processors' worth of time that the process's control group may use; 0 without a limit.
int group_share() {
  double quota = 0;
  double period = 0;
  std::ifstream both("/sys/fs/cgroup/cpu.max");  // "max" is not a number: no limit
  if (!(both >> quota >> period)) {
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota;  // -1: no limit
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  }
  return quota > 0 && period > 0 ? std::max(1, static_cast<int>(std::ceil(quota / period))) : 0;
}

/// What find() says, found once. Not a static local variable: a child of fork() would wait for ever for the
/// thread of its parent that was just initialising it. Threads that come at once all find the same.
int once(std::atomic<int>& found, int (*find)()) {
  int value = found.load(std::memory_order_relaxed);
  if (value == 0) found.store(value = find(), std::memory_order_relaxed);
  return value;
}

int default_threads() {
  static std::atomic<int> found{0};
  return once(found, [] {
    if (!std::getenv("OMP_NUM_THREADS")) return processors();
    const int asked = omp_get_max_threads();
    const int threads = std::clamp(asked, 1, omp_get_num_procs());
    static std::atomic<bool> told{false};
    if (asked > threads && !told.exchange(true)) {
      warn(fmt::format("OMP_NUM_THREADS is {}: using {}, the number of processors to run on", asked,
                       threads));
    }
    return threads;
  });
}

thread_local int wanted = 0;

struct Loop {
  detail::RangeFunction function;
  void* context;
  int64_t n;
  int64_t parts;
};

void run_range(void* context, int64_t part) {
  const Loop& loop = *static_cast<const Loop*>(context);
  // Not n * part / parts, which may overflow.
  const int64_t each = loop.n / loop.parts;
  const int64_t longer = loop.n % loop.parts;
  const int64_t begin = part * each + std::min(part, longer);
  loop.function(loop.context, begin, begin + each + (part < longer ? 1 : 0));
}

}  // namespace

int processors() {
  static std::atomic<int> found{0};
  return once(found, [] {
    const int share = group_share();
    return std::max(1, share > 0 ? std::min(omp_get_num_procs(), share) : omp_get_num_procs());
  });
}

int num_threads() { return wanted > 0 ? wanted : default_threads(); }
void set_num_threads(int n) {
  wanted = std::clamp(n, 1, std::max(detail::Job::kMaxSeats, omp_get_num_procs()));
}

std::string describe_threads() {
  const int threads = num_threads();
  if (threads == 1) return "one thread does everything";
  return fmt::format("{} threads; idle ones look for work for {} ms, then sleep", threads,
                     static_cast<double>(detail::kSpinNs) / 1e6);
}

namespace detail {

namespace {

void run_parts(int64_t n, int64_t parts, RangeFunction function, void* context, bool large) {
  const int threads = num_threads();
  if (threads == 1 || parts <= 1 || ThreadPool::inside()) return function(context, 0, n);
  Loop loop{function, context, n, parts};
  Job job(run_range, &loop, parts, threads, large);
  ThreadPool::get().run(job);
  job.rethrow();
}

}  // namespace

void parallel_for(int64_t n, int64_t grain, RangeFunction function, void* context) {
  if (n <= 0) return;
  const int64_t grains = n / std::max<int64_t>(grain, 1);
  run_parts(n, std::min(kRangesEach * num_threads(), grains), function, context, grains >= kManyGrains);
}

void parallel_parts(int64_t n, double nanoseconds, RangeFunction function, void* context) {
  if (n > 0) run_parts(n, n, function, context, nanoseconds >= kLongWork);
}

}  // namespace detail
}  // namespace lamina
