// First bytes of kinds of files, as their specifications and file(1) have them.
#include "lamina/base/detail/file_kind.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "lamina/base/detail/text.h"
#include "lamina/base/stand_in.h"

namespace lamina::detail {
namespace {

struct Known {
  std::string_view start;
  const char* kind;
  size_t at = 0;  // where these bytes stand
};
constexpr Known kKnown[] = {
    {"version https://git-lfs.github.com/spec/",
     "a Git LFS pointer, which only stands for the file: fetch it with 'git lfs pull'"},
    {std::string_view("\x89HDF\r\n\x1a\n", 8), "an HDF5 file"},
    {"PK\x03\x04", "a zip archive, as .npz, .keras and .xlsx files are"},
    {"PK\x05\x06", "an empty zip archive"},
    {"\xd0\xcf\x11\xe0", "an old Office document (.xls, .doc)"},
    {"\x1f\x8b", "a gzip stream: unpack it first"},
    {"\x89PNG\r\n\x1a\n", "a PNG image"},
    {"\xff\xd8\xff", "a JPEG image"},
    {"GIF8", "a GIF image"},
    {"BM", "a BMP image"},
    {"RIFF", "a RIFF file (WebP, WAV, AVI)"},
    {"%PDF", "a PDF file"},
    {"PAR1",
     "a Parquet file: save the table as CSV, in Python: "
     "pandas.read_parquet('t.parquet').to_csv('t.csv', index=False)"},
    {"\x93NUMPY", "a NumPy array (.npy)"},
    {std::string_view("\0\0\x08\x01", 4), "an IDX file of labels: give the folder that holds it"},
    {std::string_view("\0\0\x08\x03", 4), "an IDX file of images: give the folder that holds it"},
    {"\x80\x02", "a Python pickle"},
    {"\x80\x03", "a Python pickle"},
    {"\x80\x04", "a Python pickle"},
    {"\x80\x05", "a Python pickle"},
    {std::string_view("II*\0", 4), "a TIFF image: save it as PNG"},
    {std::string_view("MM\0*", 4), "a TIFF image: save it as PNG"},
    {std::string_view("\0\0\1\0", 4), "an icon (.ico): save it as PNG"},
    {std::string_view("\0\0\0\x0cjP  \r\n\x87\n", 12), "a JPEG 2000 image: save it as PNG or JPEG"},
    {"ftypavif", "an AVIF image: save it as PNG or JPEG", 4},
    {"ftypheic", "a HEIC image, as telephones take them: save it as PNG or JPEG", 4},
    {"ftypmif1", "a HEIF image: save it as PNG or JPEG", 4},
    {"ftyp", "a film or sound (MP4, MOV)", 4},
    {"8BPS", "a Photoshop image: save it as PNG"},
    {"OggS", "an Ogg file (sound or film)"},
    {"ID3", "an MP3 file"},
    {"SQLite format 3", "an SQLite database: save the table as CSV"},
    {"ARROW1", "a Feather file: save the table as CSV, in Python: pandas.read_feather"},
    {"MATLAB 5.0 MAT-file", "a MATLAB file: in Python, scipy.io.loadmat and numpy.savez make an .npz of it"},
    {"\x7f"
     "ELF",
     "a program"},
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

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 32 || c == '\n' || c == '\r' || c == '\t';
}

bool is_plain_text(std::string_view bytes) { return std::all_of(bytes.begin(), bytes.end(), is_plain); }

const Known* find_known(std::string_view bytes) {
  for (const Known& known : kKnown) {
    if (bytes.size() > known.at && bytes.substr(known.at).starts_with(known.start)) return &known;
  }
  return nullptr;
}

// Of pages and documents; "" for others.
std::string kind_of_markup(std::string_view start) {
  for (const std::string_view page : {"<!doctype html", "<html", "<head"}) {
    if (begins_with(start, page))
      return "an HTML page, perhaps of a download that failed or asks to sign in: fetch the file itself";
  }
  if (begins_with(start, "<?xml") || begins_with(start, "<error"))
    return "an XML document, perhaps of a download that failed";
  return "";
}

constexpr size_t kStart = 512;  // bytes that say whether all of a file is text

}  // namespace

std::string kind_of_bytes(std::string_view bytes) {
  if (bytes.empty()) return "an empty file";
  const std::string_view start = bytes.substr(0, kStart);
  const Known* known = find_known(bytes);
  if (known) return known->kind;
  if (std::string markup = kind_of_markup(start); !markup.empty()) return markup;
  if (begins_with(start, "{") || begins_with(start, "["))
    return "JSON text: \"" + excerpt(bytes.substr(0, 40), 60) + "\"";
  const bool text = is_plain_text(start);
  std::string shown = excerpt(bytes.substr(0, text ? 40 : 8), 60);
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  return (text ? "text that starts with \"" : "bytes that start with \"") + shown + "\"";
}

std::string kind_of_no_text(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, kStart);
  const Known* known = find_known(bytes);
  const bool pointer = known == &kKnown[0];  // the only one that is text itself
  if (known && (pointer || !is_plain_text(start))) return known->kind;
  return kind_of_markup(start);
}

std::string first_bytes(const std::string& path, size_t count) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return "";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return "";
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // no more is read than is asked for
  std::string bytes(count, '\0');
  bytes.resize(std::fread(bytes.data(), 1, count, file.get()));
  return bytes;
}

}  // namespace lamina::detail

namespace lamina {

std::string stand_in(const std::string& path) {
  std::string kind = detail::kind_of_no_text(detail::first_bytes(path));
  for (const char* known : {"an HTML page", "an XML document", "a Git LFS pointer"}) {
    if (kind.starts_with(known)) return kind;
  }
  return "";
}

}  // namespace lamina
