// Conversations in YAML: lists of lists of texts, by their indentation.
#include "lamina/chat/detail/conversations.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"

namespace lamina::detail {
namespace {

struct Line {
  size_t number, indent;
  std::string_view text;  // behind the indentation, without spaces at its end
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (size_t at = 0, number = 1; at < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
      line.remove_suffix(1);
    size_t indent = 0;
    while (indent < line.size() && line[indent] == ' ') ++indent;
    lines.push_back({number, indent, line.substr(indent)});
    at = end + 1;
  }
  return lines;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& name) : name_(name), lines_(lines_of(text)) {}

  std::vector<std::vector<std::string>> parse() {
    while (at_ < lines_.size() && !(lines_[at_].indent == 0 && lines_[at_].text == "conversations:")) ++at_;
    if (at_ == lines_.size())
      throw FileError("'" + name_ + "': expected a line 'conversations:' with lists below it");
    ++at_;
    std::vector<std::vector<std::string>> all;
    while (skip_blank()) {
      const Line& line = lines_[at_];
      if (line.text.starts_with("- - ")) {
        all.push_back({scalar(line.text.substr(4), line.indent + 2)});
        inner_ = line.indent + 2;
      } else if (!all.empty() && line.indent == inner_ && line.text.starts_with("- ")) {
        all.back().push_back(scalar(line.text.substr(2), inner_));
      } else if (!all.empty() && line.indent + 2 == inner_ && line.text.starts_with("- ")) {
        // YAML takes it for a text where a list should be; in corpora it is a dash that is missing.
        warn("'" + name_ + "', line " + std::to_string(line.number) +
             ": a text that is no list of question and answers is left out");
        scalar(line.text.substr(2), line.indent);
      } else if (line.indent == 0 && !line.text.starts_with("-")) {
        break;  // another key
      } else {
        fail(line, "expected '- - question' or '  - answer'");
      }
    }
    return all;
  }

 private:
  [[noreturn]] void fail(const Line& line, const std::string& what) const {
    throw FileError("'" + name_ + "', line " + std::to_string(line.number) + ": " + what);
  }

  bool skip_blank() {
    while (at_ < lines_.size() && (lines_[at_].text.empty() || lines_[at_].text.starts_with("#"))) ++at_;
    return at_ < lines_.size();
  }

  // The text that begins with `first`; lines deeper than `indent` belong to it.
  std::string scalar(std::string_view first, size_t indent) {
    const Line& begin = lines_[at_++];
    while (!first.empty() && first.front() == ' ') first.remove_prefix(1);
    if (first == "|" || first == "|-" || first == ">" || first == ">-") return block(first[0] == '|', indent);
    std::string text(first);
    for (; at_ < lines_.size() && (lines_[at_].text.empty() || lines_[at_].indent > indent); ++at_) {
      if (!lines_[at_].text.empty()) text += " " + std::string(lines_[at_].text);
    }
    if (text.empty()) return text;
    if (text[0] == '\'') return single_quoted(text, begin);
    if (text[0] == '"') return double_quoted(text, begin);
    if (const size_t comment = text.find(" #"); comment != std::string::npos) text.resize(comment);
    return text;
  }

  std::string block(bool literal, size_t indent) {
    std::string text;
    size_t margin = 0;
    for (; at_ < lines_.size() && (lines_[at_].text.empty() || lines_[at_].indent > indent); ++at_) {
      const Line& line = lines_[at_];
      if (margin == 0) margin = line.indent;
      if (!text.empty()) text += literal ? '\n' : ' ';
      if (line.indent > margin) text += std::string(line.indent - margin, ' ');
      text += line.text;
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
  }

  std::string single_quoted(std::string_view text, const Line& line) const {
    std::string result;
    for (size_t i = 1; i < text.size(); ++i) {
      if (text[i] != '\'') {
        result += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '\'') {
        result += text[i++];
      } else {
        return result;
      }
    }
    fail(line, "a quote ' that does not end");
  }

  std::string double_quoted(std::string_view text, const Line& line) const {
    std::string result;
    for (size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '"') return result;
      if (text[i] != '\\' || i + 1 == text.size()) {
        result += text[i];
        continue;
      }
      const char escaped = text[++i];
      const int digits = escaped == 'x' ? 2 : escaped == 'u' ? 4 : escaped == 'U' ? 8 : 0;
      if (digits > 0) {
        uint32_t code = 0;
        for (int k = 0; k < digits; ++k) {
          const char c = ++i < text.size() ? text[i] : ' ';
          const size_t digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
          if (digit == std::string_view::npos || c == ' ') fail(line, "an escape that does not end");
          code = code << 4 | static_cast<uint32_t>(digit);
        }
        append_utf8(result, code);
      } else {
        result += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
      }
    }
    fail(line, "a quote \" that does not end");
  }

  const std::string& name_;
  std::vector<Line> lines_;
  size_t at_ = 0, inner_ = 0;
};

}  // namespace

std::vector<std::vector<std::string>> parse_conversations(std::string_view text, const std::string& name) {
  return Parser(text, name).parse();
}

}  // namespace lamina::detail
