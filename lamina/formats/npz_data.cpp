// Labelled data from .npz files: arrays x and y, or one pair for each part.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/data/labelled_data.h"
#include "lamina/formats/npz.h"

namespace lamina {
namespace {

Tensor take(const std::map<std::string, Tensor>& arrays, const std::string& name, const std::string& path) {
  const auto found = arrays.find(name);
  if (found != arrays.end()) return found->second;
  std::string list;
  for (const auto& [known, tensor] : arrays) list += (list.empty() ? "" : ", ") + known;
  throw FileError("'" + path + "' lacks the array '" + name +
                  "'; expected x and y, or x_train, y_train, x_test, " +
                  "y_test; it holds: " + (list.empty() ? "nothing" : list));
}

LabelledData load(const std::string& path, const std::string& split, const DataOptions& options) {
  const std::map<std::string, Tensor> arrays = read_npz(path);
  const bool parts = arrays.contains("x_train") || arrays.contains("x_test");
  if (!parts && !split.empty()) {
    throw FileError("'" + path + "' has no part '" + split + "': expected arrays x_" + split + " and y_" +
                    split);
  }
  const std::string suffix = parts ? "_" + (split.empty() ? options.split : split) : "";
  LabelledData data;
  data.x = take(arrays, "x" + suffix, path);
  data.y = take(arrays, "y" + suffix, path);
  if (!is_integer(data.y.dtype()) || data.y.rank() != 1) return data;

  const std::vector<int64_t> labels = data.y.to_vector<int64_t>();
  int64_t largest = -1;
  constexpr int64_t kMostClasses = 1 << 20;
  for (size_t i = 0; i < labels.size(); ++i) {
    largest = std::max(largest, labels[i]);
    if (labels[i] < 0 || labels[i] >= kMostClasses) {
      throw FileError("'" + path + "': label " + std::to_string(labels[i]) + " of sample " +
                      std::to_string(i) + " is out of range for a class number");
    }
  }
  data.y = Tensor::from(std::vector<int32_t>(labels.begin(), labels.end()), data.y.shape());
  for (int64_t i = 0; i <= largest; ++i) data.class_names.push_back(std::to_string(i));
  if (data.class_names.empty()) data.class_names.push_back("0");
  return data;
}

[[maybe_unused]] const bool kRegistered = register_data_format({".npz", load});

}  // namespace
}  // namespace lamina
