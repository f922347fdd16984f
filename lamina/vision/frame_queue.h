// FrameQueue: frames between who takes them and who looks at them, without falling behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lamina/image/picture.h"

namespace lamina::vision {

/// A picture of a video.
struct VideoFrame {
  int64_t number = 0;  ///< from 0
  std::string name;    ///< of its file
  int64_t file = 0;    ///< which of the files that is, from 0
  int64_t place = -1;  ///< in a file that is a video, from 0; -1: the file is one picture
  Picture picture = {};
  std::string error = {};  ///< why there is no picture
};

/// Holds a few frames. Where it is full, the oldest one goes: who is slower than the camera sees fewer
/// frames, and none of them late. One thread may push while another pops.
class FrameQueue {
 public:
  /// Throws InvalidArgument for a capacity below 1.
  explicit FrameQueue(int64_t capacity);
  ~FrameQueue();
  FrameQueue(const FrameQueue&) = delete;
  FrameQueue& operator=(const FrameQueue&) = delete;

  /// Adds a frame; drops the oldest where there is no room. After close() it does nothing.
  void push(VideoFrame frame);
  /// The oldest frame, waited for; nothing once the queue is closed and empty.
  std::optional<VideoFrame> pop();
  /// No more frames come.
  void close();
  /// Frames that were dropped so far.
  int64_t dropped() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::vision
