// liblamina_video: video files by FFmpeg's libraries. Built where these are found.
#include "lamina/vision/detail/ffmpeg.h"
#include "lamina/vision/detail/video_library.h"

namespace lamina::vision::detail {

// The one name that the rest looks for.
extern "C" __attribute__((visibility("default"))) void lamina_find_video(VideoLibrary& library) {
  av_log_set_level(AV_LOG_QUIET);  // what goes wrong is told by our errors
  library = {ffmpeg_decoder, ffmpeg_encoder};
}

}  // namespace lamina::vision::detail
