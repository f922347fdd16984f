// Copies of tensors, and writes into their buffers.
#include "lamina/nn/detail/storage.h"

#include <utility>

#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {
namespace {

Tensor converted(const Tensor& from, DType dtype) {
  Tensor result = from.dtype() == dtype ? from : cast(from, dtype);
  result.eval();
  return result;
}

}  // namespace

Tensor own(const Tensor& from) { return own(from, from.dtype()); }

Tensor own(const Tensor& from, DType dtype) {
  const Tensor source = converted(from, dtype);
  auto buffer = std::make_shared<Buffer>(source.device(), source.type().bytes());
  Tensor result = Tensor::wrap(std::move(buffer), source.type());
  overwrite(result, source);
  return result;
}

Tensor own(Tensor&& from, DType dtype) {
  Tensor source = converted(std::exchange(from, Tensor()), dtype);
  make_exclusive(source);
  return source;
}

Tensor own_zeros(const TensorType& type) {
  Tensor result = Tensor::wrap(std::make_shared<Buffer>(current_device(), type.bytes()), type);
  clear(result);
  return result;
}

Device device_of(const std::vector<WeightPtr>& weights) {
  const Weight* first = nullptr;
  for (const WeightPtr& weight : weights) {
    if (!weight->value.defined()) continue;
    if (!first) first = weight.get();
    if (weight->value.device() == first->value.device()) continue;
    throw InvalidArgument("weight '" + first->path + "' is on " + first->value.device().str() + ", but '" +
                          weight->path + "' on " + weight->value.device().str() +
                          ": build all layers of a model in one device scope");
  }
  return first ? first->value.device() : current_device();
}

void overwrite(Tensor& to, const Tensor& from) {
  const Tensor source = converted(from, to.dtype());
  const size_t bytes = to.type().bytes();
  if (bytes == 0) return;
  make_exclusive(to);
  copy(*to.buffer(), *source.buffer(), bytes);
}

void clear(Tensor& to) {
  const size_t bytes = to.type().bytes();
  if (bytes == 0) return;
  make_exclusive(to);
  fill(*to.buffer(), 0, bytes);
}

}  // namespace lamina::detail
