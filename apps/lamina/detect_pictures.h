// What lamina detect looks at, and where it draws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/vision/frame_queue.h"
#include "lamina/vision/video.h"

namespace lamina::cli {

/// Folders stand for the pictures in them, by name and number: frame2 before frame10. Throws FileError for a folder without
/// pictures or that cannot be read.
std::vector<std::string> pictures_of(const std::vector<std::string>& inputs);

/// Where pictures with their boxes go: a .png for each, in a folder, or all of them into one video.
class DrawnPictures {
 public:
  /// @param output  a folder, which is made, or a video; empty: nowhere.
  /// @param files  that are looked at. Throws UsageError where one of them would be overwritten, FileError where no folder can
  ///               be made or no video is written.
  DrawnPictures(const std::string& output, const std::vector<std::string>& files);

  bool wanted() const { return !output_.empty(); }
  /// Returns the file. @param fps  of a video that begins with this picture.
  std::string add(const vision::VideoFrame& frame, const Picture& drawn, double fps);
  /// Ends a video.
  void finish();

 private:
  std::string output_;
  std::vector<std::string> pictures_;  // one of each file; the frames of a video get their numbers
  std::optional<vision::VideoWriter> video_;
};

}  // namespace lamina::cli
