// Sizes of values.
#include "lamina/graph/type.h"

#include <limits>

#include "lamina/base/error.h"

namespace lamina {

size_t TensorType::bytes() const {
  const auto elements = static_cast<size_t>(shape.size());
  if (elements > static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max()) / size_of(dtype)) {
    throw InvalidArgument("a tensor " + str() + " would be larger than any memory");
  }
  return elements * size_of(dtype);
}

}  // namespace lamina
