// TextStream: bytes of a text file as UTF-8, piece by piece. Internal header.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace lamina::detail {

/// Takes byte-order marks away and turns UTF-16, told by its mark or by a zero in every other byte, into
/// UTF-8. Other bytes pass as they are.
class TextStream {
 public:
  /// Puts up to `size` bytes at `to` and returns how many, 0 at the end.
  using Source = std::function<size_t(char* to, size_t size)>;

  /// @param name      what to call the text in error messages.
  /// @param any_text  whether also bytes are read that look like something else: a web page.
  TextStream(Source source, std::string name, bool any_text = false);

  /// Appends about `size` bytes of text; false, appending nothing, at its end. Throws FileError for UTF-16
  /// that breaks off, zero bytes and UTF-32, and for what is no text of a user's own: it is named.
  bool append(std::string& text, size_t size);

 private:
  enum class Encoding { kUtf8, kUtf16Little, kUtf16Big };
  void find_encoding();
  bool fill(size_t size);  // more bytes into raw_
  void transcode(std::string& text);

  Source source_;
  std::string name_;
  std::string raw_;  // bytes that wait
  Encoding encoding_ = Encoding::kUtf8;
  bool any_text_, started_ = false, ended_ = false;
};

}  // namespace lamina::detail
