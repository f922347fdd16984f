// Boxes as YOLO's tools write them: a .txt for each picture, with shares of its width and height.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "lamina/base/error.h"
#include "lamina/data/read_lines.h"
#include "lamina/vision/annotated_picture.h"
#include "lamina/vision/detail/annotation_formats.h"

namespace lamina::vision::detail {
namespace {

namespace fs = std::filesystem;

// Where pictures lie and where their boxes.
struct YoloFolders {
  std::string images, labels;
};

std::vector<YoloFolders> yolo_folders(const std::string& source, const std::string& part) {
  std::vector<std::string> parts{part};
  if (part.empty()) parts = {"", "train", "valid", "val", "test"};
  if (part == "val") parts.push_back("valid");
  std::vector<YoloFolders> all;
  const auto add = [&](const std::string& images, const std::string& labels) {
    if (is_folder(images) && is_folder(labels)) all.push_back({images, labels});
  };
  for (const std::string& one : parts) {
    add(beside(beside(source, "images"), one), beside(beside(source, "labels"), one));
    if (!one.empty()) add(beside(beside(source, one), "images"), beside(beside(source, one), "labels"));
    add(beside(source, one), beside(source, one));
  }
  return all;
}

std::string label_file(const YoloFolders& folders, const std::string& image) {
  return beside(folders.labels, fs::path(image).stem().string() + ".txt");
}

bool is_yolo(const std::string& source) {
  if (!is_folder(source)) return false;
  for (const YoloFolders& folders : yolo_folders(source, "")) {
    for (const std::string& image : files_ending(folders.images, image_endings())) {
      if (is_file(label_file(folders, image))) return true;
    }
  }
  return false;
}

std::string without_quotes(std::string text) {
  const auto cut = [&](const char* what) {
    text.erase(0, text.find_first_not_of(what));
    text.erase(text.find_last_not_of(what) + 1);
  };
  cut(" \t\r\"'");
  return text;
}

// The list `names:` of data.yaml, in one line, "[a, b]" or "{0: a, 1: b}", or a line each with "- name" or
// "3: name".
std::vector<std::string> names_of_yaml(const std::string& path) {
  std::vector<std::string> names;
  bool inside = false;
  for (const std::string& line : read_lines(path)) {
    if (line.starts_with("names:")) {
      inside = true;
      const size_t open = line.find_first_of("[{"), close = line.find_last_of("]}");
      if (open == std::string::npos || close == std::string::npos || close < open) continue;
      std::stringstream list(line.substr(open + 1, close - open - 1));
      for (std::string name; std::getline(list, name, ',');)
        names.push_back(without_quotes(line[open] == '{' ? name.substr(name.find(':') + 1) : name));
      return names;
    }
    if (!inside) continue;
    const std::string text = without_quotes(line);
    if (text.empty()) continue;
    const bool item = text.starts_with("- ");
    const size_t colon = text.find(':');
    if (!item && (line[0] != ' ' || colon == std::string::npos)) break;
    names.push_back(without_quotes(item ? text.substr(2) : text.substr(colon + 1)));
  }
  return names;
}

std::vector<std::string> yolo_names(const std::string& source) {
  for (const char* name : {"classes.txt", "obj.names"}) {
    if (!is_file(beside(source, name))) continue;
    std::vector<std::string> names = read_lines(beside(source, name));
    std::erase(names, "");
    return names;
  }
  return is_file(beside(source, "data.yaml")) ? names_of_yaml(beside(source, "data.yaml"))
                                              : std::vector<std::string>();
}

void read_label_file(const std::string& path, const std::vector<std::string>& names, RawImage& image) {
  int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    const std::string where = "'" + path + "' line " + std::to_string(++number);
    std::stringstream text(line);
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    if (words.empty()) continue;
    if (words.size() != 5)
      throw FileError(where + ": a class and four shares of the picture were expected, not " +
                      std::to_string(words.size()) + " words");
    const double label = number_in(words[0], where);
    if (label < 0 || label > 1e6 || label != static_cast<double>(static_cast<int64_t>(label)))
      throw FileError(where + ": '" + words[0] + "' is no number of a class");
    const auto place = static_cast<size_t>(label);
    if (!names.empty() && place >= names.size())
      throw FileError(where + ": class " + words[0] + " has no name; there are " +
                      std::to_string(names.size()));
    const double width = static_cast<double>(image.width), height = static_cast<double>(image.height);
    const double x = number_in(words[1], where) * width, y = number_in(words[2], where) * height;
    const double half_width = number_in(words[3], where) * width / 2,
                 half_height = number_in(words[4], where) * height / 2;
    image.boxes.push_back({names.empty() ? words[0] : names[place],
                           {.box = {x - half_width, y - half_height, x + half_width, y + half_height}}});
  }
}

RawAnnotations read_yolo(const std::string& source, const std::string& part) {
  RawAnnotations result;
  result.class_names = yolo_names(source);
  for (const YoloFolders& folders : yolo_folders(source, part)) {
    for (const std::string& file : files_ending(folders.images, image_endings())) {
      const std::string labels = label_file(folders, file);
      const bool counts = is_file(labels) || folders.labels != folders.images;
      if (!counts) continue;  // a picture beside others, of which nobody said anything
      const Picture picture = load_picture({.file = file});
      RawImage& image = result.images.emplace_back(RawImage{file, picture.width, picture.height});
      if (is_file(labels)) read_label_file(labels, result.class_names, image);
    }
  }
  return result;
}

}  // namespace

const AnnotationFormat kYoloFolder{"YOLO", is_yolo, read_yolo};

}  // namespace lamina::vision::detail
