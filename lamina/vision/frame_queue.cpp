// FrameQueue.
#include "lamina/vision/frame_queue.h"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "lamina/base/error.h"

namespace lamina::vision {

struct FrameQueue::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<VideoFrame> frames;
  size_t capacity = 1;
  int64_t dropped = 0;
  bool closed = false;
};

FrameQueue::FrameQueue(int64_t capacity) : state_(std::make_unique<State>()) {
  if (capacity < 1)
    throw InvalidArgument("a queue of " + std::to_string(capacity) + " frames; at least 1 was expected");
  state_->capacity = static_cast<size_t>(capacity);
}

FrameQueue::~FrameQueue() = default;

void FrameQueue::push(VideoFrame frame) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return;
    if (state_->frames.size() == state_->capacity) {
      state_->frames.pop_front();
      ++state_->dropped;
    }
    state_->frames.push_back(std::move(frame));
  }
  state_->changed.notify_one();
}

std::optional<VideoFrame> FrameQueue::pop() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->closed || !state_->frames.empty(); });
  if (state_->frames.empty()) return std::nullopt;
  VideoFrame frame = std::move(state_->frames.front());
  state_->frames.pop_front();
  return frame;
}

void FrameQueue::close() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }
  state_->changed.notify_all();
}

int64_t FrameQueue::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

}  // namespace lamina::vision
