// Reading videos by FFmpeg's libraries.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lamina/vision/detail/ffmpeg.h"
#include "lamina/vision/detail/video_library.h"

namespace lamina::vision::detail {
namespace {

// Kinds of files that hold a video themselves: playlists, which name others, are left out, and so is the network.
constexpr char kKinds[] = "mov,matroska,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,ivf,yuv4mpegpipe";
constexpr int64_t kMostPixels = int64_t{1} << 27;

struct CloseInput {
  void operator()(AVFormatContext* format) const { avformat_close_input(&format); }
};

// Columns and rows that change places, or run the other way.
Picture turned(Picture from, int quarters) {
  if (quarters == 0) return from;
  Picture to;
  to.channels = from.channels;
  to.height = quarters == 2 ? from.height : from.width;
  to.width = quarters == 2 ? from.width : from.height;
  to.pixels.resize(from.pixels.size());
  const auto channels = static_cast<size_t>(from.channels);
  for (int y = 0; y < to.height; ++y) {
    for (int x = 0; x < to.width; ++x) {
      const int row = quarters == 1 ? from.height - 1 - x : quarters == 2 ? from.height - 1 - y : x;
      const int column = quarters == 1 ? y : quarters == 2 ? from.width - 1 - x : from.width - 1 - y;
      const size_t source = (static_cast<size_t>(row) * static_cast<size_t>(from.width) + static_cast<size_t>(column)) * channels;
      const size_t target = (static_cast<size_t>(y) * static_cast<size_t>(to.width) + static_cast<size_t>(x)) * channels;
      std::copy_n(from.pixels.begin() + static_cast<std::ptrdiff_t>(source), channels,
                  to.pixels.begin() + static_cast<std::ptrdiff_t>(target));
    }
  }
  return to;
}

class FfmpegDecoder final : public VideoDecoder {
 public:
  explicit FfmpegDecoder(const std::string& path) : path_(path) {
    AVDictionary* options = nullptr;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "format_whitelist", kKinds, 0);
    AVFormatContext* opened = nullptr;
    // By its protocol, so that no name of a file is taken for another one.
    const int result = avformat_open_input(&opened, ("file:" + path).c_str(), nullptr, &options);
    av_dict_free(&options);
    require_ffmpeg(result, path_, "is no video that can be opened");
    format_.reset(opened);
    require_ffmpeg(avformat_find_stream_info(format_.get(), nullptr), path_, "holds no pictures");
    const AVCodec* decoder = nullptr;
    stream_ = require_ffmpeg(av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0), path_,
                             "holds no pictures that can be read");
    const AVStream* stream = format_->streams[stream_];
    codec_.reset(require_memory(avcodec_alloc_context3(decoder)));
    require_ffmpeg(avcodec_parameters_to_context(codec_.get(), stream->codecpar), path_, "describes its pictures wrongly");
    codec_->max_pixels = kMostPixels;
    codec_->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    codec_->thread_count = 0;
    require_ffmpeg(avcodec_open2(codec_.get(), decoder, nullptr), path_, "its pictures cannot be decoded");
    const AVRational rate = av_guess_frame_rate(format_.get(), format_->streams[stream_], nullptr);
    if (rate.num > 0 && rate.den > 0) fps_ = av_q2d(rate);
    quarters_ = quarters_of(*stream);
    frame_.reset(require_memory(av_frame_alloc()));
    packet_.reset(require_memory(av_packet_alloc()));
  }

  double fps() const override { return fps_; }

  std::optional<Picture> next() override {
    while (true) {
      const int got = avcodec_receive_frame(codec_.get(), frame_.get());
      if (got == AVERROR_EOF) return std::nullopt;
      if (got >= 0) {
        ++number_;
        const bool damaged = frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0;
        if (damaged) fail_at("is damaged or cut off");
        return picture();
      }
      if (got != AVERROR(EAGAIN)) {
        ++number_;
        fail_at("cannot be decoded: " + ffmpeg_words(got));
      }
      feed();
    }
  }

 private:
  // Gives the decoder the next piece of the file, or tells it that there is none.
  void feed() {
    while (true) {
      const int read = av_read_frame(format_.get(), packet_.get());
      if (read < 0) {
        avcodec_send_packet(codec_.get(), nullptr);
        if (read != AVERROR_EOF && !broken_) {
          broken_ = true;
          throw FileError("'" + path_ + "' ends in the middle, behind picture " + std::to_string(number_) + ": " + ffmpeg_words(read));
        }
        return;
      }
      const bool ours = packet_->stream_index == stream_, cut = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
      const int sent = ours && !cut ? avcodec_send_packet(codec_.get(), packet_.get()) : 0;
      av_packet_unref(packet_.get());
      if (!ours) continue;
      if (cut || sent < 0) {
        ++number_;
        fail_at(cut ? "is cut off" : "cannot be decoded: " + ffmpeg_words(sent));
      }
      return;
    }
  }

  [[noreturn]] void fail_at(const std::string& what) const {
    throw FileError("'" + path_ + "': picture " + std::to_string(number_) + " " + what);
  }

  Picture picture() {
    const int width = frame_->width, height = frame_->height;
    if (width <= 0 || height <= 0 || static_cast<int64_t>(width) * height > kMostPixels)
      fail_at("has a size that cannot be: " + std::to_string(width) + "x" + std::to_string(height));
    const auto format = static_cast<AVPixelFormat>(frame_->format);
    scaler_.reset(sws_getCachedContext(scaler_.release(), width, height, format, width, height, AV_PIX_FMT_RGB24,
                                       SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr));
    if (!scaler_) fail_at("has colours that cannot be turned into red, green and blue");
    const int* const colours =
        sws_getCoefficients(frame_->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : static_cast<int>(frame_->colorspace));
    sws_setColorspaceDetails(scaler_.get(), colours, frame_->color_range == AVCOL_RANGE_JPEG, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0,
                             1 << 16, 1 << 16);
    Picture result;
    result.width = width;
    result.height = height;
    result.channels = 3;
    // The scaler writes a little behind rows.
    const int step = (width * 3 + 63) / 64 * 64;
    rows_.resize(static_cast<size_t>(step) * static_cast<size_t>(height) + 64);
    uint8_t* const target[4] = {rows_.data(), nullptr, nullptr, nullptr};
    const int steps[4] = {step, 0, 0, 0};
    sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, height, target, steps);
    result.pixels.reserve(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
    for (int y = 0; y < height; ++y) {
      const uint8_t* const row = rows_.data() + static_cast<size_t>(y) * static_cast<size_t>(step);
      result.pixels.insert(result.pixels.end(), row, row + static_cast<size_t>(width) * 3);
    }
    return turned(std::move(result), quarters_);
  }

  // How often a quarter, clockwise, its pictures are to be turned.
  static int quarters_of(const AVStream& stream) {
    size_t size = 0;
    const uint8_t* const matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (!matrix || size < 9 * sizeof(int32_t)) return 0;
    const double degrees = av_display_rotation_get(reinterpret_cast<const int32_t*>(matrix));
    if (!std::isfinite(degrees)) return 0;
    return (static_cast<int>(std::lround(-degrees / 90)) % 4 + 4) % 4;
  }

  std::string path_;
  std::unique_ptr<AVFormatContext, CloseInput> format_;
  CodecPointer codec_;
  FramePointer frame_;
  PacketPointer packet_;
  ScalerPointer scaler_;
  std::vector<uint8_t> rows_;
  int stream_ = 0, quarters_ = 0;
  double fps_ = 0;
  int64_t number_ = 0;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<VideoDecoder> ffmpeg_decoder(const std::string& path) { return std::make_unique<FfmpegDecoder>(path); }

}  // namespace lamina::vision::detail
