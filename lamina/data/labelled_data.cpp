// What every source of labelled data has to satisfy, and the one-hot form of labels.
#include "lamina/data/labelled_data.h"

#include <algorithm>
#include <memory>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

// Index of the first number outside of 0..count-1, or the length.
size_t first_outside(const std::vector<int64_t>& numbers, int64_t count) {
  const auto outside = [count](int64_t number) { return number < 0 || number >= count; };
  return static_cast<size_t>(std::find_if(numbers.begin(), numbers.end(), outside) - numbers.begin());
}

}  // namespace

Tensor to_categorical(const Tensor& y, int64_t num_classes) {
  if (!is_integer(y.dtype())) {
    throw InvalidArgument("to_categorical: expected class numbers of an integer dtype, received " +
                          y.type().str());
  }
  const bool column = y.rank() == 2 && y.shape()[1] == 1;
  if (y.rank() != 1 && !column) {
    throw InvalidArgument("to_categorical: expected class numbers of shape (n,), received " + y.type().str());
  }
  if (num_classes < 0) throw InvalidArgument("to_categorical: num_classes must not be negative");
  const std::vector<int64_t> numbers = y.to_vector<int64_t>();
  if (num_classes == 0 && !numbers.empty()) {
    num_classes = std::max<int64_t>(*std::max_element(numbers.begin(), numbers.end()), 0) + 1;
  }
  const size_t wrong = first_outside(numbers, num_classes);
  if (wrong < numbers.size()) {
    throw InvalidArgument("to_categorical: class number " + std::to_string(numbers[wrong]) + " at index " +
                          std::to_string(wrong) + " is out of range 0.." + std::to_string(num_classes - 1));
  }
  const TensorType type{DType::kFloat32, {static_cast<int64_t>(numbers.size()), num_classes}};
  auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
  float* out = static_cast<float*>(buffer->data());
  std::fill_n(out, type.shape.size(), 0.0f);
  for (size_t i = 0; i < numbers.size(); ++i) out[static_cast<int64_t>(i) * num_classes + numbers[i]] = 1.0f;
  return Tensor::wrap(std::move(buffer), type);
}

int64_t LabelledData::samples() const {
  if (!texts.empty()) return static_cast<int64_t>(texts.size());
  if (!columns.empty()) return static_cast<int64_t>(columns[0].size());
  return (inputs.empty() ? x : inputs[0]).shape()[0];
}

Missing DataOptions::missing_way() const {
  return missing.value_or(needs.known.missing.value_or(Missing::kFail));
}

Infinite DataOptions::infinite_way() const {
  return table.infinite.value_or(needs.known.infinite.value_or(Infinite::kTell));
}

namespace detail {

namespace {

// Two arrays with what they are called.
void check_length(const Tensor& x, const std::string& x_name, const Tensor& y, const std::string& y_name,
                  const std::string& source) {
  if (x.rank() < 1 || (y.defined() && y.rank() < 1)) {
    throw FileError("'" + source + "': expected one sample per entry of the first axis, received " + x_name +
                    " " + x.type().str() + (y.defined() ? " and " + y_name + " " + y.type().str() : ""));
  }
  if (y.defined() && x.shape()[0] != y.shape()[0]) {
    throw FileError("'" + source + "': " + x_name + " has " + count_of(x.shape()[0], "sample") + " and " +
                    y_name + " " + count_of(y.shape()[0], y_name == "y" ? "target" : "sample") +
                    "; they must agree");
  }
}

}  // namespace

void check_labelled_data(const LabelledData& data, const std::string& source, bool some_unknown) {
  // Texts count where there are no tensors.
  const bool texts = !data.texts.empty() || !data.columns.empty();
  const Tensor first = texts                 ? zeros({data.samples()}, DType::kUInt8)
                       : data.inputs.empty() ? data.x
                                             : data.inputs[0];
  const std::string first_name = texts ? "the texts" : data.inputs.named() ? data.inputs.names()[0] : "x";
  const auto check_all = [&](const Tensors& tensors) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      const std::string name = tensors.named() ? tensors.names()[i] : std::to_string(i);
      check_length(first, first_name, tensors[i], name, source);
    }
  };
  check_all(data.inputs);
  check_all(data.targets);
  check_length(first, first_name, data.y, "y", source);
  if (data.class_names.empty() || !data.y.defined() || !is_integer(data.y.dtype()) || data.y.rank() != 1)
    return;
  std::vector<int64_t> labels = data.y.to_vector<int64_t>();
  if (some_unknown) std::replace(labels.begin(), labels.end(), int64_t{-1}, int64_t{0});
  const auto count = static_cast<int64_t>(data.class_names.size());
  const size_t wrong = first_outside(labels, count);
  if (wrong < labels.size()) {
    throw FileError("'" + source + "': label " + std::to_string(labels[wrong]) + " of sample " +
                    std::to_string(wrong) + " is out of range 0.." + std::to_string(count - 1));
  }
}

std::vector<std::string> numbered_classes(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

bool are_numbered(const std::vector<std::string>& class_names) {
  return class_names == numbered_classes(static_cast<int64_t>(class_names.size()));
}

bool are_signs(const std::vector<double>& numbers, const DataNeeds& needs) {
  const bool told = needs.target != TargetKind::kUnknown && needs.target != TargetKind::kValues;
  const auto negative = std::count(numbers.begin(), numbers.end(), -1.0);
  const auto positive = std::count(numbers.begin(), numbers.end(), 1.0);
  return needs.learned_from && told && needs.classes <= 2 && negative > 0 && positive > 0 &&
         negative + positive == std::ssize(numbers);
}

bool are_other_numbers(const std::vector<std::string>& class_names) {
  if (class_names.empty() || are_numbered(class_names)) return false;
  return std::all_of(class_names.begin(), class_names.end(), [](const std::string& name) {
    const size_t digits = name.starts_with('-') ? 1 : 0;
    return name.size() > digits && name.find_first_not_of("0123456789", digits) == std::string::npos;
  });
}

std::string quoted_list(const std::vector<std::string>& names, size_t most) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; ++i) {
    const std::string name = names[i].size() > 40 ? names[i].substr(0, 40) + "..." : names[i];
    text += (i > 0 ? ", '" : "'") + name + "'";
  }
  return names.size() > most ? text + ", ..." : text;
}

bool accept_new_classes(const DataNeeds& needs, const std::vector<std::string>& names,
                        const std::string& where) {
  const auto count = static_cast<int64_t>(names.size());
  if (needs.classes == 0 || (needs.learned_from && count <= needs.classes)) return true;
  if (!needs.learned_from && count == needs.classes) {
    warn(where +
         ": the model does not know the names of its classes; they are taken to be numbered in sorted " +
         "order, " + quoted_list(names) + ". If that is wrong, give them in the model's order (--labels)");
    return true;
  }
  const std::string reason =
      where + " holds " + (count == 1 ? "one class, " : "the " + std::to_string(count) + " classes ") +
      quoted_list(names) + "; the model tells " + std::to_string(needs.classes) + " apart" +
      (needs.learned_from ? ""
                          : " and does not know their names: give all of them, in the order of its "
                            "outputs (--labels)");
  if (!needs.target_optional) throw FileError(reason);
  warn("the targets are not used: " + reason);
  return false;
}

}  // namespace detail
}  // namespace lamina
