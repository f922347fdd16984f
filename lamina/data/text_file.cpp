// Bytes of a file, with guards against those that inflate without end.
#include "lamina/data/detail/text_file.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "lamina/base/byte_reader.h"
#include "lamina/base/error.h"

namespace lamina::detail {

TextStream::Source text_file(const std::string& path) {
  constexpr uint64_t kLimit = uint64_t{64} << 30;  // against small files that inflate without end
  auto reader = std::make_shared<ByteReader>(path, kLimit);
  return [reader](char* to, size_t size) { return reader->read(to, size); };
}

std::string whole_text(TextStream::Source source, const std::string& name) {
  constexpr size_t kPiece = size_t{1} << 20, kMost = size_t{1} << 32;
  TextStream stream(std::move(source), name);
  std::string text;
  while (stream.append(text, kPiece)) {
    if (text.size() > kMost)
      throw FileError("'" + name + "' holds more than " + std::to_string(kMost >> 20) + " MiB of text");
  }
  return text;
}

}  // namespace lamina::detail
