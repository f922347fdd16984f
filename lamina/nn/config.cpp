// Checked access to Keras configurations.
#include "lamina/nn/config.h"

#include <algorithm>

#include "lamina/base/detail/checked_int.h"
#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/unknown_objects.h"

namespace lamina {

ConfigReader::ConfigReader(const Json& config, std::string class_name)
    : config_(config), class_name_(std::move(class_name)) {
  if (!config_.is_object()) throw InvalidArgument(class_name_ + ": its configuration is not an object");
}

std::string ConfigReader::where() const {
  const Json* name = config_.find("name");
  return class_name_ + (name && name->is_string() ? " '" + name->as_string() + "'" : std::string());
}

void ConfigReader::fail(const std::string& key, const std::string& what) const {
  throw InvalidArgument(where() + ": argument '" + key + "' " + what);
}

const Json* ConfigReader::get(const char* key) {
  known_.push_back(key);
  const Json* value = config_.find(key);
  return value && !value->is_null() ? value : nullptr;
}

std::string ConfigReader::string(const char* key, std::string otherwise) {
  const Json* value = get(key);
  if (!value) return otherwise;
  if (!value->is_string()) fail(key, "must be a string, received " + value->dump());
  return value->as_string();
}

namespace {

// An argument as the registry makes it, or a stand-in where a file may be read without.
template <class Base>
std::shared_ptr<const Base> object_or_stand_in(const char* key, const Json& json, const std::string& where) {
  try {
    return Registry<Base>::from_json(json);
  } catch (const Error& error) {
    std::shared_ptr<const Base> other =
        detail::UnknownObjects::stand_in<Base>(key, json, where, error.what());
    if (other) return other;
    throw;
  }
}

}  // namespace

std::optional<int64_t> ConfigReader::optional_integer(const char* key) {
  const Json* value = get(key);
  if (!value) return std::nullopt;
  if (!value->is_number()) fail(key, "must be an integer, received " + value->dump());
  try {
    return value->as_int();
  } catch (const InvalidArgument&) {
    fail(key, "must be an integer, received " + value->dump());
  }
}

int64_t ConfigReader::integer(const char* key, std::optional<int64_t> otherwise) {
  const std::optional<int64_t> value = optional_integer(key);
  if (!value && !otherwise) fail(key, "is missing");
  // Axes, extents and counts end up in ints: none is silently cut. Seeds, which may be larger, are read by
  // optional_integer().
  return value ? detail::checked_int(*value, where() + ": argument '" + key + "'") : *otherwise;
}

std::optional<double> ConfigReader::optional_number(const char* key) {
  const Json* value = get(key);
  if (!value) return std::nullopt;
  if (!value->is_number()) fail(key, "must be a number, received " + value->dump());
  return value->as_double();
}

double ConfigReader::number(const char* key, std::optional<double> otherwise) {
  const std::optional<double> value = optional_number(key);
  if (!value && !otherwise) fail(key, "is missing");
  return value ? *value : *otherwise;
}

namespace {

// Python's 0 and 1 are as good as False and True, and Keras writes what it was given.
std::optional<bool> as_boolean(const Json& value) {
  if (value.is_bool()) return value.as_bool();
  if (!value.is_number() || (value.as_double() != 0 && value.as_double() != 1)) return std::nullopt;
  return value.as_double() == 1;
}

}  // namespace

bool ConfigReader::boolean(const char* key, bool otherwise) {
  const Json* value = get(key);
  if (!value) return otherwise;
  const std::optional<bool> read = as_boolean(*value);
  if (!read) fail(key, "must be true or false, received " + value->dump());
  return *read;
}

std::vector<int64_t> ConfigReader::integers(const char* key) {
  const Json* value = get(key);
  if (!value || !value->is_list()) fail(key, "must be a list of integers");
  std::vector<int64_t> result;
  for (const Json& element : value->as_list()) {
    if (!element.is_null() && !element.is_int())
      fail(key, "must be a list of integers, received " + value->dump());
    result.push_back(
        element.is_null() ? -1 : detail::checked_int(element.as_int(), where() + ": argument '" + key + "'"));
  }
  return result;
}

std::vector<double> ConfigReader::numbers(const char* key) {
  const Json* value = get(key);
  if (!value || !value->is_list() || value->size() == 0) fail(key, "must be a list of numbers");
  std::vector<double> result;
  for (const Json& element : value->as_list()) {
    if (!element.is_number()) fail(key, "must be a list of numbers, received " + value->dump());
    result.push_back(element.as_double());
  }
  return result;
}

Size2 ConfigReader::size2(const char* key, Size2 otherwise) {
  const Json* value = get(key);
  if (!value) return otherwise;
  const bool two = value->is_list() && value->size() == 2 && value->at(size_t{0}).is_int() &&
                   value->at(size_t{1}).is_int();
  if (!value->is_int() && !two) fail(key, "must be an integer or two, received " + value->dump());
  const int64_t first = two ? value->at(size_t{0}).as_int() : value->as_int();
  const int64_t second = two ? value->at(size_t{1}).as_int() : first;
  for (const int64_t one : {first, second}) detail::checked_int(one, where() + ": argument '" + key + "'");
  return Size2(first, second);
}

Choice<Initializer> ConfigReader::initializer(const char* key, const char* otherwise) {
  const Json* value = get(key);
  if (!value) return otherwise;
  if (!value->is_string() && !value->contains("class_name")) {
    fail(key, "must be an initializer, received " + value->dump());
  }
  return object_or_stand_in<Initializer>(key, *value, where());
}

std::string ConfigReader::activation(const char* key) {
  const Json* value = get(key);
  if (!value) return "linear";
  if (value->is_string()) return value->as_string();
  // Keras writes functions that are no part of it as {"class_name": "function", "config": name, ...}.
  if (const Json* name = value->find("config"); name && name->is_string()) return name->as_string();
  fail(key, "must name an activation, received " + value->dump());
}

Choice<Regularizer> ConfigReader::regularizer(const char* key) {
  const Json* value = get(key);
  if (!value) return {};
  if (!value->is_string() && !value->contains("class_name"))
    fail(key, "must be a regularizer, received " + value->dump());
  return object_or_stand_in<Regularizer>(key, *value, where());
}

Choice<Constraint> ConfigReader::constraint(const char* key) {
  const Json* value = get(key);
  if (!value) return {};
  if (!value->is_string() && !value->contains("class_name"))
    fail(key, "must be a constraint, received " + value->dump());
  return object_or_stand_in<Constraint>(key, *value, where());
}

std::shared_ptr<Layer> ConfigReader::layer(const char* key) {
  const Json* value = get(key);
  if (!value || !value->contains("class_name")) fail(key, "must be a layer");
  return detail::layer_from_json(*value);
}

std::vector<std::shared_ptr<Layer>> ConfigReader::layers(const char* key) {
  const Json* value = get(key);
  if (!value || !value->is_list()) fail(key, "must be a list of layers");
  std::vector<std::shared_ptr<Layer>> result;
  for (const Json& element : value->as_list()) result.push_back(detail::layer_from_json(element));
  return result;
}

void ConfigReader::allow(const char* key) { known_.emplace_back(key); }

Json ConfigReader::json(const char* key) {
  const Json* value = get(key);
  return value ? *value : Json();
}

void ConfigReader::layer_arguments(std::string& name, bool& trainable, std::string* dtype_policy) {
  name = string("name", name);
  trainable = boolean("trainable", trainable);
  allow("activity_regularizer");  // of every layer, read by layer_from_json
  const Json* dtype = get("dtype");
  if (!dtype) return;
  const Json* policy = dtype->find("config");
  const Json* policy_name = policy ? policy->find("name") : nullptr;
  const Json& given = policy_name ? *policy_name : *dtype;
  if (dtype_policy && given.is_string()) {
    *dtype_policy = given.as_string();
    return;
  }
  if (given != Json("float32")) {
    throw Unsupported(where() + ": dtype " + given.dump() + " is not supported; only \"float32\" is");
  }
}

void ConfigReader::only(const char* key, const Json& allowed) {
  const Json* value = get(key);
  if (!value || *value == allowed || (allowed.is_bool() && as_boolean(*value) == allowed.as_bool())) return;
  throw Unsupported(where() + ": " + key + " = " + value->dump() + " is not supported; only " +
                    allowed.dump() + " is");
}

void ConfigReader::only_null(std::initializer_list<const char*> keys) {
  for (const char* key : keys) only(key);
}

void ConfigReader::done() const {
  for (const auto& [key, value] : config_.as_object()) {
    if (value.is_null() || std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    throw InvalidArgument(where() + ": unknown argument '" + key + "'" + suggest(key, known_));
  }
}

}  // namespace lamina
