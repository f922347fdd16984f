// IEEE Std 1003.1 (pax), "ustar Interchange Format" and "pax Header Block"; GNU tar's manual for long names.
#include "lamina/formats/tar.h"

#include <algorithm>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina {
namespace {

constexpr size_t kBlock = 512;

class TarIndex {
 public:
  TarIndex(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {}

  std::map<std::string, std::string_view> read() {
    while (rest_.size() >= kBlock) {
      const std::string_view header = rest_.substr(0, kBlock);
      if (std::all_of(header.begin(), header.end(), [](char c) { return c == 0; })) return std::move(files_);
      if (number(header.substr(148, 8)) != checksum(header))
        damaged(files_.empty() && !started_ ? "it does not begin as one"
                                            : "the checksum of a file's head is wrong");
      started_ = true;
      rest_.remove_prefix(kBlock);
      entry(header);
    }
    // Some writers leave out the empty blocks at the end.
    if (!rest_.empty() || !started_) damaged("it ends too early");
    return std::move(files_);
  }

 private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw FileError("'" + name_ + "' is no tar archive, or a damaged one: " + why);
  }

  static std::string_view text(std::string_view field) { return field.substr(0, field.find('\0')); }

  /// Octal digits, or, for what these cannot hold, a binary number behind a first byte of 128.
  uint64_t number(std::string_view field) const {
    uint64_t value = 0;
    if (static_cast<uint8_t>(field[0]) & 128) {
      for (size_t i = 1; i < field.size(); ++i) {
        if (value >> 56) damaged("a file's size is beyond all there is");
        value = value << 8 | static_cast<uint8_t>(field[i]);
      }
      return value;
    }
    for (const char c : text(field)) {
      if (c == ' ') continue;
      if (c < '0' || c > '7') damaged("a number in a file's head is none");
      value = value << 3 | static_cast<uint64_t>(c - '0');
    }
    return value;
  }

  static uint64_t checksum(std::string_view header) {
    uint64_t sum = 8 * ' ';  // the field of the sum itself counts as blanks
    for (size_t i = 0; i < kBlock; ++i) {
      if (i < 148 || i >= 156) sum += static_cast<uint8_t>(header[i]);
    }
    return sum;
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) damaged("it ends too early");
    const std::string_view part = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(std::min(rest_.size(), (static_cast<size_t>(size) + kBlock - 1) / kBlock * kBlock));
    return part;
  }

  void entry(std::string_view header) {
    const char type = header[156];
    const bool special = type == 'x' || type == 'g' || type == 'L' || type == 'K';
    const bool file = type == '0' || type == '\0' || type == '7';
    const std::string_view content = take(!special && size_            ? *size_
                                          : type >= '1' && type <= '6' ? 0
                                                                       : number(header.substr(124, 12)));
    if (type == 'x') {
      read_pax(content);
    } else if (type == 'L') {
      path_ = std::string(text(content));
    } else if (type == 'S') {
      damaged("it holds sparse files, which are not read");
    }
    if (special) return;
    std::string path = path_.value_or(path_of(header));
    if (file && !path.ends_with('/')) files_[inside(std::move(path))] = content;
    path_.reset();
    size_.reset();
  }

  static std::string path_of(std::string_view header) {
    const std::string_view prefix = text(header.substr(345, 155));
    const bool posix = header.substr(257, 6) == std::string_view("ustar\0", 6);
    return (posix && !prefix.empty() ? std::string(prefix) + "/" : "") +
           std::string(text(header.substr(0, 100)));
  }

  /// Records "LENGTH KEY=VALUE\n".
  void read_pax(std::string_view records) {
    while (!records.empty()) {
      const size_t blank = records.find(' ');
      const size_t length = decimal(records.substr(0, std::min(blank, records.size())));
      if (blank == std::string_view::npos || length > records.size() || length < blank + 2)
        damaged("an extended head makes no sense");
      const std::string_view record = records.substr(blank + 1, length - blank - 2);
      if (record.starts_with("path=")) path_ = std::string(record.substr(5));
      if (record.starts_with("size=")) size_ = decimal(record.substr(5));
      if (record.starts_with("GNU.sparse")) damaged("it holds sparse files, which are not read");
      records.remove_prefix(length);
    }
  }
  uint64_t decimal(std::string_view digits) const {
    uint64_t value = 0;
    if (digits.empty() || digits.size() > 18) damaged("an extended head makes no sense");
    for (const char c : digits) {
      if (c < '0' || c > '9') damaged("an extended head makes no sense");
      value = 10 * value + static_cast<uint64_t>(c - '0');
    }
    return value;
  }

  /// Without "./" and empty parts.
  std::string inside(std::string path) const {
    std::string clean;
    for (size_t at = 0; at < path.size();) {
      const size_t end = std::min(path.find('/', at), path.size());
      const std::string part = path.substr(at, end - at);
      if (part == "..") damaged("the name '" + path + "' leads out of it");
      if (!part.empty() && part != ".") clean += (clean.empty() ? "" : "/") + part;
      at = end + 1;
    }
    return clean;
  }

  std::string_view rest_;
  const std::string& name_;
  bool started_ = false;
  std::optional<std::string> path_;  // of the next file, from a head of its own
  std::optional<uint64_t> size_;
  std::map<std::string, std::string_view> files_;
};

}  // namespace

TarReader::TarReader(const std::string& path) : bytes_(read_file_or_gzip(path, kMostBytes)) { index(path); }

TarReader::TarReader(std::string bytes, const std::string& name) : bytes_(std::move(bytes)) { index(name); }

void TarReader::index(const std::string& name) { files_ = TarIndex(bytes_, name).read(); }

}  // namespace lamina
