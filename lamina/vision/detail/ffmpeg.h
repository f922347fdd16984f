// What both halves of liblamina_video share: FFmpeg's objects with owners, and its errors as ours. Internal header.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

#include "lamina/base/error.h"

namespace lamina::vision::detail {

struct FreeCodec {
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FreeScaler {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
using CodecPointer = std::unique_ptr<AVCodecContext, FreeCodec>;
using FramePointer = std::unique_ptr<AVFrame, FreeFrame>;
using PacketPointer = std::unique_ptr<AVPacket, FreePacket>;
using ScalerPointer = std::unique_ptr<SwsContext, FreeScaler>;

inline std::string ffmpeg_words(int code) {
  char words[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, words, sizeof words);
  return words;
}

/// `result`, or FileError where it is below 0: "'road.mp4': WHAT: FFmpeg's words".
inline int require_ffmpeg(int result, const std::string& path, const std::string& what) {
  if (result < 0) throw FileError("'" + path + "': " + what + ": " + ffmpeg_words(result));
  return result;
}

/// `pointer`, or Error where there was no memory for it.
template <class T>
T* require_memory(T* pointer) {
  if (!pointer) throw Error("no memory for a picture of a video");
  return pointer;
}

}  // namespace lamina::vision::detail
