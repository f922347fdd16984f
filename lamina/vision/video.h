// Video files as rows of pictures, and rows of pictures as video files.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lamina/image/picture.h"

namespace lamina::vision {

/// Whether a file of such a name may be a video: .mp4, .mov, .m4v, .mkv, .webm, .avi, .mpg, .mpeg, .ts, .flv, .wmv, in upper or
/// lower case.
bool is_video_name(const std::string& name);

/// Why this installation reads and writes no video; "" where it does. FFmpeg's libraries do it, where a build has found them
/// (docs/dependencies.md).
std::string why_no_video();

/// A video file, picture after picture. One thread at a time.
///
///   VideoReader video("road.mp4");
///   while (const auto frame = video.next()) look_at(*frame);
class VideoReader {
 public:
  /// Throws FileError for a file that is not there, is no video or has no pictures, and where no video is read.
  explicit VideoReader(const std::string& path);
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  /// Pictures a second, on average, as the file says; 0 where it does not.
  double fps() const;
  /// The next picture, red, green and blue, turned upright as the file says; nothing at the end. Pictures of one file may differ in
  /// size. Throws FileError for a picture that is damaged or cut off; the next call goes on behind it.
  std::optional<Picture> next();

 private:
  std::unique_ptr<class VideoDecoder> decoder_;
};

/// Arguments of VideoWriter.
struct VideoWriterOptions {
  double fps = 25;  ///< pictures a second, above 0 to 1000
};

/// Writes pictures into a video file, as H.264 where FFmpeg can, or else as the kind of file has them by default. The file is
/// there once finish() has been called, and not before.
class VideoWriter {
 public:
  /// @param path  its ending says the kind of file: "seen.mp4".
  /// Throws InvalidArgument for such options, FileError for an ending that FFmpeg does not know and where no video is written.
  explicit VideoWriter(const std::string& path, const VideoWriterOptions& options = {});
  /// Removes what was not finished.
  ~VideoWriter();
  VideoWriter(VideoWriter&&) noexcept;
  VideoWriter& operator=(VideoWriter&&) noexcept;

  /// Adds a picture of 1 (grey), 3 or 4 channels. The first says how large all are, of each side at most one pixel less, since
  /// codecs want even ones; others are brought to that size. Throws FileError where it cannot be written, InvalidArgument for a
  /// picture without pixels.
  void add(const Picture& picture);
  /// Ends the file. Throws FileError where that fails, and where nothing was added.
  void finish();

 private:
  std::unique_ptr<class VideoEncoder> encoder_;
};

}  // namespace lamina::vision
