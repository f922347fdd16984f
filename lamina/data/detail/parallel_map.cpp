// Several threads that apply a function to elements whose order is kept.
//
// Elements are pulled from the input under one lock, numbered as they come, and computed without a lock;
// results wait in a ring until their turn. A worker pulls only when the ring has room, so that nothing runs
// far ahead of who asks.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "lamina/data/detail/one_process.h"
#include "lamina/data/detail/read_ahead.h"

namespace lamina::detail {
namespace {

class ParallelMap : public ElementIterator {
 public:
  ParallelMap(ElementIteratorPtr input, const MapFunction& f, int num_threads, const DatasetNode& node)
      : input_(std::move(input)), f_(f), num_threads_(num_threads), node_(node) {
    ring_.resize(2 * static_cast<size_t>(num_threads));
  }
  ~ParallelMap() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  bool next(Element& element) override {
    start();
    std::unique_lock lock(mutex_);
    Slot& slot = ring_[static_cast<size_t>(given_) % ring_.size()];
    done_.wait(lock, [&] { return slot.done || given_ == end_; });
    if (!slot.done) return false;
    if (slot.error) std::rethrow_exception(slot.error);
    element = std::move(slot.element);
    slot.done = false;
    ++given_;
    lock.unlock();
    room_.notify_one();
    return true;
  }

  int64_t skip(int64_t count) override {
    if (!workers_.empty()) return ElementIterator::skip(count);
    const int64_t skipped = input_->skip(count);
    pulled_ += skipped;
    given_ += skipped;
    return skipped;
  }

 private:
  struct Slot {
    bool done = false;
    Element element;
    std::exception_ptr error;
  };

  void start() {
    if (!workers_.empty()) return;
    for (int i = 0; i < num_threads_; ++i) workers_.emplace_back([this] { work(); });
  }

  void work() {
    Slot result;
    int64_t number;
    while (pull(result, number)) {
      if (!result.error) {
        try {
          call_at(node_, number, [&] {
            result.element = f_(std::move(result.element));
            compute(result.element);
          });
        } catch (...) {
          result.error = std::current_exception();
        }
      }
      result.done = true;
      {
        const std::lock_guard lock(mutex_);
        ring_[static_cast<size_t>(number) % ring_.size()] = std::move(result);
      }
      done_.notify_one();  // one thread asks
      result = Slot();
    }
  }

  // The next element of the input, or the error in its place; false when there is none, or nobody asks any
  // more.
  bool pull(Slot& slot, int64_t& number) {
    const std::lock_guard one_at_a_time(input_mutex_);
    {
      std::unique_lock lock(mutex_);
      const auto size = static_cast<int64_t>(ring_.size());
      room_.wait(lock, [&] { return pulled_ - given_ < size || stop_ || end_ >= 0; });
      if (stop_ || end_ >= 0) return false;
      number = pulled_;
    }
    bool more = false;
    try {
      more = input_->next(slot.element);
    } catch (...) {
      slot.error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      if (more || slot.error) ++pulled_;
      if (!more) end_ = pulled_;
    }
    if (!more) done_.notify_one();
    return more || slot.error;
  }

  ElementIteratorPtr input_;  // used under input_mutex_ once there are workers
  const MapFunction& f_;
  const int num_threads_;
  const DatasetNode& node_;
  std::mutex input_mutex_, mutex_;  // locked in this order
  std::condition_variable room_, done_;
  std::vector<Slot> ring_;
  int64_t pulled_ = 0, given_ = 0;
  int64_t end_ = -1;  // number of elements, once it is known
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace

ElementIteratorPtr parallel_map(ElementIteratorPtr input, const MapFunction& f, int num_threads,
                                const DatasetNode& node) {
  return std::make_unique<OneProcess>(std::make_unique<ParallelMap>(std::move(input), f, num_threads, node));
}

}  // namespace lamina::detail
