// Reading and comparing golden files.
#include "tests/support/golden.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lamina/base/error.h"
#include "lamina/formats/npz.h"
#include "lamina/nn/detail/keras_additions.h"

namespace lamina::test {
namespace {

// Drops what expect_same_config does not compare.
Json comparable(const Json& json) {
  if (json.is_list()) {
    Json list = Json::list();
    for (const Json& element : json.as_list()) list.push_back(comparable(element));
    return list;
  }
  if (!json.is_object()) return json;
  const Json* class_name = json.find("class_name");
  const std::string of = class_name && class_name->is_string() ? class_name->as_string() : "";
  Json object = Json::object();
  for (const auto& [key, value] : json.as_object()) {
    if (value.is_null() || key == "shared_object_id") continue;
    if (key == "class_name" && value == Json("Orthogonal")) {
      object[key] = "OrthogonalInitializer";  // two names of one class; Keras 3.0 knows this one alone
      continue;
    }
    object[key] = comparable(key == "config" ? detail::without_young_defaults(of, value) : value);
  }
  return detail::without_young_defaults("", object);
}

// The first difference, as a path with both values; empty when there is none.
std::string difference(const Json& actual, const Json& expected, const std::string& path) {
  if (actual.is_number() && expected.is_number()) {
    const double a = actual.as_double(), e = expected.as_double();
    if (a == e || std::abs(a - e) <= 1e-7 * std::abs(e)) return "";
  } else if (actual.is_object() && expected.is_object()) {
    const auto &a = actual.as_object(), &e = expected.as_object();
    for (size_t i = 0; i < std::min(a.size(), e.size()); ++i) {
      if (a[i].first != e[i].first)
        return path + ": member '" + a[i].first + "' stands where '" + e[i].first + "' is expected";
      const std::string inner = difference(a[i].second, e[i].second, path + "." + e[i].first);
      if (!inner.empty()) return inner;
    }
    if (a.size() == e.size()) return "";
    const bool more = a.size() > e.size();
    return path + (more ? ": unexpected member '" : ": missing member '") +
           (more ? a[e.size()] : e[a.size()]).first + "'";
  } else if (actual.is_list() && expected.is_list() && actual.size() == expected.size()) {
    for (size_t i = 0; i < expected.size(); ++i) {
      const std::string inner =
          difference(actual.at(i), expected.at(i), path + "[" + std::to_string(i) + "]");
      if (!inner.empty()) return inner;
    }
    return "";
  } else if (actual == expected) {
    return "";
  }
  return path + ": " + actual.dump() + " instead of " + expected.dump();
}

}  // namespace

std::string golden_path(const std::string& name) {
  const char* elsewhere = std::getenv("LAMINA_GOLDEN");
  return (elsewhere ? std::string(elsewhere) : std::string(LAMINA_SOURCE_DIR) + "/tests/golden") + "/" + name;
}

std::vector<std::string> golden_cases(const std::string& folder, const std::string& extension) {
  std::vector<std::string> names;
  std::error_code missing;  // then there are none, which the tests that count cases report
  for (const auto& entry : std::filesystem::directory_iterator(golden_path(folder), missing)) {
    if (entry.path().extension() == extension) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string golden_text(const std::string& name) {
  std::ifstream file(golden_path(name), std::ios::binary);
  if (!file) throw FileError("cannot read " + golden_path(name));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Golden::Golden(const std::string& name) : name_(name), arrays_(read_npz(golden_path(name + ".npz"))) {}

const Tensor& Golden::at(const std::string& key) const {
  const auto found = arrays_.find(key);
  if (found == arrays_.end()) throw InvalidArgument("golden file " + name_ + " has no array '" + key + "'");
  return found->second;
}

Json Golden::json(const std::string& key) const {
  const std::vector<uint8_t> bytes = at(key).to_vector<uint8_t>();
  return Json::parse(std::string(bytes.begin(), bytes.end()), name_ + ":" + key);
}

std::vector<Tensor> Golden::numbered(const std::string& prefix) const {
  std::vector<Tensor> found;
  while (contains(prefix + "_" + std::to_string(found.size())))
    found.push_back(at(prefix + "_" + std::to_string(found.size())));
  return found;
}

void expect_close(const Tensor& actual, const Tensor& expected, const std::string& what, double tolerance,
                  double scale) {
  ASSERT_TRUE(actual.defined()) << what;
  ASSERT_EQ(actual.type().str(), expected.type().str()) << what;
  const std::vector<double> a = actual.to_vector<double>(), e = expected.to_vector<double>();
  double largest = scale;
  for (double value : e) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  // Where all is 0, so must be what was computed.
  for (size_t i = 0; i < e.size(); ++i) {
    if (std::isnan(e[i]) ? std::isnan(a[i]) : a[i] == e[i]) continue;
    ASSERT_TRUE(std::isfinite(e[i]) && std::abs(a[i] - e[i]) <= tolerance * largest)
        << what << ": element " << i << " of " << e.size() << " is " << a[i] << ", expected " << e[i]
        << " (largest magnitude " << largest << ")";
  }
}

void expect_same_config(const Json& actual, const Json& expected, const std::string& what) {
  const std::string found = difference(comparable(actual), comparable(expected), what);
  EXPECT_EQ(found, "") << "in full: " << actual.dump();
}

void expect_same_object(const Json& actual, const Json& expected, const std::string& what) {
  const auto object = [](const Json& json) {
    return Json::object({{"class_name", json.at("class_name")}, {"config", json.at("config")}});
  };
  expect_same_config(object(actual), object(expected), what);
}

}  // namespace lamina::test
