// Which files, where to, and what a person sees meanwhile.
#include "data_get.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "catalogue.h"
#include "cli.h"
#include "download.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/stand_in.h"
#include "lamina/base/terminal.h"
#include "sha256.h"

namespace lamina::cli {
namespace {

std::string megabytes(uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

// One line on standard error, where a person looks, drawn ten times a second at most.
class Line {
 public:
  explicit Line(std::string name) : name_(std::move(name)), terminal_(terminal_of(stderr)) {}
  ~Line() { clear(); }

  void draw(uint64_t done, uint64_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_.interactive || (drawn_ && now - last_ < std::chrono::milliseconds(100))) return;
    last_ = now;
    drawn_ = true;
    constexpr uint64_t kBar = 24;
    std::string text = name_ + "  ";
    if (all > 0) {
      const auto full = static_cast<size_t>(std::min(kBar, kBar * done / all));
      text += "[" + std::string(full, '=') + std::string(kBar - full, ' ') + "] " + megabytes(done) + " of " +
              megabytes(all);
    } else {
      text += megabytes(done);
    }
    fmt::print(stderr, "\r{}\x1b[K", cut(printable(text), terminal_.width - 1));
    std::fflush(stderr);
  }
  void clear() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
    drawn_ = false;
  }

 private:
  std::string name_;
  Terminal terminal_;
  std::chrono::steady_clock::time_point last_{};
  bool drawn_ = false;
};

// "a%20b" as "a b" (RFC 3986); what is no such code stays.
std::string decoded(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* digits = text.data() + at + 1;
    const bool code = text[at] == '%' && at + 2 < text.size() &&
                      std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    result += code ? static_cast<char>(byte) : text[at];
    if (code) at += 2;
  }
  return result;
}

// The last part of an address's path, which must do as the name of a file.
std::string file_name_of(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  const std::string name = decoded(path.substr(path.rfind('/') + 1));
  const bool host_only = std::count(path.begin(), path.end(), '/') < 3;
  const bool odd = std::any_of(name.begin(), name.end(),
                               [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '/'; });
  if (host_only || odd || name.empty() || name == "." || name == "..")
    throw InvalidArgument("data get: the address '" + url + "' does not end in the name of a file");
  constexpr size_t kLongest = 240;  // room for ".part" within what file systems take
  if (name.size() > kLongest)
    throw InvalidArgument("data get: the name at the end of the address '" + url.substr(0, 200) +
                          "' is longer than " + std::to_string(kLongest) + " bytes");
  return name;
}

// Servers that ask to sign in, or that keep large files elsewhere, send something else with status 200.
void tell_stand_in(const std::string& path) {
  const std::string kind = stand_in(path);
  if (!kind.empty() && !ends_with_any(path, {".html", ".htm", ".xml", ".svg", ".xhtml"}))
    warn(fmt::format("'{}' is {}", path, kind));
}

std::string folder_of(const GetOptions& options) {
  if (!options.out.empty()) return options.out;
  const char* data = std::getenv("LAMINA_DATA");
  return data && *data ? data : ".";
}

std::vector<Download> downloads_of(const GetOptions& options) {
  const std::string folder = folder_of(options);
  std::vector<Download> list;
  if (options.what.find("://") != std::string::npos) {
    std::string sum = options.sha256;
    std::transform(sum.begin(), sum.end(), sum.begin(), [](unsigned char c) { return std::tolower(c); });
    if (!sum.empty() && !is_sha256(sum))
      throw UsageError("--sha256: expected 64 hexadecimal digits; got '" + options.sha256 + "'");
    if (!options.mirror.empty()) throw UsageError("--mirror is for data sets by name, not for an address");
    return {{options.what, folder + "/" + file_name_of(options.what), sum}};
  }
  std::vector<std::string> known;
  for (const CatalogueSet& set : catalogue()) known.push_back(set.name);
  const auto found = std::find(known.begin(), known.end(), options.what);
  if (found == known.end())
    throw InvalidArgument(
        fmt::format("data get: expected a name of 'lamina data list' or an address (http://..., "
                    "https://...); there is no "
                    "data set '{}'{}",
                    options.what, suggest(options.what, known)));
  if (!options.sha256.empty())
    throw UsageError("--sha256 is for an address; the catalogue knows the checksums of its sets");
  for (const CatalogueFile& file : catalogue()[static_cast<size_t>(found - known.begin())].files) {
    const std::string url =
        options.mirror.empty() ? file.url : options.mirror + "/" + options.what + "/" + file.name;
    list.push_back({url, folder + "/" + options.what + "/" + file.name, file.sha256});
  }
  return list;
}

}  // namespace

int get_data(const GetOptions& options) {
  const Undisturbed undisturbed;
  const Interrupt interrupt;
  Json files = Json::list();
  for (const Download& file : downloads_of(options)) {
    make_folder(file.path.substr(0, file.path.rfind('/')));
    std::string sum;
    {
      Line line(file.path.substr(file.path.rfind('/') + 1));
      sum = download(file, interrupt.flag(), [&](uint64_t done, uint64_t all) { line.draw(done, all); });
    }
    std::error_code ignored;
    if (std::filesystem::file_size(file.path, ignored) == 0)
      warn(fmt::format("'{}' is empty: the server sent no bytes", file.path));
    if (file.sha256.empty()) tell_stand_in(file.path);
    if (file.sha256.empty())
      warn(fmt::format("'{}' is not checked: its SHA-256 is {}; give it with --sha256 next time", file.path,
                       sum));
    if (options.json)
      files.push_back(Json::object({{"file", file.path}, {"sha256", sum}}));
    else
      fmt::print("{}\n", printable(file.path));
  }
  if (options.json) print_json(Json::object({{"files", files}}));
  return 0;
}

}  // namespace lamina::cli
