// FrameSource: one file after the other, and a thread for the camera.
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
    for (int64_t i = 0;; ++i) {
      const std::chrono::duration<double> after(static_cast<double>(i) / fps);
      if (!wait_until(begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(after))) break;
      std::optional<vision::VideoFrame> frame = read();
      if (!frame) break;
      queue_->push(std::move(*frame));
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

std::optional<vision::VideoFrame> FrameSource::next() { return queue_ ? queue_->pop() : read(); }

int64_t FrameSource::dropped() const { return queue_ ? queue_->dropped() : 0; }

// One frame that cannot be read does not end a video, nor one file the row of them.
std::optional<vision::VideoFrame> FrameSource::read() {
  while (video_ || file_ < files_.size()) {
    if (!video_) ++file_;
    vision::VideoFrame frame{number_, files_[file_ - 1], static_cast<int64_t>(file_ - 1), video_ ? place_++ : -1};
    try {
      if (video_) {
        std::optional<Picture> picture = video_->next();
        if (!picture) {
          video_.reset();
          continue;
        }
        frame.picture = std::move(*picture);
      } else if (vision::is_video_name(frame.name)) {
        video_.emplace(frame.name);
        video_fps_ = video_->fps();
        place_ = 0;
        continue;
      } else {
        frame.picture = load_img(frame.name, {.exif_orientation = true});  // boxes are of what people see
      }
    } catch (const std::exception& error) {
      frame.error = error.what();
    }
    ++number_;
    return frame;
  }
  return std::nullopt;
}

}  // namespace lamina::cli
