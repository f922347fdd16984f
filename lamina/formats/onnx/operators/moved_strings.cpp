// Places of strings, and strings by their places.
#include "lamina/formats/onnx/operators/moved_strings.h"

#include <utility>

#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"

namespace lamina::onnx {

Tensor places_of_strings(const Value& x) { return reshape(arange(x.shape().size(), DType::kInt64), x.shape()); }

Value strings_at(const Value& x, const Tensor& places) {
  std::vector<std::string> texts;
  for (const int64_t place : integers(places)) texts.push_back(x.strings().at(static_cast<size_t>(place)));
  return Value::of_strings(std::move(texts), places.shape());
}

}  // namespace lamina::onnx
