// What liblamina_video, the part of a build with FFmpeg, gives to the rest. Internal header.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lamina/image/picture.h"

namespace lamina::vision {

/// Behind VideoReader, with its contract.
class VideoDecoder {
 public:
  virtual ~VideoDecoder() = default;
  virtual double fps() const = 0;
  virtual std::optional<Picture> next() = 0;
};

/// Behind VideoWriter, with its contract.
class VideoEncoder {
 public:
  virtual ~VideoEncoder() = default;
  virtual void add(const Picture& picture) = 0;
  virtual void finish() = 0;
};

namespace detail {

struct VideoLibrary {
  std::unique_ptr<VideoDecoder> (*decoder)(const std::string& path) = nullptr;
  std::unique_ptr<VideoEncoder> (*encoder)(const std::string& path, double fps) = nullptr;
};

/// What liblamina_video exports under the name kFindVideo.
using FindVideo = void (*)(VideoLibrary& library);
inline constexpr char kFindVideo[] = "lamina_find_video";

// Its two halves: video_decoder_ffmpeg.cpp and video_encoder_ffmpeg.cpp.
std::unique_ptr<VideoDecoder> ffmpeg_decoder(const std::string& path);
std::unique_ptr<VideoEncoder> ffmpeg_encoder(const std::string& path, double fps);

}  // namespace detail
}  // namespace lamina::vision
