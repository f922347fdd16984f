// The code of Registry, which each base class instantiates once, in its own source file: users' files compile
// faster without it, and the entries live in the library and not in each program that includes the header.
#pragma once

#include "lamina/base/error.h"
#include "lamina/nn/registry.h"

namespace lamina {

template <class Base>
struct Registry<Base>::Entry {
  std::vector<std::string> names;
  Factory factory;
};

template <class Base>
std::vector<typename Registry<Base>::Entry>& Registry<Base>::entries() {
  static std::vector<Entry> all;
  return all;
}

template <class Base>
bool Registry<Base>::add(std::string class_name, Factory factory, std::vector<std::string> aliases) {
  aliases.insert(aliases.begin(), std::move(class_name));
  entries().push_back({std::move(aliases), factory});
  return true;
}

template <class Base>
std::shared_ptr<Base> Registry<Base>::make(const std::string& name, const Json& config) {
  for (const Entry& entry : entries()) {
    for (const std::string& known : entry.names) {
      if (known == name) return entry.factory(config);
    }
  }
  throw InvalidArgument(std::string("unknown ") + Base::kKind + " '" + name + "'" + suggest(name, names()));
}

template <class Base>
std::shared_ptr<Base> Registry<Base>::from_json(const Json& json) {
  if (json.is_string()) return make(json.as_string());
  const Json* config = json.find("config");
  return make(json.at("class_name").as_string(), config && config->is_object() ? *config : Json::object());
}

template <class Base>
std::vector<std::string> Registry<Base>::names() {
  std::vector<std::string> all;
  for (const Entry& entry : entries()) all.insert(all.end(), entry.names.begin(), entry.names.end());
  return all;
}

}  // namespace lamina
