// Members of config.json, checked. Internal header.
#pragma once

#include <string>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/json.h"

namespace lamina::detail {

/// Reads what is there; what is absent leaves the default, and so does null, except for a size: no model is
/// built without it. Throws InvalidArgument for what cannot be.
class ConfigValues {
 public:
  ConfigValues(const Json& json, std::string name) : json_(json), name_(std::move(name)) {}

  void integer(const char* key, int64_t& value) const {
    if (const Json* const found = find(key)) {
      if (!found->is_int()) fail(key, *found, "an integer");
      value = found->as_int();
    }
  }
  /// A size that memory could have.
  void size(const char* key, int64_t& value) const {
    if (const Json* const found = json_.find(key); found && found->is_null())
      fail(key, *found, "a number from 1 on");
    size_or_null(key, value);
  }
  /// One that null leaves to the default.
  void size_or_null(const char* key, int64_t& value) const {
    integer(key, value);
    if (value < 1 || value > int64_t{1} << 31) fail(key, value, "a number from 1 on");
  }
  /// A number of layers.
  void layers(const char* key, int64_t& value) const {
    if (const Json* const found = json_.find(key); found && found->is_null())
      fail(key, *found, "a number from 1 to 4096");
    integer(key, value);
    if (value < 1 || value > 4096) fail(key, value, "a number from 1 to 4096");
  }
  void number(const char* key, double& value) const {
    if (const Json* const found = find(key)) {
      if (!found->is_number()) fail(key, *found, "a number");
      value = found->as_double();
    }
  }
  /// A share from 0 to less than 1.
  void rate(const char* key, double& value) const {
    number(key, value);
    if (!(value >= 0 && value < 1)) fail(key, value, "a number from 0 to less than 1");
  }
  void text(const char* key, std::string& value) const {
    if (const Json* const found = find(key)) {
      if (!found->is_string()) fail(key, *found, "a string");
      value = found->as_string();
    }
  }
  void flag(const char* key, bool& value) const {
    if (const Json* const found = find(key)) {
      if (!found->is_bool()) fail(key, *found, "true or false");
      value = found->as_bool();
    }
  }
  const Json& json() const { return json_; }
  /// Of options that change the computation and are not here: absent, or what changes nothing.
  void only(const char* key, const Json& value) const {
    const Json* const found = find(key);
    if (found && !same(*found, value))
      fail(key, *found, ("what Lamina computes, " + value.dump() + ",").c_str());
  }
  const Json* find(const char* key) const {
    const Json* const found = json_.find(key);
    return found && !found->is_null() ? found : nullptr;
  }
  [[noreturn]] void fail(const char* key, const Json& value, const char* expected) const {
    throw InvalidArgument(name_ + ": " + key + " is " + value.dump().substr(0, 100) + "; " + expected +
                          " was expected");
  }

 private:
  static bool same(const Json& a, const Json& b) {
    return a == b || (a.is_number() && b.is_number() && a.as_double() == b.as_double()) ||
           (a.is_object() && b.is_object() && a.size() == 0 && b.size() == 0);
  }

  const Json& json_;
  std::string name_;
};

}  // namespace lamina::detail
