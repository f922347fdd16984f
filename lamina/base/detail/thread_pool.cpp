// Publishing, taking and leaving of jobs. A job leaves the list before its caller returns, and a worker
// counts itself in under the same lock, so that nobody touches a job that is gone.
#include "lamina/base/detail/thread_pool.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include "lamina/base/detail/block_signals.h"
#include "lamina/base/detail/spin.h"

namespace lamina::detail {
namespace {

thread_local bool inside_job = false;

std::atomic<ThreadPool*> pool{nullptr};

// After fork() the workers are in the parent only, and their locks in an unknown state: the child starts anew.
[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { pool.store(nullptr, std::memory_order_relaxed); });

/// Nanoseconds from the call that wakes a sleeping worker to its first range.
constexpr int64_t kWakingUp = 50'000;

/// Nanoseconds of loops in close succession, none of them worth waking a worker, after which one is woken for
/// those to come: it finds them by spinning.
constexpr int64_t kLonelyAtMost = 2 * kWakingUp;

/// Nanoseconds for which callers that were too many at once are taken to be so still: between two loops, each
/// is out of the pool for a moment, and a worker that came then would be in the way of the next loop.
constexpr int64_t kCrowdLasts = 100'000;

}  // namespace

Job::Job(Run run, void* context, int64_t parts, int seats, bool large)
    : run_(run),
      context_(context),
      parts_(parts),
      seats_(static_cast<int>(std::min<int64_t>({seats, parts, kMaxSeats}))),
      large_(large) {
  for (int seat = 0; seat < seats_; ++seat) next_[seat].store(first_of(seat), std::memory_order_relaxed);
}

int64_t Job::waiting(int seat) const {
  return std::max<int64_t>(0, first_of(seat + 1) - next_[seat].load(std::memory_order_relaxed));
}

int64_t Job::waiting() const {
  int64_t total = 0;
  for (int seat = 0; seat < seats_; ++seat) total += waiting(seat);
  return total;
}

template <class GoOn>
void Job::work(int seat, GoOn&& go_on) noexcept {
  const bool outside = !inside_job;
  inside_job = true;
  try {
    bool going = true;
    for (int i = 0; i < seats_ && going; ++i) {
      const int at = (seat + i) % seats_;
      while (going && waiting(at) > 0 && !failed_.load(std::memory_order_relaxed)) {
        const int64_t part = next_[at].fetch_add(1, std::memory_order_relaxed);
        if (part >= first_of(at + 1)) break;
        run_(context_, part);
        going = go_on();
      }
    }
  } catch (...) {
    // The first to fail keeps its exception; the caller reads it when all helpers have left.
    if (!failed_.exchange(true, std::memory_order_acq_rel)) error_ = std::current_exception();
  }
  if (outside) inside_job = false;
}

ThreadPool& ThreadPool::get() {
  ThreadPool* current = pool.load(std::memory_order_acquire);
  if (current) return *current;
  auto* fresh = new ThreadPool;
  if (pool.compare_exchange_strong(current, fresh, std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *current;
}

bool ThreadPool::inside() { return inside_job; }

void ThreadPool::grow(int workers) {
  while (workers_ < workers) {
    const BlockSignals undisturbed;  // a thread begins with the mask of the one that starts it
    try {
      std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
      return;  // the system gives no more threads: the callers do the work
    }
    ++workers_;
  }
}

bool ThreadPool::crowded() {
  const int workers = workers_.load(std::memory_order_relaxed);
  if (workers > 0 && callers_.load(std::memory_order_relaxed) > workers) {
    crowd_seen_.store(now_ns(), std::memory_order_relaxed);
    return true;
  }
  const int64_t seen = crowd_seen_.load(std::memory_order_relaxed);
  if (seen == 0) return false;
  if (now_ns() - seen < kCrowdLasts) return true;
  crowd_seen_.store(0, std::memory_order_relaxed);
  return false;
}

void ThreadPool::run(Job& job) {
  callers_.fetch_add(1, std::memory_order_relaxed);
  if (crowded()) {
    job.work(0, [] { return true; });
  } else {
    run_shared(job);
  }
  callers_.fetch_sub(1, std::memory_order_relaxed);
}

void ThreadPool::run_shared(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    grow(job.seats_ - 1);
    jobs_.push_back(&job);
  }
  published_.fetch_add(1, std::memory_order_release);  // workers that spin see it
  const int64_t begin = now_ns();
  const bool woken = work(job, begin);
  bool send = false;
  {
    const std::lock_guard lock(mutex_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
    send = !woken && job.taken_ == 1 && lonely(begin, now_ns());
  }
  if (send) wake(1);
  wait_for_help(job);
}

bool ThreadPool::lonely(int64_t begin, int64_t end) {
  if (begin - alone_until_ > kSpinNs) alone_since_ = begin;
  alone_until_ = end;
  if (end - alone_since_ < kLonelyAtMost) return false;
  alone_since_ = end;
  return true;
}

void ThreadPool::wake(int workers) {
  for (int i = 0; i < workers; ++i) published_.notify_one();
}

bool ThreadPool::work(Job& job, int64_t begin) {
  bool woken = job.large_;
  if (woken) wake(job.seats_ - 1);
  int64_t done = 0;
  job.work(0, [&] {
    if (woken) return true;
    ++done;
    // As long as so far for each of those to come, and the others help: what would be gained?
    if ((now_ns() - begin) / done * job.waiting() / 2 < kWakingUp) return true;
    woken = true;
    wake(job.seats_ - 1);
    return true;
  });
  return woken;
}

void ThreadPool::wait_for_help(const Job& job) {
  const auto alone = [&] { return job.helpers_.load(std::memory_order_acquire) == 0; };
  if (alone()) return;
  if (spin_until(alone)) return;
  for (;;) {
    const uint32_t seen = left_.load(std::memory_order_acquire);
    if (alone()) return;
    left_.wait(seen, std::memory_order_acquire);
  }
}

Job* ThreadPool::take(int& seat) {
  const std::lock_guard lock(mutex_);
  if (callers_ + helping_ > workers_) return nullptr;
  for (Job* job : jobs_) {
    if (job->taken_ == job->seats_ || job->waiting() == 0) continue;
    seat = job->taken_++;
    job->helpers_.fetch_add(1, std::memory_order_relaxed);
    helping_.fetch_add(1, std::memory_order_relaxed);
    return job;
  }
  return nullptr;
}

void ThreadPool::leave(Job& job) {
  if (job.helpers_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // From here on the job may be gone.
  left_.fetch_add(1, std::memory_order_release);
  left_.notify_all();
}

void ThreadPool::serve() {
  const BlockSignals undisturbed;  // the program's own threads have handlers for them
  omp_set_num_threads(1);          // the libraries' own loops stay on the thread that calls them
  for (;;) {
    const uint32_t seen = published_.load(std::memory_order_acquire);
    int seat = 0;
    if (Job* job = take(seat)) {
      const FloatModeScope mode(job->mode_);
      job->work(seat, [&] { return callers_ + helping_ <= workers_ + 1; });
      helping_.fetch_sub(1, std::memory_order_relaxed);
      leave(*job);
    } else {
      if (!spin_until([&] { return published_.load(std::memory_order_acquire) != seen; }))
        published_.wait(seen, std::memory_order_acquire);
    }
  }
}

}  // namespace lamina::detail
