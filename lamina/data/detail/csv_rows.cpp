// The scanner of tables. A row that the text at hand does not hold whole is scanned anew with more of it.
#include "lamina/data/detail/csv_rows.h"

#include <algorithm>
#include <cstring>

#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

constexpr size_t kPiece = size_t{1} << 20;
constexpr size_t kLongestRow = size_t{256} << 20;

bool is_blank(const std::vector<std::string_view>& fields, const char* begin) {
  // A quoted nothing is a field; it does not begin where the row begins.
  return fields.size() == 1 && fields[0].data() == begin &&
         fields[0].find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

CsvRows::CsvRows(TextStream& stream, std::string head, char separator, std::string name, bool quotes)
    : CsvRows(std::move(head), separator, std::move(name), false, quotes) {
  stream_ = &stream;
  ended_ = false;
}

CsvRows::CsvRows(std::string text, char separator, std::string name, bool cut, bool quotes)
    : text_(std::move(text)),
      separator_(separator),
      name_(std::move(name)),
      ended_(true),
      cut_(cut),
      quotes_(quotes) {
  for (const char c : {separator, '\n', '\r'}) ends_field_[static_cast<unsigned char>(c)] = true;
}

void CsvRows::fail(size_t line, const std::string& reason) const {
  throw FileError("'" + name_ + "', line " + std::to_string(line) + ": " + reason);
}

bool CsvRows::more() {
  if (ended_) return false;
  if (text_.size() - at_ > kLongestRow) {
    fail(line_, "it goes on for more than " + std::to_string(kLongestRow >> 20) +
                    " MiB; is this a table? A quote that does not end may be the reason");
  }
  text_.erase(0, at_);
  at_ = 0;
  // A long row is scanned anew each time: twice as much of it, so that the sum stays linear.
  const size_t had = text_.size(), wanted = had + std::max(kPiece, had);
  while (!ended_ && text_.size() < wanted) ended_ = !stream_->append(text_, kPiece / 4);
  return text_.size() > had;
}

std::string_view CsvRows::unquoted(std::string_view inside) {
  if (inside.find('"') == std::string_view::npos) return inside;
  std::string field;
  for (size_t i = 0; i < inside.size(); ++i) {
    field += inside[i];
    if (inside[i] == '"') ++i;  // the second of two
  }
  return unquoted_.emplace_back(std::move(field));
}

// False when the text at hand ends before the row does, though there may be more.
bool CsvRows::scan(std::vector<std::string_view>& fields) {
  fields.clear();
  unquoted_.clear();
  const char* const end = text_.data() + text_.size();
  const char* p = text_.data() + at_;
  size_t lines = 0;
  const bool may_go_on = !ended_ || cut_;
  for (;;) {
    if (quotes_ && p < end && *p == '"') {
      const char* const start = ++p;
      const size_t open_line = line_ + lines;
      for (;;) {
        const char* quote = static_cast<const char*>(std::memchr(p, '"', static_cast<size_t>(end - p)));
        if (!quote) {
          if (may_go_on) return false;
          fail(open_line, "a quote opens here and never closes");
        }
        if (quote + 1 == end && may_go_on) return false;
        p = quote + 1;
        if (p == end || *p != '"') {
          const std::string_view inside(start, static_cast<size_t>(quote - start));
          for (const char* c = start; c < quote; ++c)
            lines += *c == '\n' || (*c == '\r' && c + 1 < end && c[1] != '\n');
          if (p < end && !ends_field_[static_cast<unsigned char>(*p)])
            fail(line_ + lines, "text follows a closing quote");
          fields.push_back(unquoted(inside));
          break;
        }
        ++p;
      }
    } else {
      const char* const start = p;
      while (p < end && !ends_field_[static_cast<unsigned char>(*p)]) ++p;
      fields.emplace_back(start, static_cast<size_t>(p - start));
    }
    if (p == end) {
      if (may_go_on) return false;
      break;
    }
    const char stop = *p++;
    if (stop == separator_) continue;
    if (stop == '\r') {
      if (p == end && may_go_on) return false;  // a line feed may follow
      if (p < end && *p == '\n') ++p;
    }
    ++lines;
    break;
  }
  row_line_ = line_;
  line_ += lines;
  at_ = static_cast<size_t>(p - text_.data());
  return true;
}

bool CsvRows::next(std::vector<std::string_view>& fields) {
  for (;;) {
    if (at_ == text_.size() && !more()) return false;
    const size_t begin = at_;
    if (!scan(fields)) {
      if (ended_) return false;  // cut off
      more();
      continue;
    }
    if (!is_blank(fields, text_.data() + begin)) return true;
  }
}

}  // namespace lamina::detail
