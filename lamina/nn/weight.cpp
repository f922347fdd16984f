// Reading and overwriting weights.
#include "lamina/nn/weight.h"

#include "lamina/base/error.h"
#include "lamina/nn/detail/storage.h"

namespace lamina {

Tensor Weight::read() const { return detail::own(value); }

void Weight::assign(const Tensor& from) {
  if (!from.defined() || from.shape() != type.shape) {
    throw InvalidArgument("weight '" + path + "': expected shape " + type.shape.str() + ", received " +
                          (from.defined() ? from.shape().str() : std::string("no tensor")));
  }
  if (value.defined()) {
    detail::overwrite(value, from);
  } else {
    value = detail::own(from, type.dtype);
  }
}

}  // namespace lamina
