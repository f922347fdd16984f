// DataInfo to and from JSON, with every value checked.
#include "lamina/nn/data_info.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr int64_t kVersion = 1;
constexpr size_t kMostNames = size_t{1} << 20;
constexpr size_t kLongestName = size_t{1} << 12;
constexpr int64_t kLongestText = int64_t{1} << 24;

struct Named {
  const char* name;
  int value;
};
constexpr Named kScales[] = {{"none", static_cast<int>(PixelScale::kNone)},
                             {"0..1", static_cast<int>(PixelScale::kUnit)}};
constexpr Named kMissing[] = {{"fail", static_cast<int>(Missing::kFail)},
                              {"drop", static_cast<int>(Missing::kDrop)}};

constexpr Named kInfinite[] = {{"tell", static_cast<int>(Infinite::kTell)},
                               {"keep", static_cast<int>(Infinite::kKeep)},
                               {"fail", static_cast<int>(Infinite::kFail)},
                               {"drop", static_cast<int>(Infinite::kDrop)}};

template <size_t kCount>
std::string name_of(const Named (&table)[kCount], int value) {
  for (const Named& entry : table) {
    if (entry.value == value) return entry.name;
  }
  throw InternalError("a value without a name");
}

template <size_t kCount>
int value_of(const Named (&table)[kCount], const std::string& name, const char* what) {
  std::vector<std::string> known;
  for (const Named& entry : table) {
    if (entry.name == name) return entry.value;
    known.push_back(entry.name);
  }
  throw InvalidArgument(std::string("unknown ") + what + " '" + name + "'" + suggest(name, known));
}

void check_name(const std::string& name, const char* what) {
  if (name.empty()) throw InvalidArgument(std::string(what) + ": a name is empty");
  if (name.size() > kLongestName) {
    throw InvalidArgument(std::string(what) + ": the name '" + name.substr(0, 40) + "...' has " +
                          std::to_string(name.size()) + " bytes; at most " + std::to_string(kLongestName) +
                          " are possible");
  }
  if (name.find('\0') != std::string::npos) {
    throw InvalidArgument(std::string(what) + ": the name '" + std::string(name.c_str()) +
                          "' holds a zero byte");
  }
}

void check_names(const std::vector<std::string>& names, const char* what) {
  if (names.size() > kMostNames) {
    throw InvalidArgument(std::string(what) + ": " + std::to_string(names.size()) + " names; at most " +
                          std::to_string(kMostNames) + " are possible");
  }
  std::set<std::string> seen;
  for (const std::string& name : names) {
    check_name(name, what);
    if (!seen.insert(name).second) throw InvalidArgument(std::string(what) + ": '" + name + "' occurs twice");
  }
}

Json list_of(const std::vector<std::string>& names) { return Json(Json::List(names.begin(), names.end())); }

std::vector<std::string> names_from(const Json& json) {
  std::vector<std::string> names;
  for (const Json& name : json.as_list()) names.push_back(name.as_string());
  return names;
}

void check_object(const Json& json, const char* what) {
  const Json* class_name = json.find("class_name");
  const Json* config = json.find("config");
  if (!class_name || !class_name->is_string() || !config || !config->is_object()) {
    throw InvalidArgument(std::string("text: '") + what + "' is no object with a class_name and a config");
  }
}

void check_text(const TextInfo& text) {
  check_object(text.encoder, "encoder");
  if (!text.segmenter.is_null()) check_object(text.segmenter, "segmenter");
  if (text.maxlen < 0 || text.maxlen > kLongestText) {
    throw InvalidArgument("text: a maxlen of " + std::to_string(text.maxlen) + " where 0 to " +
                          std::to_string(kLongestText) + " are possible");
  }
  for (const auto& [end, what] : {std::pair{text.padding, "padding"}, {text.truncating, "truncating"}}) {
    if (end != "pre" && end != "post")
      throw InvalidArgument(std::string("text: unknown ") + what + " '" + end + "'" +
                            suggest(end, {"pre", "post"}));
  }
}

Json text_to_json(const TextInfo& text) {
  Json json = Json::object({{"encoder", text.encoder}});
  if (!text.segmenter.is_null()) json["segmenter"] = text.segmenter;
  if (text.maxlen > 0) {
    json["maxlen"] = text.maxlen;
    json["padding"] = text.padding;
    json["truncating"] = text.truncating;
  }
  return json;
}

TextInfo text_from_json(const Json& json) {
  TextInfo text;
  for (const auto& [key, value] : json.as_object()) {
    if (key == "encoder")
      text.encoder = value;
    else if (key == "segmenter")
      text.segmenter = value;
    else if (key == "maxlen")
      text.maxlen = value.as_int();
    else if (key == "padding")
      text.padding = value.as_string();
    else if (key == "truncating")
      text.truncating = value.as_string();
    else
      throw InvalidArgument("text: unknown member '" + key.substr(0, 40) + "'");
  }
  return text;
}

}  // namespace

bool DataInfo::empty() const { return *this == DataInfo{}; }

std::string name(PixelScale scale) { return name_of(kScales, static_cast<int>(scale)); }
std::string name(Missing missing) { return name_of(kMissing, static_cast<int>(missing)); }
std::string name(Infinite infinite) { return name_of(kInfinite, static_cast<int>(infinite)); }

PixelScale pixel_scale_from(const std::string& name) {
  return static_cast<PixelScale>(value_of(kScales, name, "scale"));
}

Missing missing_from(const std::string& name) {
  return static_cast<Missing>(value_of(kMissing, name, "way with missing values"));
}

Infinite infinite_from(const std::string& name) {
  return static_cast<Infinite>(value_of(kInfinite, name, "way with infinite values"));
}

bool DataInfo::operator==(const DataInfo& other) const {
  return class_names == other.class_names && features == other.features && target == other.target &&
         scale == other.scale && missing == other.missing && infinite == other.infinite &&
         text == other.text && sections == other.sections;
}

void DataInfo::check() const {
  check_names(class_names, "class_names");
  check_names(features, "features");
  if (!target.empty()) check_name(target, "target");
  if (std::find(features.begin(), features.end(), target) != features.end())
    throw InvalidArgument("target: the column '" + target + "' is also one of the features");
  if (text) check_text(*text);
  if (!sections.is_object()) throw InvalidArgument("sections: an object was expected");
  for (const auto& [section, value] : sections.as_object()) {
    check_name(section, "sections");
    if (!value.is_object()) throw InvalidArgument("sections: '" + section + "' is not an object");
  }
}

Json DataInfo::to_json() const {
  Json json = Json::object({{"version", kVersion}});
  if (!class_names.empty()) json["class_names"] = list_of(class_names);
  if (!features.empty()) json["features"] = list_of(features);
  if (!target.empty()) json["target"] = target;
  if (scale) json["scale"] = name(*scale);
  if (missing) json["missing"] = name(*missing);
  if (infinite) json["infinite"] = name(*infinite);
  if (text) json["text"] = text_to_json(*text);
  if (sections.size() > 0) json["sections"] = sections;
  return json;
}

DataInfo DataInfo::from_json(const Json& json, const std::string& name) {
  try {
    const int64_t version = json.at("version").as_int();
    if (version != kVersion) {
      throw InvalidArgument("it is of version " + std::to_string(version) + "; this build reads " +
                            std::to_string(kVersion));
    }
    DataInfo info;
    for (const auto& [key, value] : json.as_object()) {
      if (key == "class_names")
        info.class_names = names_from(value);
      else if (key == "features")
        info.features = names_from(value);
      else if (key == "target")
        info.target = value.as_string();
      else if (key == "scale")
        info.scale = pixel_scale_from(value.as_string());
      else if (key == "missing")
        info.missing = missing_from(value.as_string());
      else if (key == "infinite")
        info.infinite = infinite_from(value.as_string());
      else if (key == "text")
        info.text = text_from_json(value);
      else if (key == "sections")
        info.sections = value;
      else if (key != "version")
        throw InvalidArgument("unknown member '" + key.substr(0, 40) + "'");
    }
    info.check();
    return info;
  } catch (const InvalidArgument& error) {
    throw FileError("'" + name + "': " + error.what());
  }
}

}  // namespace lamina
