// Boxes in a table: annotations.csv.
#include <filesystem>
#include <map>

#include "lamina/base/error.h"
#include "lamina/data/csv.h"
#include "lamina/vision/detail/annotation_formats.h"

namespace lamina::vision::detail {
namespace {

namespace fs = std::filesystem;

std::string table_path(const std::string& source) {
  return is_folder(source) ? beside(source, "annotations.csv") : source;
}

bool is_table_of_boxes(const std::string& source) {
  return is_file(table_path(source)) && table_path(source).ends_with(".csv");
}

RawAnnotations read_table_of_boxes(const std::string& source, const std::string& part) {
  const std::string path = table_path(source);
  const std::string folder = fs::path(path).parent_path().string();
  const CsvTable table = read_csv(path);
  const auto optional_column = [&](const char* name) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i] == name) return static_cast<int>(i);
    }
    return -1;
  };
  const int split = optional_column("split"), width = optional_column("width"),
            height = optional_column("height");
  const auto needed = [&](const char* name) {
    const int column = optional_column(name);
    if (column < 0)
      throw FileError("'" + path + "' has no column '" + name +
                      "'; file, class, xmin, ymin, xmax and ymax were expected");
    return static_cast<size_t>(column);
  };
  const size_t file = needed("file"), label = needed("class");
  const size_t corners[] = {needed("xmin"), needed("ymin"), needed("xmax"), needed("ymax")};
  RawAnnotations result;
  std::map<std::string, size_t> places;
  std::map<std::string, bool> folders;  // of pictures: whether all that the table names there are of the part
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    const std::string name = beside(folder, row[file]);
    const bool counts = part.empty() || split < 0 || row[static_cast<size_t>(split)] == part;
    bool& of_part = folders.emplace(fs::path(name).parent_path().string(), true).first->second;
    of_part = of_part && counts;
    if (!counts) continue;
    const std::string where = "'" + path + "' line " + std::to_string(table.lines[i]);
    const auto [found, added] = places.emplace(name, result.images.size());
    if (added) {
      RawImage& image = result.images.emplace_back(RawImage{name});
      if (width >= 0) image.width = extent_in(row[static_cast<size_t>(width)], where);
      if (height >= 0)
        image.height = extent_in(row[static_cast<size_t>(height)], where);
    }
    double values[4];
    for (size_t c = 0; c < 4; ++c) values[c] = number_in(row[corners[c]], where);
    RawImage& image = result.images[found->second];
    image.boxes.push_back({row[label], {.box = {values[0], values[1], values[2], values[3]}}});
  }
  for (const auto& [where, of_part] : folders) {
    if (!of_part) continue;  // of a picture without any box nobody says of which part it is
    for (const std::string& name : files_ending(where, image_endings())) {
      if (places.emplace(name, result.images.size()).second) result.images.push_back({name});
    }
  }
  return result;
}

}  // namespace

const AnnotationFormat kTableOfBoxes{"a table of boxes", is_table_of_boxes, read_table_of_boxes};

}  // namespace lamina::vision::detail
