// VideoReader and VideoWriter: the library beside this one does the work, where there is one.
#include "lamina/vision/video.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/opened_library.h"
#include "lamina/vision/detail/video_library.h"

namespace lamina::vision {
namespace {

struct FoundVideo {
  detail::VideoLibrary library = {};
  std::string problem = {};
};

// Looked for once.
const FoundVideo& found_video() {
  static const FoundVideo found = [] {
    FoundVideo result;
    const OptionalSymbol find = symbol_beside(
        LAMINA_VIDEO_LIBRARY, detail::kFindVideo,
        "this installation was built without FFmpeg's libraries; ffmpeg -i VIDEO frames/%06d.png makes a folder of pictures of it");
    if (find.symbol) reinterpret_cast<detail::FindVideo>(find.symbol)(result.library);
    result.problem = find.problem;
    return result;
  }();
  return found;
}

const detail::VideoLibrary& video_library(const std::string& path) {
  const FoundVideo& found = found_video();
  if (!found.problem.empty()) throw FileError("'" + path + "' is a video, and " + found.problem);
  return found.library;
}

}  // namespace

bool is_video_name(const std::string& name) {
  static constexpr std::array kEndings{".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".flv", ".wmv"};
  std::string ending = std::filesystem::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::string why_no_video() { return found_video().problem; }

VideoReader::VideoReader(const std::string& path) : decoder_(video_library(path).decoder(path)) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;
double VideoReader::fps() const { return decoder_->fps(); }
std::optional<Picture> VideoReader::next() { return decoder_->next(); }

VideoWriter::VideoWriter(const std::string& path, const VideoWriterOptions& options) {
  if (!(options.fps > 0) || options.fps > 1000)
    throw InvalidArgument("VideoWriter: fps must lie above 0 and at most at 1000, received " + std::to_string(options.fps));
  encoder_ = video_library(path).encoder(path, options.fps);
}
VideoWriter::~VideoWriter() = default;
VideoWriter::VideoWriter(VideoWriter&&) noexcept = default;
VideoWriter& VideoWriter::operator=(VideoWriter&&) noexcept = default;

void VideoWriter::add(const Picture& picture) {
  const bool known = picture.channels == 1 || picture.channels == 3 || picture.channels == 4;
  const auto pixels = static_cast<size_t>(std::max(picture.height, 0)) * static_cast<size_t>(std::max(picture.width, 0));
  if (pixels == 0 || !known || picture.pixels.size() != pixels * static_cast<size_t>(picture.channels))
    throw InvalidArgument("VideoWriter: expected a picture of 1, 3 or 4 channels with all its pixels, received one of " +
                          std::to_string(picture.height) + "x" + std::to_string(picture.width) + "x" +
                          std::to_string(picture.channels) + " with " + std::to_string(picture.pixels.size()) + " values");
  encoder_->add(picture);
}

void VideoWriter::finish() { encoder_->finish(); }

}  // namespace lamina::vision
