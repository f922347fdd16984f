// Options of estimators as JSON and back: what clone, grid search and files go through.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/json.h"

namespace lamina::classic::detail {

inline Json option_json(bool value) { return value; }
inline Json option_json(int64_t value) { return value; }
inline Json option_json(double value) { return value; }
inline Json option_json(const std::string& value) { return value; }
inline Json option_json(const Json& value) { return value; }
template <class T>
Json option_json(const std::optional<T>& value) {
  return value ? option_json(*value) : Json();
}

inline void read_option(bool& value, const Json& json) { value = json.as_bool(); }
inline void read_option(int64_t& value, const Json& json) { value = json.as_int(); }
inline void read_option(double& value, const Json& json) { value = json.as_double(); }
inline void read_option(std::string& value, const Json& json) { value = json.as_string(); }
inline void read_option(Json& value, const Json& json) { value = json; }
template <class T>
void read_option(std::optional<T>& value, const Json& json) {
  if (json.is_null()) {
    value.reset();
  } else {
    read_option(value.emplace(), json);
  }
}

/// The options by name, in the order of the struct.
template <class Options>
Json options_json(const Options& options) {
  Json json = Json::object();
  Options::fields(options, [&](const char* name, const auto& value) { json[name] = option_json(value); });
  return json;
}

/// Throws InvalidArgument, suggesting the nearest of the names that are known.
[[noreturn]] void unknown_option(const std::string& class_name, const std::string& name,
                                 const std::vector<const char*>& known);

/// Sets the options that `json` names. Throws InvalidArgument, naming class and option, for one that is not
/// there or of another kind.
template <class Options>
void read_options(Options& options, const Json& json, const std::string& class_name) {
  std::vector<const char*> known;
  Options::fields(options, [&](const char* name, auto&) { known.push_back(name); });
  for (const auto& member : json.as_object()) {
    bool found = false;
    Options::fields(options, [&](const char* name, auto& value) {
      if (member.first != name) return;
      found = true;
      try {
        read_option(value, member.second);
      } catch (const InvalidArgument& error) {
        throw InvalidArgument(class_name + ": " + name + ": " + error.what());
      }
    });
    if (!found) unknown_option(class_name, member.first, known);
  }
}

}  // namespace lamina::classic::detail
