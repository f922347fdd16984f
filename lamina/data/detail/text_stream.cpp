// What Excel and Windows write becomes UTF-8.
#include "lamina/data/detail/text_stream.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"

namespace lamina::detail {

namespace {

constexpr size_t kStart = 512;  // bytes that say what it is

}  // namespace

TextStream::TextStream(Source source, std::string name, bool any_text)
    : source_(std::move(source)), name_(std::move(name)), any_text_(any_text) {}

bool TextStream::fill(size_t size) {
  if (ended_) return false;
  const size_t old = raw_.size();
  raw_.resize(old + size);
  const size_t count = source_(raw_.data() + old, size);
  raw_.resize(old + count);
  ended_ = count == 0;
  return !ended_;
}

void TextStream::find_encoding() {
  while (raw_.size() < kStart && fill(size_t{1} << 16)) {
  }
  const std::string_view head = raw_;
  const std::string kind = any_text_ ? "" : kind_of_no_text(head.substr(0, kStart));
  if (!kind.empty())
    throw FileError("'" + name_ + "' is " + kind + "; a table of text was expected, such as CSV");
  const auto zero = [&](size_t at) { return at < head.size() && head[at] == '\0'; };
  if (head.starts_with(std::string_view("\xff\xfe\0\0", 4)) ||
      head.starts_with(std::string_view("\0\0\xfe\xff", 4))) {
    throw FileError("'" + name_ + "' is written in UTF-32; expected UTF-8 or UTF-16: save it as one of them");
  }
  size_t mark = 0;
  if (head.starts_with("\xef\xbb\xbf")) {
    mark = 3;
  } else if (head.starts_with("\xff\xfe")) {
    mark = 2;
    encoding_ = Encoding::kUtf16Little;
  } else if (head.starts_with("\xfe\xff")) {
    mark = 2;
    encoding_ = Encoding::kUtf16Big;
  } else if (head.size() >= 4 && !zero(0) && zero(1) && !zero(2) && zero(3)) {
    encoding_ = Encoding::kUtf16Little;
  } else if (head.size() >= 4 && zero(0) && !zero(1) && zero(2) && !zero(3)) {
    encoding_ = Encoding::kUtf16Big;
  }
  raw_.erase(0, mark);
}

void TextStream::transcode(std::string& text) {
  const size_t low = encoding_ == Encoding::kUtf16Little ? 0 : 1;
  const auto unit = [&](size_t at) {
    return static_cast<uint32_t>(static_cast<unsigned char>(raw_[at + low])) |
           static_cast<uint32_t>(static_cast<unsigned char>(raw_[at + 1 - low])) << 8;
  };
  size_t at = 0;
  for (; at + 2 <= raw_.size(); at += 2) {
    uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xE000) {
      if (at + 4 > raw_.size() && !ended_) break;  // its other half comes with the next bytes
      const uint32_t second = at + 4 <= raw_.size() ? unit(at + 2) : 0;
      if (code >= 0xDC00 || second < 0xDC00 || second >= 0xE000)
        throw FileError("'" + name_ + "' is damaged: half of a UTF-16 character");
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
      at += 2;
    }
    append_utf8(text, code);
  }
  raw_.erase(0, at);
  if (ended_ && !raw_.empty()) throw FileError("'" + name_ + "' is truncated: half of a UTF-16 character");
}

bool TextStream::append(std::string& text, size_t size) {
  if (!started_) find_encoding();
  bool first = !started_;
  started_ = true;
  const size_t old = text.size();
  while (text.size() == old) {
    // What find_encoding read is given first.
    const bool more = (first && !raw_.empty()) || fill(size);
    first = false;
    if (!more && raw_.empty()) return false;
    if (encoding_ == Encoding::kUtf8) {
      text += raw_;
      raw_.clear();
    } else {
      transcode(text);
    }
    if (!more && text.size() == old) return false;
  }
  if (const void* zero = std::memchr(text.data() + old, 0, text.size() - old)) {
    (void)zero;
    throw FileError("'" + name_ + "' holds a zero byte: it is no text in UTF-8 or UTF-16");
  }
  return true;
}

}  // namespace lamina::detail
