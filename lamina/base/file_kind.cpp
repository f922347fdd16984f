// First bytes of kinds of files, as their specifications and file(1) have them.
#include "lamina/base/detail/file_kind.h"

#include <algorithm>
#include <cctype>

#include "lamina/base/detail/text.h"

namespace lamina::detail {
namespace {

struct Known {
  std::string_view start;
  const char* kind;
};
constexpr Known kKnown[] = {
    {"version https://git-lfs.github.com/spec/",
     "a Git LFS pointer, which only stands for the file: fetch it with 'git lfs pull'"},
    {std::string_view("\x89HDF\r\n\x1a\n", 8), "an HDF5 file"},
    {"PK\x03\x04", "a zip archive"},
    {"PK\x05\x06", "an empty zip archive"},
    {"\x1f\x8b", "a gzip stream: unpack it first"},
    {"\x89PNG\r\n\x1a\n", "a PNG image"},
    {"\xff\xd8\xff", "a JPEG image"},
    {"GIF8", "a GIF image"},
    {"BM", "a BMP image"},
    {"RIFF", "a RIFF file (WebP, WAV, AVI)"},
    {"%PDF", "a PDF file"},
    {"\x93NUMPY", "a NumPy array (.npy)"},
    {"\x80\x02", "a Python pickle"},
    {"\x80\x03", "a Python pickle"},
    {"\x80\x04", "a Python pickle"},
    {"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"},
    {"Rar!", "a RAR archive: unpack it first"},
    {"\xfd"
     "7zXZ",
     "an xz stream: unpack it first"},
    {"BZh", "a bzip2 stream: unpack it first"},
    {"\x28\xb5\x2f\xfd", "a Zstandard stream: unpack it first"},
};

// Whether the text begins with `word`, in any case, behind white space and a byte-order mark.
bool begins_with(std::string_view text, std::string_view word) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

}  // namespace

std::string kind_of_bytes(std::string_view bytes) {
  if (bytes.empty()) return "an empty file";
  for (const Known& known : kKnown) {
    if (bytes.starts_with(known.start)) return known.kind;
  }
  const std::string_view start = bytes.substr(0, 512);
  for (const std::string_view page : {"<!doctype html", "<html", "<head"}) {
    if (begins_with(start, page))
      return "an HTML page, perhaps of a download that failed or asks to sign in: fetch the file itself";
  }
  if (begins_with(start, "<?xml") || begins_with(start, "<error"))
    return "an XML document, perhaps of a download that failed";
  if (begins_with(start, "{") || begins_with(start, "["))
    return "JSON text: \"" + excerpt(bytes.substr(0, 40), 60) + "\"";
  const bool text = std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 32 || c == '\n' || c == '\r' || c == '\t';
  });
  std::string shown = excerpt(bytes.substr(0, text ? 40 : 8), 60);
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  return (text ? "text that starts with \"" : "bytes that start with \"") + shown + "\"";
}

}  // namespace lamina::detail
