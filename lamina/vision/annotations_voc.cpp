// Boxes as Pascal VOC writes them: an .xml for each picture.
#include <filesystem>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/read_lines.h"
#include "lamina/vision/detail/annotation_formats.h"

namespace lamina::vision::detail {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostXmlBytes = 16 << 20;

// Those of the part, or else of all: in the folder itself, or, where it has none, in those of its parts.
std::vector<std::string> xml_files(const std::string& source, const std::string& part) {
  std::vector<std::string> folders{beside(source, "Annotations"), source};
  if (part == "val") folders.insert(folders.begin(), beside(source, "valid"));
  if (!part.empty()) folders.insert(folders.begin(), beside(source, part));
  for (const std::string& folder : folders) {
    std::vector<std::string> files = files_ending(folder, {".xml"});
    if (!files.empty()) return files;
  }
  std::vector<std::string> all;
  for (const char* one : part.empty() ? std::vector<const char*>{"train", "valid", "val", "test"}
                                      : std::vector<const char*>{}) {
    const std::vector<std::string> files = files_ending(beside(source, one), {".xml"});
    all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

bool is_voc(const std::string& source) { return is_folder(source) && !xml_files(source, "").empty(); }

// Between <name> and </name>, from `from` on; these files nest no element in one of its own name. The end of
// the element goes to `from`, or npos where there is none.
std::string element(const std::string& text, const std::string& name, size_t& from,
                    const std::string& where) {
  const std::string open = "<" + name + ">", close = "</" + name + ">";
  const size_t begin = text.find(open, from);
  from = std::string::npos;
  if (begin == std::string::npos) return "";
  const size_t end = text.find(close, begin);
  if (end == std::string::npos) throw FileError(where + ": <" + name + "> has no end");
  from = end + close.size();
  return text.substr(begin + open.size(), end - begin - open.size());
}

std::string needed_element(const std::string& text, const std::string& name, const std::string& where) {
  size_t from = 0;
  const std::string value = element(text, name, from, where);
  if (from == std::string::npos) throw FileError(where + ": <" + name + "> is missing");
  return value;
}

std::string unescaped(std::string text) {
  for (const auto& [entity, character] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}}) {
    const std::string what = entity;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      text.replace(at, what.size(), character);
  }
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// The picture beside the .xml, or in JPEGImages: by its stem, since the name in the file is often another.
std::string picture_of_xml(const std::string& source, const std::string& xml, const std::string& named) {
  const fs::path path(xml);
  for (const std::string& folder :
       {path.parent_path().string(), beside(source, "JPEGImages"), beside(source, "images")}) {
    for (const std::string& ending : image_endings()) {
      const std::string candidate = beside(folder, path.stem().string() + ending);
      if (is_file(candidate)) return candidate;
    }
    if (!named.empty() && is_file(beside(folder, fs::path(named).filename().string())))
      return beside(folder, fs::path(named).filename().string());
  }
  throw FileError("'" + xml + "': there is no picture '" + path.stem().string() +
                  "' beside it, in JPEGImages or in images");
}

RawImage read_voc_file(const std::string& source, const std::string& path) {
  const std::string where = "'" + path + "'";
  const std::string text = read_file(path, kMostXmlBytes);
  if (text.find("<annotation") == std::string::npos)
    throw FileError(where + " is no file of Pascal VOC: <annotation> is missing");
  size_t from = 0;
  RawImage image{picture_of_xml(source, path, unescaped(element(text, "filename", from, where)))};
  from = 0;
  const std::string size = element(text, "size", from, where);
  if (from != std::string::npos) {
    image.width = extent_in(needed_element(size, "width", where), where);
    image.height = extent_in(needed_element(size, "height", where), where);
  }
  for (from = 0;;) {
    std::string object = element(text, "object", from, where);
    if (from == std::string::npos) return image;
    // A <part> of a thing has a name and a box of its own.
    size_t part = 0;
    for (std::string inner = element(object, "part", part, where); part != std::string::npos;
         inner = element(object, "part", part, where)) {
      const size_t begin = part - inner.size() - 13;
      object.erase(begin, part - begin);
      part = begin;
    }
    const std::string box = needed_element(object, "bndbox", where);
    const auto side = [&](const char* name) { return number_in(needed_element(box, name, where), where); };
    TruthBox truth{.box = {side("xmin"), side("ymin"), side("xmax"), side("ymax")}};
    size_t difficult = 0;
    truth.ignore = unescaped(element(object, "difficult", difficult, where)) == "1";
    image.boxes.push_back({unescaped(needed_element(object, "name", where)), truth});
  }
}

RawAnnotations read_voc(const std::string& source, const std::string& part) {
  std::set<std::string> wanted;
  const std::string list = beside(source, "ImageSets/Main/" + part + ".txt");
  const bool listed = !part.empty() && is_file(list);
  if (listed) {
    for (const std::string& line : read_lines(list)) wanted.insert(line.substr(0, line.find(' ')));
  }
  RawAnnotations result;
  for (const std::string& path : xml_files(source, part)) {
    if (!listed || wanted.contains(fs::path(path).stem().string()))
      result.images.push_back(read_voc_file(source, path));
  }
  return result;
}

}  // namespace

const AnnotationFormat kVocFolder{"Pascal VOC", is_voc, read_voc};

}  // namespace lamina::vision::detail
