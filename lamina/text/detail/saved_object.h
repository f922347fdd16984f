// {"class_name", "config"}: how the objects of this room are saved.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/json.h"

namespace lamina::detail {

/// The object as it is saved.
inline Json saved_object(const char* class_name, Json config) {
  return Json::object({{"class_name", class_name}, {"config", std::move(config)}});
}

/// What read(config) makes of a saved object of that class. Whatever is not as it should be becomes a
/// FileError that begins with `name`.
template <class Read>
auto read_saved(const Json& json, const char* class_name, const std::string& name, Read&& read) {
  try {
    const std::string& found = json.at("class_name").as_string();
    if (found != class_name)
      throw InvalidArgument("it is a " + found.substr(0, 40) + " where a " + class_name + " was expected");
    const Json& config = json.at("config");
    config.as_object();
    return read(config);
  } catch (const InvalidArgument& error) {
    throw FileError("'" + name + "': " + error.what());
  }
}

/// A list of strings.
inline Json list_of(const std::vector<std::string>& words) {
  return Json(Json::List(words.begin(), words.end()));
}

/// The strings of a list; throws InvalidArgument, naming `what`, for anything else.
inline std::vector<std::string> strings_from(const Json& json, const char* what) {
  std::vector<std::string> words;
  try {
    words.reserve(json.as_list().size());
    for (const Json& word : json.as_list()) words.push_back(word.as_string());
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(std::string(what) + ": " + error.what());
  }
  return words;
}

}  // namespace lamina::detail
