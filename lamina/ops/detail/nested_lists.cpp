// Integers travel as int64, all else as double: no dtype loses a digit.
#include "lamina/ops/detail/nested_lists.h"

#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {
namespace {

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
void collect(const Json& value, const Shape& shape, int axis, std::vector<T>& out, Read read,
             const std::string& what) {
  if (axis == shape.rank()) {
    out.push_back(read(value));
    return;
  }
  const auto length = value.is_list() ? static_cast<int64_t>(value.size()) : 1;
  if (!value.is_list() || length != shape[axis]) {
    throw InvalidArgument(what + " lists of different lengths, " + std::to_string(length) + " and " +
                          std::to_string(shape[axis]));
  }
  for (const Json& element : value.as_list()) collect(element, shape, axis + 1, out, read, what);
}

}  // namespace

Json nested_lists(const Tensor& value) {
  return is_integer(value.dtype()) ? nested<int64_t>(value, DType::kInt64)
                                   : nested<double>(value, DType::kFloat64);
}

Tensor from_nested_lists(const Json& json, DType dtype, const std::string& what) {
  const Shape shape = shape_of(json);
  if (is_integer(dtype)) {
    std::vector<int64_t> numbers;
    collect(
        json, shape, 0, numbers, [](const Json& one) { return one.as_int(); }, what);
    return cast(Tensor::from(numbers, shape), dtype);
  }
  std::vector<double> numbers;
  collect(
      json, shape, 0, numbers,
      [](const Json& one) { return one.is_bool() ? double(one.as_bool()) : one.as_double(); }, what);
  return cast(Tensor::from(numbers, shape), dtype);
}

}  // namespace lamina::detail
