// CsvRows: splits text into rows of fields, with memory for one row and a piece of the text. Internal header.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/data/detail/text_stream.h"

namespace lamina::detail {

/// RFC 4180 with other separators: fields may be quoted, a quote in them is doubled, lines end in LF, CRLF or
/// CR. Blank lines are skipped.
class CsvRows {
 public:
  /// Reads from `stream`, which must live as long, after `head`, which was read from it before.
  /// @param quotes  whether fields may be quoted; else a quote is text.
  CsvRows(TextStream& stream, std::string head, char separator, std::string name, bool quotes = true);
  /// Reads `text` alone, which is as good as complete; a last row that does not end in a line break is left
  /// out when `cut` says that the text goes on.
  CsvRows(std::string text, char separator, std::string name, bool cut, bool quotes = true);

  /// The fields of the next row, valid until the next call; false at the end. Throws FileError, naming the
  /// line, for quotes that do not end, text after a closing quote, and rows of over 256 MiB.
  bool next(std::vector<std::string_view>& fields);
  /// The line, from 1, that the last row began in.
  size_t line() const { return row_line_; }

 private:
  bool scan(std::vector<std::string_view>& fields);
  bool more();
  std::string_view unquoted(std::string_view inside);
  [[noreturn]] void fail(size_t line, const std::string& reason) const;

  TextStream* stream_ = nullptr;
  std::string text_;
  size_t at_ = 0;  // where the next row begins
  char separator_;
  std::string name_;
  std::array<bool, 256> ends_field_{};
  bool ended_ = false, cut_ = false, quotes_ = true;
  size_t line_ = 1, row_line_ = 1;
  std::deque<std::string> unquoted_;  // fields of this row that held doubled quotes
};

}  // namespace lamina::detail
