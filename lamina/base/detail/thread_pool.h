// The pool behind parallel_for: workers that help any thread that has published a job, wait for the next one
// in a bounded spin, and sleep at once while other programs want the processors.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

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

  /// Does ranges until none is left to begin, and calls between() after each. The first exception is kept.
  template <class Between>
  void work(int seat, Between&& between) noexcept;
  int64_t first_of(int seat) const { return parts_ * seat / seats_; }
  int64_t waiting(int seat) const;  // ranges of the seat that have not begun
  int64_t waiting() const;

  const Run run_;
  void* const context_;
  const int64_t parts_;
  const int seats_;
  const bool large_;
  bool shared_ = false;  // whether workers may find it
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
  std::atomic<int64_t> next_[kMaxSeats];
  int taken_ = 1;                // seats given out, the caller's first; under the pool's lock
  std::atomic<int> helpers_{0};  // workers that may still touch this job
};

class ThreadPool {
 public:
  /// The pool of this process; never destroyed. A child of fork() gets a new one.
  static ThreadPool& get();

  /// Runs the job on the calling thread and those workers that come in time; returns when all ranges have
  /// ended.
  void run(Job& job);

  /// Whether the calling thread is inside a job.
  static bool inside();

 private:
  ThreadPool() = default;

  void grow(int workers);  // under the lock
  void serve();
  void wake(int workers);
  void work(Job& job);
  Job* take(int& seat);
  void leave(Job& job);
  void wait_for_help(const Job& job);

  std::mutex mutex_;
  std::vector<Job*> jobs_;  // published and not yet taken back
  int workers_ = 0;
  std::atomic<uint32_t> published_{0};  // changes when there may be something to take
  std::atomic<uint32_t> left_{0};       // changes when a worker has left a job as its last helper
};

}  // namespace lamina::detail
