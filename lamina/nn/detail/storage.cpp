// Copies of tensors, and writes into their buffers.
#include "lamina/nn/detail/storage.h"

#include <cstring>
#include <utility>
#include <vector>

#include "lamina/backend/backend.h"
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

void overwrite(Tensor& to, const Tensor& from) {
  const Tensor source = converted(from, to.dtype());
  const size_t bytes = to.type().bytes();
  if (bytes == 0) return;
  make_exclusive(to);
  Backend& device = backend(to.device());
  if (to.device() == source.device() && to.device().kind == DeviceKind::kCpu) {
    std::memmove(to.buffer()->data(), source.buffer()->data(), bytes);
    return;
  }
  std::vector<char> host(bytes);
  backend(source.device()).copy_to_host(host.data(), source.buffer()->data(), bytes);
  device.copy_from_host(to.buffer()->data(), host.data(), bytes);
}

void clear(Tensor& to) {
  const size_t bytes = to.type().bytes();
  if (bytes == 0) return;
  make_exclusive(to);
  if (to.device().kind == DeviceKind::kCpu) {
    std::memset(to.buffer()->data(), 0, bytes);
    return;
  }
  const std::vector<char> host(bytes, 0);
  backend(to.device()).copy_from_host(to.buffer()->data(), host.data(), bytes);
}

}  // namespace lamina::detail
