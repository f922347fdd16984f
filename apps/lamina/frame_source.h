// FrameSource: pictures and videos as frames.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lamina/vision/frame_queue.h"
#include "lamina/vision/video.h"

namespace lamina::cli {

/// Files as frames, one of a picture and all of a video: as fast as they are asked for, or as a camera gives them.
class FrameSource {
 public:
  /// @param files  must live as long.
  /// @param fps  frames a second; 0: as they are asked for.
  /// @param stop  true ends a camera, also while somebody waits for its next frame. Must live as long.
  FrameSource(const std::vector<std::string>& files, double fps, const std::atomic<bool>& stop);
  ~FrameSource();
  FrameSource(const FrameSource&) = delete;
  FrameSource& operator=(const FrameSource&) = delete;

  /// The next frame, maybe one without a picture, which says why; nothing at the end.
  std::optional<vision::VideoFrame> next();
  /// Frames that nobody asked for in time.
  int64_t dropped() const;
  /// Frames a second of the latest video; 0 where none has come that says so.
  double video_fps() const { return video_fps_; }

 private:
  std::optional<vision::VideoFrame> read();

  // False once nobody wants the frame any more.
  bool wait_until(std::chrono::steady_clock::time_point due) const;

  const std::vector<std::string>& files_;
  const std::atomic<bool>& stop_;
  // Of who reads: the camera's thread where there is one.
  size_t file_ = 0;  // the next to be opened
  int64_t number_ = 0, place_ = 0;
  std::optional<vision::VideoReader> video_;

  std::atomic<double> video_fps_ = 0;
  std::atomic<bool> stopped_ = false;
  std::optional<vision::FrameQueue> queue_;
  std::thread camera_;
};

}  // namespace lamina::cli
