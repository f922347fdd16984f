// Writing videos by FFmpeg's libraries.
#include <filesystem>
#include <vector>

#include "lamina/vision/detail/ffmpeg.h"
#include "lamina/vision/detail/video_library.h"

namespace lamina::vision::detail {
namespace {

struct FreeOutput {
  void operator()(AVFormatContext* format) const {
    if (format->pb) avio_closep(&format->pb);
    avformat_free_context(format);
  }
};

// H.264 plays everywhere; where FFmpeg was built without, what the kind of file has.
const AVCodec* encoder_for(const AVOutputFormat& kind) {
  const AVCodec* const best = avcodec_find_encoder_by_name("libx264");
  if (best && avformat_query_codec(&kind, AV_CODEC_ID_H264, FF_COMPLIANCE_NORMAL) == 1) return best;
  return kind.video_codec == AV_CODEC_ID_NONE ? nullptr : avcodec_find_encoder(kind.video_codec);
}

AVPixelFormat pixels_of(const AVCodec& encoder) {
  for (const AVPixelFormat* one = encoder.pix_fmts; one && *one != AV_PIX_FMT_NONE; ++one) {
    if (*one == AV_PIX_FMT_YUV420P) return *one;
  }
  return encoder.pix_fmts ? encoder.pix_fmts[0] : AV_PIX_FMT_YUV420P;
}

class FfmpegEncoder final : public VideoEncoder {
 public:
  FfmpegEncoder(const std::string& path, double fps) : path_(path), part_(path + ".part"), rate_(av_d2q(fps, 1 << 16)) {
    const AVOutputFormat* const kind = av_guess_format(nullptr, path.c_str(), nullptr);
    encoder_ = kind ? encoder_for(*kind) : nullptr;
    if (!encoder_) throw FileError("'" + path + "': its ending names no kind of video that can be written; .mp4 does");
    AVFormatContext* made = nullptr;
    require_ffmpeg(avformat_alloc_output_context2(&made, kind, nullptr, nullptr), path_, "cannot be written");
    format_.reset(made);
    packet_.reset(require_memory(av_packet_alloc()));
    require_ffmpeg(avio_open(&format_->pb, ("file:" + part_).c_str(), AVIO_FLAG_WRITE), path_, "cannot be written");
  }

  ~FfmpegEncoder() override {
    std::error_code ignored;
    if (!finished_) std::filesystem::remove(part_, ignored);
  }

  void add(const Picture& picture) override {
    if (finished_) throw InvalidArgument("VideoWriter: '" + path_ + "' is finished; nothing can be added");
    if (!codec_) begin(picture.width - picture.width % 2, picture.height - picture.height % 2);
    require_ffmpeg(av_frame_make_writable(frame_.get()), path_, "cannot be written");
    convert(picture);
    frame_->pts = number_++;
    encode(frame_.get());
  }

  void finish() override {
    if (finished_) return;
    if (!codec_) throw FileError("'" + path_ + "': a video without pictures cannot be written");
    encode(nullptr);
    require_ffmpeg(av_write_trailer(format_.get()), path_, "cannot be written to its end");
    require_ffmpeg(avio_closep(&format_->pb), path_, "cannot be written to its end");
    std::error_code failed;
    std::filesystem::rename(part_, path_, failed);
    if (failed) throw FileError("'" + path_ + "' cannot be written: " + failed.message());
    finished_ = true;
  }

 private:
  void begin(int width, int height) {
    if (width < 2 || height < 2) throw InvalidArgument("VideoWriter: pictures must be at least 2x2");
    CodecPointer codec(require_memory(avcodec_alloc_context3(encoder_)));
    codec->width = width;
    codec->height = height;
    codec->time_base = av_inv_q(rate_);
    codec->framerate = rate_;
    codec->pix_fmt = pixels_of(*encoder_);
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->colorspace = AVCOL_SPC_SMPTE170M;
    codec->bit_rate = int64_t{4} * width * height;  // of those that want one
    if (format_->oformat->flags & AVFMT_GLOBALHEADER) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "preset", "veryfast", 0);
    av_dict_set(&options, "crf", "18", 0);
    const int opened = avcodec_open2(codec.get(), encoder_, &options);
    av_dict_free(&options);
    require_ffmpeg(opened, path_, "pictures of " + std::to_string(width) + "x" + std::to_string(height) + " cannot be encoded");
    stream_ = require_memory(avformat_new_stream(format_.get(), nullptr));
    stream_->time_base = codec->time_base;
    stream_->avg_frame_rate = rate_;
    require_ffmpeg(avcodec_parameters_from_context(stream_->codecpar, codec.get()), path_, "cannot be described");
    require_ffmpeg(avformat_write_header(format_.get(), nullptr), path_, "cannot be written");
    frame_.reset(require_memory(av_frame_alloc()));
    frame_->format = codec->pix_fmt;
    frame_->width = width;
    frame_->height = height;
    frame_->color_range = codec->color_range;
    frame_->colorspace = codec->colorspace;
    require_ffmpeg(av_frame_get_buffer(frame_.get(), 0), path_, "has no memory");
    codec_ = std::move(codec);
  }

  // A picture of the size of all gives its pixels, less an odd row or column; another one is brought to that size.
  void convert(const Picture& picture) {
    const bool fits = picture.width / 2 * 2 == codec_->width && picture.height / 2 * 2 == codec_->height;
    const int width = fits ? codec_->width : picture.width, height = fits ? codec_->height : picture.height;
    const AVPixelFormat from = picture.channels == 1 ? AV_PIX_FMT_GRAY8 : picture.channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_RGBA;
    scaler_.reset(sws_getCachedContext(scaler_.release(), width, height, from, codec_->width, codec_->height, codec_->pix_fmt,
                                       SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, nullptr, nullptr, nullptr));
    if (!scaler_) throw FileError("'" + path_ + "': pictures cannot be brought to its size and colours");
    // The scaler reads a little behind rows.
    const size_t row = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.channels);
    rows_.assign(picture.pixels.begin(), picture.pixels.end());
    rows_.resize(rows_.size() + 64);
    const uint8_t* const source[4] = {rows_.data(), nullptr, nullptr, nullptr};
    const int steps[4] = {static_cast<int>(row), 0, 0, 0};
    sws_scale(scaler_.get(), source, steps, 0, height, frame_->data, frame_->linesize);
  }

  void encode(const AVFrame* frame) {
    require_ffmpeg(avcodec_send_frame(codec_.get(), frame), path_, "a picture cannot be encoded");
    while (true) {
      const int got = avcodec_receive_packet(codec_.get(), packet_.get());
      if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
      require_ffmpeg(got, path_, "a picture cannot be encoded");
      av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      require_ffmpeg(av_interleaved_write_frame(format_.get(), packet_.get()), path_, "cannot be written");
    }
  }

  std::string path_, part_;
  AVRational rate_;
  const AVCodec* encoder_ = nullptr;
  std::unique_ptr<AVFormatContext, FreeOutput> format_;
  CodecPointer codec_;
  FramePointer frame_;
  PacketPointer packet_;
  ScalerPointer scaler_;
  AVStream* stream_ = nullptr;
  std::vector<uint8_t> rows_;
  int64_t number_ = 0;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<VideoEncoder> ffmpeg_encoder(const std::string& path, double fps) {
  return std::make_unique<FfmpegEncoder>(path, fps);
}

}  // namespace lamina::vision::detail
