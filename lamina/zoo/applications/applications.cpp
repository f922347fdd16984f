// Names of networks.
#include "lamina/zoo/applications/applications.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

std::string key_of(const std::string& name) {
  std::string key;
  for (const char c : name) {
    if (c != '-' && c != '_') key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return key;
}

std::map<std::string, Application>& all_applications() {
  static std::map<std::string, Application> all;
  return all;
}

}  // namespace

bool register_application(Application application) {
  return all_applications().emplace(key_of(application.name), std::move(application)).second;
}

const Application& application(const std::string& name) {
  const auto found = all_applications().find(key_of(name));
  if (found != all_applications().end()) return found->second;
  throw InvalidArgument("unknown network '" + name + "'" + suggest(name, application_names()));
}

std::vector<std::string> application_names() {
  std::vector<std::string> names;
  for (const auto& [key, one] : all_applications()) names.push_back(one.name);
  std::sort(names.begin(), names.end());
  return names;
}

Tensor preprocess_input(const Tensor& pictures, Preprocessing preprocessing) {
  const Tensor x = cast(pictures, DType::kFloat32);
  const auto channels = [](float red, float green, float blue) {
    return Tensor::from(std::vector<float>{red, green, blue}, {3});
  };
  switch (preprocessing) {
    case Preprocessing::kNone:
      return x;
    case Preprocessing::kTf:
      return x / 127.5 - 1.0;
    case Preprocessing::kTorch:
      return (x / 255.0 - channels(0.485F, 0.456F, 0.406F)) / channels(0.229F, 0.224F, 0.225F);
    case Preprocessing::kCaffe:
      return flip(x, {-1}) - channels(103.939F, 116.779F, 123.68F);
  }
  return x;
}

}  // namespace lamina
