// Reading what fit learned out of a snapshot, which may hold anything.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/classic/estimator.h"

namespace lamina::classic::detail {

/// The array of that name, of this type and shape (-1: any extent), in a vector. Throws InvalidArgument, also
/// for values that are not finite.
template <class T>
std::vector<T> read_array(const EstimatorSnapshot& snapshot, const std::string& name, const Shape& shape) {
  const auto found = snapshot.arrays.find(name);
  const std::string what = snapshot.class_name + ": the array '" + name + "'";
  if (found == snapshot.arrays.end()) throw InvalidArgument(what + " is missing");
  const Tensor& tensor = found->second;
  bool fits = tensor.dtype() == dtype_of<T>() && tensor.rank() == shape.rank();
  for (int i = 0; fits && i < shape.rank(); ++i) fits = shape[i] < 0 || shape[i] == tensor.shape()[i];
  if (!fits) {
    throw InvalidArgument(what + " must be " + lamina::name(dtype_of<T>()) + shape.str() + ", received " +
                          lamina::name(tensor.dtype()) + tensor.shape().str());
  }
  std::vector<T> values = tensor.to_vector<T>();
  if constexpr (std::is_floating_point_v<T>) {
    for (const T value : values) {
      if (!std::isfinite(value)) throw InvalidArgument(what + " holds a value that is not finite");
    }
  }
  return values;
}

/// The extent of an array's first axis; 0 when there is none of that name.
inline int64_t rows_of_array(const EstimatorSnapshot& snapshot, const std::string& name) {
  const auto found = snapshot.arrays.find(name);
  return found == snapshot.arrays.end() || found->second.rank() == 0 ? 0 : found->second.shape()[0];
}

/// Throws InvalidArgument, "WHERE: NAME must be WHAT, received VALUE".
[[noreturn]] void refuse(const std::string& where, const char* name, const char* what, const Json& value);
/// The same unless `fine`.
void require(bool fine, const std::string& where, const char* name, const char* what, const Json& value);

}  // namespace lamina::classic::detail
