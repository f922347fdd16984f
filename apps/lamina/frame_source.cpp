// FrameSource: a thread for the camera.
#include "frame_source.h"

#include <algorithm>
#include <exception>

#include "lamina/image/load_img.h"

namespace lamina::cli {
namespace {

constexpr int64_t kWaitingFrames = 2;
constexpr std::chrono::milliseconds kLook(50);  // how often a camera asks whether it is to stop

}  // namespace

FrameSource::FrameSource(const std::vector<std::string>& files, double fps, const std::atomic<bool>& stop)
    : files_(files), stop_(stop) {
  if (fps <= 0) return;
  queue_.emplace(kWaitingFrames);
  camera_ = std::thread([this, fps] {
    const auto begin = std::chrono::steady_clock::now();
    for (size_t i = 0; i < files_.size(); ++i) {
      const std::chrono::duration<double> after(static_cast<double>(i) / fps);
      if (!wait_until(begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(after))) break;
      queue_->push(read(i));
    }
    queue_->close();
  });
}

bool FrameSource::wait_until(std::chrono::steady_clock::time_point due) const {
  for (;;) {
    if (stopped_ || stop_) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now >= due) return true;
    std::this_thread::sleep_until(std::min(due, now + kLook));
  }
}

FrameSource::~FrameSource() {
  stopped_ = true;
  if (camera_.joinable()) camera_.join();
}

std::optional<vision::VideoFrame> FrameSource::next() {
  if (queue_) return queue_->pop();
  if (next_ == files_.size()) return std::nullopt;
  return read(next_++);
}

int64_t FrameSource::dropped() const { return queue_ ? queue_->dropped() : 0; }

vision::VideoFrame FrameSource::read(size_t number) const {
  vision::VideoFrame frame{static_cast<int64_t>(number), files_[number]};
  try {
    frame.picture = load_img(files_[number]);
  } catch (const std::exception& error) {  // one frame that cannot be read does not end a video
    frame.error = error.what();
  }
  return frame;
}

}  // namespace lamina::cli
