// The pool behind parallel_for: workers that help any thread that has published a job, wait for the next one
// in a bounded spin, and sleep at once while other programs want the processors.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

#include "lamina/base/detail/flush_denormals.h"

namespace lamina::detail {

/// One parallel loop, on the stack of the thread that called it. Its ranges, numbered from 0 to `parts`, are
/// dealt out to `seats` in runs of neighbours: whoever sits on a seat does that run first (its data is in
/// that processor's cache from the loop before) and then helps with the others'.
class Job {
 public:
  using Run = void (*)(void* context, int64_t part);
  static constexpr int kMaxSeats = 64;

  /// `large`: worth waking workers that sleep. Otherwise that is found out on the way.
  Job(Run run, void* context, int64_t parts, int seats, bool large);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /// Throws what the first failing range threw.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  friend class ThreadPool;

  /// Does ranges until none is left to begin or go_on(), called after each, says no. The first exception is
  /// kept.
  template <class GoOn>
  void work(int seat, GoOn&& go_on) noexcept;
  int64_t first_of(int seat) const { return parts_ * seat / seats_; }
  int64_t waiting(int seat) const;  // ranges of the seat that have not begun
  int64_t waiting() const;

  const Run run_;
  void* const context_;
  const int64_t parts_;
  const int seats_;
  const bool large_;
  const FloatMode mode_ =
      FloatMode::current();  // the caller's, and its helpers': bits depend on nobody's thread
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
  std::atomic<int64_t> next_[kMaxSeats];
  int taken_ = 1;                // seats given out, the caller's first; under the pool's lock
  std::atomic<int> helpers_{0};  // workers that may still touch this job
};

/// Workers are for processors that nobody else of this process uses: where as many threads run loops of their
/// own as there are processors, each does its loops alone, and a helper in their way goes.
class ThreadPool {
 public:
  /// The pool of this process; never destroyed. A child of fork() gets a new one.
  static ThreadPool& get();

  /// Runs the job on the calling thread and those workers that come in time; returns when all ranges have
  /// ended.
  void run(Job& job);

  /// Whether the calling thread is inside a job.
  static bool inside();

  /// How many threads of its own it has begun, for all callers together.
  int workers() const { return workers_.load(std::memory_order_relaxed); }

 private:
  ThreadPool() = default;

  void grow(int workers);  // under the lock
  bool crowded();
  void run_shared(Job& job);
  void serve();
  void wake(int workers);
  bool work(Job& job, int64_t begin);       // whether it woke workers
  bool lonely(int64_t begin, int64_t end);  // under the lock
  Job* take(int& seat);
  void leave(Job& job);
  void wait_for_help(const Job& job);

  std::mutex mutex_;
  std::vector<Job*> jobs_;                     // published and not yet taken back
  int64_t alone_since_ = 0, alone_until_ = 0;  // loops in close succession that nobody helped with
  std::atomic<int> workers_{0};                // written under the lock
  std::atomic<int> callers_{0};                // threads inside run()
  std::atomic<int> helping_{0};                // workers inside a job
  std::atomic<int64_t> crowd_seen_{0};         // when there were more callers than processors to share, last
  std::atomic<uint32_t> published_{0};         // changes when there may be something to take
  std::atomic<uint32_t> left_{0};              // changes when a worker has left a job as its last helper
};

}  // namespace lamina::detail
