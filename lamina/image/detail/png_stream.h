// PngStream: the chunks of a PNG file, as far as its pixels need them. Internal header.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// What a decoder is to read of a file. As in Pillow, and so in Keras, the chunks before the pixels must be
/// whole and their checksums right; those of the pixels have one of their own (Adler-32 of the compressed
/// stream), so that their checksums do not count; and what follows them, the end mark IEND included, may be
/// cut off or damaged.
class PngStream {
 public:
  /// Throws FileError, as a message about the file `name`, for a chunk before the pixels that is cut off or
  /// damaged. `file` begins with the signature and outlives the stream.
  PngStream(std::string_view file, const std::string& name);
  PngStream(const PngStream&) = delete;
  PngStream& operator=(const PngStream&) = delete;

  /// Copies the next `count` bytes; false where there are fewer.
  bool take(void* to, size_t count);

  /// What becomes of the compressed pixels.
  struct Inflated {
    size_t bytes = 0;    ///< that they give
    bool ended = false;  ///< whether their stream came to its end
  };
  /// Inflates them, at most to some bytes behind `wanted`, and forgets the result.
  Inflated inflated(size_t wanted) const;

 private:
  std::vector<std::string_view> parts_, pixels_;
  std::string cut_;  ///< the last chunk of pixels, with its length mended, where that is cut off
  size_t part_ = 0;
};

}  // namespace lamina::detail
