// load_annotations: finds out how annotations come, numbers classes, and sees that boxes lie in their
// pictures.
#include "lamina/vision/annotations.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/vision/detail/annotation_formats.h"

namespace lamina::vision {
namespace {

using detail::AnnotationFormat;
using detail::RawAnnotations;
using detail::RawBox;
using detail::RawImage;
namespace fs = std::filesystem;

const AnnotationFormat* format_of_annotations(const std::string& source) {
  for (const AnnotationFormat* format :
       {&detail::kTableOfBoxes, &detail::kCocoFile, &detail::kVocFolder, &detail::kYoloFolder}) {
    if (format->matches(source)) return format;
  }
  return nullptr;
}

std::vector<std::string> sorted_class_names(const RawAnnotations& raw) {
  std::vector<std::string> names;
  for (const RawImage& image : raw.images) {
    for (const RawBox& one : image.boxes) names.push_back(one.class_name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// What was changed or left out, to be told once.
struct Mending {
  int64_t cut = 0, empty = 0;
  std::map<std::string, int64_t> others = {};
  std::string first = {};

  void tell(const std::string& source) const {
    if (cut > 0)
      warn("'" + source + "': " + std::to_string(cut) +
           " boxes reach out of their picture and are cut at its edges" + first);
    if (empty > 0) warn("'" + source + "': " + std::to_string(empty) + " boxes without area are left out");
    std::string list;
    for (const auto& [name, count] : others)
      list += (list.empty() ? "" : ", ") + std::to_string(count) + " of '" + name + "'";
    if (!list.empty()) warn("'" + source + "': boxes of other classes are left out: " + list);
  }
};

}  // namespace

namespace detail {

std::string beside(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : (fs::path(folder) / name).string();
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::vector<std::string> files_ending(const std::string& folder, const std::vector<std::string>& endings) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    std::string ending = entry.path().extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && std::find(endings.begin(), endings.end(), ending) != endings.end() &&
        entry.is_regular_file(ignored))
      files.push_back(beside(folder, entry.path().filename().string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

const std::vector<std::string>& image_endings() {
  static const std::vector<std::string> endings{".jpg",  ".jpeg", ".png", ".bmp", ".gif",
                                                ".webp", ".pnm",  ".pbm", ".pgm", ".ppm"};
  return endings;
}

double number_in(const std::string& text, const std::string& place) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  const size_t end = text.find_last_not_of(" \t\r\n");
  double value = 0;
  if (begin != std::string::npos) {
    const char* const last = text.data() + end + 1;
    const auto [stopped, error] = std::from_chars(text.data() + begin, last, value);
    if (error == std::errc() && stopped == last && std::isfinite(value)) return value;
  }
  throw FileError(place + ": '" + text + "' is no number");
}

int64_t extent_in(const std::string& text, const std::string& place) {
  const double value = number_in(text, place);
  if (value < 0 || value > (1 << 30) || value != std::floor(value))
    throw FileError(place + ": '" + text + "' is no size of a picture in pixels");
  return static_cast<int64_t>(value);
}

}  // namespace detail

int64_t AnnotatedImages::boxes() const {
  int64_t count = 0;
  for (const AnnotatedImage& image : images) count += static_cast<int64_t>(image.boxes.size());
  return count;
}

bool has_annotations(const std::string& source) { return format_of_annotations(source) != nullptr; }

AnnotatedImages load_annotations(const std::string& source, const AnnotationOptions& options) {
  const AnnotationFormat* const format = format_of_annotations(source);
  if (!format)
    throw FileError("'" + source +
                    "' holds no boxes of pictures: a folder with annotations.csv, COCO's .json, Pascal "
                    "VOC's .xml or YOLO's .txt files was expected");
  const RawAnnotations raw = format->read(source, options.part);
  if (raw.images.empty())
    throw FileError("'" + source + "' (" + format->name + ") has no pictures" +
                    (options.part.empty() ? std::string() : " of the part '" + options.part + "'"));
  AnnotatedImages result;
  result.class_names = !options.class_names.empty() ? options.class_names
                       : !raw.class_names.empty()   ? raw.class_names
                                                    : sorted_class_names(raw);
  std::map<std::string, int64_t> numbers;
  for (size_t i = 0; i < result.class_names.size(); ++i)
    numbers.emplace(result.class_names[i], static_cast<int64_t>(i));
  Mending mending;
  for (const RawImage& image : raw.images) {
    AnnotatedImage& added = result.images.emplace_back(AnnotatedImage{image.file, image.width, image.height});
    for (const RawBox& one : image.boxes) {
      const auto number = numbers.find(one.class_name);
      if (number == numbers.end()) {
        if (!options.leave_out_others)
          throw InvalidArgument("'" + image.file + "' has a box of the class '" + one.class_name + "'" +
                                suggest(one.class_name, result.class_names));
        ++mending.others[one.class_name];
        continue;
      }
      TruthBox box = one.box;
      box.label = number->second;
      if (image.width > 0 && image.height > 0) {
        const Box inside =
            clipped(box.box, static_cast<double>(image.width), static_cast<double>(image.height));
        if (!(inside == box.box)) {
          if (mending.cut++ == 0) mending.first = " (the first in '" + image.file + "')";
          box.box = inside;
        }
      }
      if (box.box.valid()) {
        added.boxes.push_back(box);
      } else {
        ++mending.empty;
      }
    }
  }
  mending.tell(source);
  return result;
}

}  // namespace lamina::vision
