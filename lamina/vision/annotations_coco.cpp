// Boxes as COCO writes them: one .json with images, annotations and categories.
#include <algorithm>
#include <filesystem>
#include <map>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/vision/detail/annotation_formats.h"

namespace lamina::vision::detail {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostCocoBytes = size_t{1} << 30;

std::string coco_file(const std::string& source, const std::string& part) {
  if (!is_folder(source)) return source.ends_with(".json") && is_file(source) ? source : "";
  std::vector<std::string> folders{source};
  if (!part.empty()) {
    folders.insert(folders.begin(), {beside(source, part), beside(source, part == "val" ? "valid" : part)});
  } else {
    for (const char* name : {"train", "valid", "val", "test"}) folders.push_back(beside(source, name));
  }
  for (const std::string& folder : folders) {
    for (const char* name : {"_annotations.coco.json", "annotations.json"}) {
      if (is_file(beside(folder, name))) return beside(folder, name);
    }
  }
  return "";
}

bool is_coco(const std::string& source) { return !coco_file(source, "").empty(); }

RawAnnotations read_coco_file(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  const Json json = Json::parse(read_file(path, kMostCocoBytes), path, kMostCocoBytes);
  RawAnnotations result;
  std::vector<std::pair<int64_t, std::string>> categories;
  for (const Json& category : json.at("categories").as_list())
    categories.emplace_back(category.at("id").as_int(), category.at("name").as_string());
  std::stable_sort(categories.begin(), categories.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::map<int64_t, std::string> names;
  const auto twice = [&](const char* what, int64_t id) {
    throw FileError("'" + path + "': two " + what + " have the id " + std::to_string(id));
  };
  for (const auto& [id, name] : categories) {
    if (!names.emplace(id, name).second) twice("categories", id);
    result.class_names.push_back(name);
  }
  std::map<int64_t, size_t> places;
  for (const Json& image : json.at("images").as_list()) {
    const std::string name = image.at("file_name").as_string();
    const std::string direct = beside(folder, name);
    RawImage added{is_file(direct) ? direct : beside(beside(folder, "images"), name)};
    if (const Json* width = image.find("width")) added.width = width->as_int();
    if (const Json* height = image.find("height")) added.height = height->as_int();
    const int64_t id = image.at("id").as_int();
    if (!places.emplace(id, result.images.size()).second) twice("images", id);
    result.images.push_back(std::move(added));
  }
  for (const Json& one : json.at("annotations").as_list()) {
    const auto image = places.find(one.at("image_id").as_int());
    const auto name = names.find(one.at("category_id").as_int());
    if (image == places.end() || name == names.end())
      throw FileError("'" + path +
                      "': an annotation is of a picture or category that the file does not have: " +
                      one.dump().substr(0, 200));
    const Json& box = one.at("bbox");
    if (box.size() != 4)
      throw FileError("'" + path + "': a bbox of four numbers was expected, not " + box.dump());
    double xywh[4];
    for (size_t i = 0; i < 4; ++i) xywh[i] = box.at(i).as_double();
    TruthBox truth{.box = {xywh[0], xywh[1], xywh[0] + xywh[2], xywh[1] + xywh[3]}};
    if (const Json* crowd = one.find("iscrowd"))
      truth.crowd = crowd->is_bool() ? crowd->as_bool() : crowd->as_int() != 0;
    if (const Json* area = one.find("area")) truth.area = area->as_double();
    result.images[image->second].boxes.push_back({name->second, truth});
  }
  return result;
}

RawAnnotations read_coco(const std::string& source, const std::string& part) {
  const std::string path = coco_file(source, part);
  try {
    return read_coco_file(path);
  } catch (const InvalidArgument& error) {  // of Json: what is missing, or of another kind
    throw FileError("'" + path + "' is no file of COCO's annotations: " + error.what());
  }
}

}  // namespace

const AnnotationFormat kCocoFile{"COCO", is_coco, read_coco};

}  // namespace lamina::vision::detail
