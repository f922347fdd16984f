// One thread that keeps a bounded queue of elements filled.
#include "lamina/data/detail/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lamina/data/detail/one_process.h"

namespace lamina::detail {
namespace {

class ReadAhead : public ElementIterator {
 public:
  ReadAhead(ElementIteratorPtr input, int64_t buffer_size)
      : input_(std::move(input)), buffer_size_(static_cast<size_t>(buffer_size)) {}
  ~ReadAhead() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  bool next(Element& element) override {
    if (!thread_.joinable()) thread_ = std::thread([this] { read(); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !queue_.empty() || ended_; });
    if (queue_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return false;
    }
    element = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  int64_t skip(int64_t count) override {
    return thread_.joinable() ? ElementIterator::skip(count) : input_->skip(count);
  }

 private:
  void read() {
    bool more = true;
    while (more) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return queue_.size() < buffer_size_ || stop_; });
        if (stop_) return;
      }
      Element element;
      std::exception_ptr error;
      try {
        more = input_->next(element);
        const std::lock_guard lock(mutex_);
        if (more) queue_.push_back(std::move(element));
      } catch (...) {
        error = std::current_exception();
        more = false;
      }
      if (!more) {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        error_ = std::move(error);
      }
      changed_.notify_all();
    }
  }

  ElementIteratorPtr input_;  // the thread's, once there is one
  const size_t buffer_size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Element> queue_;
  std::exception_ptr error_;
  bool ended_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

ElementIteratorPtr read_ahead(ElementIteratorPtr input, int64_t buffer_size) {
  return std::make_unique<OneProcess>(std::make_unique<ReadAhead>(std::move(input), buffer_size));
}

}  // namespace lamina::detail
