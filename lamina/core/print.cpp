// Tensor::str(): values in NumPy's manner, large axes abridged.
#include <charconv>
#include <cmath>
#include <ostream>

#include "lamina/core/tensor.h"

namespace lamina {
namespace {

constexpr int64_t kEdge = 3;          // elements shown at each end of an abridged axis
constexpr int64_t kFullLimit = 1000;  // larger tensors are abridged

std::string number(int64_t value, DType dtype) {
  if (dtype == DType::kBool) return value != 0 ? "true" : "false";
  return std::to_string(value);
}

std::string number(double value, DType) {
  if (std::isnan(value)) return "nan";  // whatever its sign
  char buffer[40];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::general, 6);
  std::string text(buffer, result.ptr);
  return text.find_first_of(".ein") == std::string::npos ? text + "." : text;
}

template <class T>
void print_axis(const std::vector<T>& values, const Tensor& tensor, int axis, int64_t offset,
                std::string& out) {
  const Shape& shape = tensor.shape();
  if (axis == shape.rank()) {
    out += number(values[static_cast<size_t>(offset)], tensor.dtype());
    return;
  }
  int64_t stride = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) stride *= shape[i];
  const bool innermost = axis + 1 == shape.rank();
  const std::string separator = innermost ? ", " : ",\n" + std::string(static_cast<size_t>(axis) + 1, ' ');
  const bool abridged = tensor.size() > kFullLimit && shape[axis] > 2 * kEdge;
  out += "[";
  for (int64_t i = 0; i < shape[axis]; ++i) {
    if (i) out += separator;
    if (abridged && i == kEdge) {
      out += "..." + separator;
      i = shape[axis] - kEdge;
    }
    print_axis(values, tensor, axis + 1, offset + i * stride, out);
  }
  out += "]";
}

}  // namespace

std::string Tensor::str() const {
  if (!defined()) return "undefined tensor";
  std::string text;
  if (is_floating(dtype())) {
    print_axis(to_vector<double>(), *this, 0, 0, text);
  } else {
    print_axis(to_vector<int64_t>(), *this, 0, 0, text);
  }
  return text + " " + type().str();
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) {
  return out << (x.defined() ? x.str() : "undefined");
}

}  // namespace lamina
