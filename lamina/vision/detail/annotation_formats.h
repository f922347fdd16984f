// One record for each way in which annotations come, for load_annotations. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/vision/annotations.h"

namespace lamina::vision::detail {

/// A box as a file has it, with the name of its class.
struct RawBox {
  std::string class_name;
  TruthBox box;
};

struct RawImage {
  std::string file;
  int64_t width = 0, height = 0;
  std::vector<RawBox> boxes = {};
};

struct RawAnnotations {
  std::vector<std::string> class_names = {};  ///< in the order of the source; empty where it has none
  std::vector<RawImage> images = {};
};

/// A way in which annotations come.
struct AnnotationFormat {
  const char* name;  ///< "COCO"
  /// Whether `source` looks so, by names of files.
  bool (*matches)(const std::string& source);
  /// @param part  "train", "val", "test" or "" for all. Throws FileError.
  RawAnnotations (*read)(const std::string& source, const std::string& part);
};

extern const AnnotationFormat kTableOfBoxes, kCocoFile, kVocFolder, kYoloFolder;

/// "FOLDER/NAME".
std::string beside(const std::string& folder, const std::string& name);
bool is_folder(const std::string& path);
bool is_file(const std::string& path);
/// Paths of the files of a folder whose names end so, in lower or upper case, sorted. Empty for no folder.
std::vector<std::string> files_ending(const std::string& folder, const std::vector<std::string>& endings);
/// Those that load_img reads, by their names.
const std::vector<std::string>& image_endings();
/// The number that `text` is, and nothing else. Throws FileError "PLACE: ...".
double number_in(const std::string& text, const std::string& place);
/// The pixels across or down a picture that `text` is: a whole number from 0 to 2^30. Throws FileError "PLACE: ...".
int64_t extent_in(const std::string& text, const std::string& place);

}  // namespace lamina::vision::detail
