// Keras writes None where an extent is the input's.
#include "lamina/nn/detail/noise_shape.h"

#include "lamina/base/error.h"

namespace lamina::detail {

Shape noise_shape_for(const Shape& x, const Shape& given) {
  if (given.rank() == 0) return x;
  std::vector<int64_t> extents;
  bool fits = given.rank() == x.rank();
  for (int axis = 0; fits && axis < given.rank(); ++axis) {
    extents.push_back(given[axis] == -1 ? x[axis] : given[axis]);
    fits = extents.back() == x[axis] || extents.back() == 1;
  }
  if (!fits)
    throw InvalidArgument("noise_shape " + given.str() + " does not stretch to the input, " + x.str() +
                          ": each extent must be 1, that of the input, or -1 (None)");
  return Shape(extents);
}

Json noise_shape_json(const Shape& given) {
  if (given.rank() == 0) return {};
  Json list = Json::list();
  for (const int64_t extent : given) list.push_back(extent == -1 ? Json() : Json(extent));
  return list;
}

Shape read_noise_shape(ConfigReader& reader) {
  if (reader.json("noise_shape").is_null()) return {};
  const std::vector<int64_t> extents = reader.integers("noise_shape");
  for (const int64_t extent : extents) {
    if (extent != -1 && extent < 1) reader.fail("noise_shape", "extents from 1 or null were expected");
  }
  return Shape(extents);
}

}  // namespace lamina::detail
