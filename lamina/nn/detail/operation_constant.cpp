// Tensors with a value to JSON and back.
#include "lamina/nn/detail/operation_constant.h"

#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {
namespace {

// Integers travel as int64, all else as double: no dtype loses a digit.
template <class T>
Json nested(const std::vector<T>& values, const Shape& shape, int axis, size_t& next) {
  if (axis == shape.rank()) return Json(static_cast<T>(values[next++]));
  Json list = Json::list();
  for (int64_t i = 0; i < shape[axis]; ++i) list.push_back(nested(values, shape, axis + 1, next));
  return list;
}

template <class T>
Json nested(const Tensor& value, DType dtype) {
  size_t next = 0;
  return nested(cast(value, dtype).to_vector<T>(), value.shape(), 0, next);
}

Shape shape_of(const Json& value) {
  Shape shape;
  for (const Json* at = &value; at->is_list(); at = &at->at(size_t{0})) {
    shape.push_back(static_cast<int64_t>(at->size()));
    if (at->size() == 0) break;
  }
  return shape;
}

template <class T, class Read>
void collect(const Json& value, const Shape& shape, int axis, std::vector<T>& out, Read read) {
  if (axis == shape.rank()) {
    out.push_back(read(value));
    return;
  }
  if (static_cast<int64_t>(value.size()) != shape[axis]) {
    throw InvalidArgument("a constant of the configuration has lists of different lengths, " +
                          std::to_string(value.size()) + " and " + std::to_string(shape[axis]));
  }
  for (const Json& element : value.as_list()) collect(element, shape, axis + 1, out, read);
}

}  // namespace

Json constant_json(const Tensor& value) {
  Json numbers = is_integer(value.dtype()) ? nested<int64_t>(value, DType::kInt64)
                                           : nested<double>(value, DType::kFloat64);
  return Json::object(
      {{"class_name", "__tensor__"},
       {"config", Json::object({{"value", std::move(numbers)}, {"dtype", name(value.dtype())}})}});
}

Tensor constant_from_json(const Json& json) {
  const Json* class_name = json.is_object() ? json.find("class_name") : nullptr;
  if (!class_name || !class_name->is_string()) return {};
  if (class_name->as_string() != "__tensor__" && class_name->as_string() != "__numpy__") return {};
  const Json& value = json.at("config").at("value");
  const DType dtype = dtype_from_name(json.at("config").at("dtype").as_string());
  const Shape shape = shape_of(value);
  if (is_integer(dtype)) {
    std::vector<int64_t> numbers;
    collect(value, shape, 0, numbers, [](const Json& one) { return one.as_int(); });
    return cast(Tensor::from(numbers, shape), dtype);
  }
  std::vector<double> numbers;
  collect(value, shape, 0, numbers,
          [](const Json& one) { return one.is_bool() ? double(one.as_bool()) : one.as_double(); });
  return cast(Tensor::from(numbers, shape), dtype);
}

}  // namespace lamina::detail
