// Checks of what comes in, and owners of what goes out.
#include "lamina/core/dlpack.h"

#include <array>
#include <memory>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"

namespace lamina::dlpack {
namespace {

constexpr int32_t kCpu = 1;
constexpr uint32_t kMajor = 1;
constexpr uint32_t kMinor = 0;
constexpr uint8_t kCodeInt = 0, kCodeUInt = 1, kCodeFloat = 2, kCodeBFloat = 4, kCodeBool = 6;

DataType type_of(DType dtype) {
  const auto bits = static_cast<uint8_t>(8 * size_of(dtype));
  if (dtype == DType::kBool) return {kCodeBool, bits, 1};
  if (dtype == DType::kUInt8) return {kCodeUInt, bits, 1};
  if (dtype == DType::kBFloat16) return {kCodeBFloat, bits, 1};
  return {is_floating(dtype) ? kCodeFloat : kCodeInt, bits, 1};
}

constexpr std::array kDTypes = {DType::kBool,    DType::kInt8,   DType::kInt16,   DType::kInt32,
                                DType::kInt64,   DType::kUInt8,  DType::kFloat16, DType::kBFloat16,
                                DType::kFloat32, DType::kFloat64};

DType dtype_of_type(const DataType& type) {
  for (const DType dtype : kDTypes) {
    const DataType known = type_of(dtype);
    if (known.code == type.code && known.bits == type.bits && type.lanes == 1) return dtype;
  }
  throw Unsupported("from_dlpack: no dtype has the type code " + std::to_string(type.code) + " with " +
                    std::to_string(type.bits) + " bits and " + std::to_string(type.lanes) +
                    " lanes: convert the array where it comes from");
}

TensorType checked_type(const Array& array) {
  if (array.device.type != kCpu) {
    throw Unsupported("from_dlpack: the array is on a device of type " + std::to_string(array.device.type) +
                      ", but only CPU memory (1) can be taken: copy it to the CPU first");
  }
  if (array.ndim < 0 || array.ndim > Shape::kMaxRank) {
    throw InvalidArgument("from_dlpack: the array has " + std::to_string(array.ndim) +
                          " axes, but 0 to 12 are possible");
  }
  if (array.ndim > 0 && !array.shape) throw InvalidArgument("from_dlpack: the array's shape is null");
  TensorType type{dtype_of_type(array.dtype), {}};
  for (int i = 0; i < array.ndim; ++i) {
    if (array.shape[i] < 0)
      throw InvalidArgument("from_dlpack: extent " + std::to_string(array.shape[i]) + " of axis " +
                            std::to_string(i) + " is negative");
    type.shape.push_back(array.shape[i]);
  }
  if (type.shape.size() > 0 && !array.data) throw InvalidArgument("from_dlpack: the array's data is null");
  return type;
}

bool row_major(const Array& array, const Shape& shape) {
  int64_t expected = 1;
  for (int axis = shape.rank() - 1; array.strides && axis >= 0; --axis) {
    if (shape[axis] != 1 && array.strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return true;
}

// `release` frees what `array` belongs to.
Tensor take_over(const Array& array, std::shared_ptr<void> release) {
  const TensorType type = checked_type(array);
  const size_t size = size_of(type.dtype);
  const char* const data = static_cast<const char*>(array.data) + (array.data ? array.byte_offset : 0);
  const bool dense = type.shape.size() == 0 || row_major(array, type.shape);
  if (dense && reinterpret_cast<uintptr_t>(data) % size == 0) {
    return Tensor::view(data, type, [release]() mutable { release.reset(); });
  }
  if (dense) return Tensor::from_strided(data, type.dtype, type.shape, {});
  std::vector<int64_t> strides;
  for (int i = 0; i < array.ndim; ++i) {
    int64_t bytes = 0;
    if (__builtin_mul_overflow(array.strides[i], static_cast<int64_t>(size), &bytes))
      throw InvalidArgument("from_dlpack: stride " + std::to_string(array.strides[i]) + " of axis " +
                            std::to_string(i) + " is too large");
    strides.push_back(bytes);
  }
  return Tensor::from_strided(data, type.dtype, type.shape, strides);
}

template <class Managed>
std::shared_ptr<void> owner_of(Managed* given) {
  return {given, [](void* held) {
            auto* const managed = static_cast<Managed*>(held);
            if (managed->deleter) managed->deleter(managed);
          }};
}

/// What goes out, with all that it points to.
template <class Managed>
struct Outgoing {
  Managed managed{};
  std::shared_ptr<Buffer> buffer;
  std::vector<int64_t> shape, strides;
};

template <class Managed>
Managed* give(const Tensor& x) {
  if (x.device() != lamina::Device{})
    throw Unsupported("to_dlpack: the tensor is on " + x.device().str() +
                      ", but only CPU memory can be given: x.to(\"/CPU:0\")");
  auto out = std::make_unique<Outgoing<Managed>>();
  out->buffer = x.buffer();
  out->shape = x.shape().dims();
  out->strides.resize(out->shape.size());
  int64_t step = 1;
  for (size_t axis = out->shape.size(); x.size() > 0 && axis-- > 0;) {
    out->strides[axis] = step;
    step *= out->shape[axis];
  }
  out->managed.array = {out->buffer->data(), {kCpu, 0},           x.rank(), type_of(x.dtype()),
                        out->shape.data(),   out->strides.data(), 0};
  out->managed.deleter = [](Managed* self) { delete static_cast<Outgoing<Managed>*>(self->context); };
  out->managed.context = out.get();
  return &out.release()->managed;
}

}  // namespace

Tensor from_dlpack(ManagedTensorVersioned* given) {
  if (!given) throw InvalidArgument("from_dlpack: the pointer is null");
  std::shared_ptr<void> owner = owner_of(given);
  if (given->version.major > kMajor) {
    throw Unsupported("from_dlpack: version " + std::to_string(given->version.major) + "." +
                      std::to_string(given->version.minor) + " is newer than 1.x, which is understood here");
  }
  return take_over(given->array, std::move(owner));
}

Tensor from_dlpack(ManagedTensor* given) {
  if (!given) throw InvalidArgument("from_dlpack: the pointer is null");
  return take_over(given->array, owner_of(given));
}

ManagedTensorVersioned* to_dlpack(const Tensor& x) {
  auto* const managed = give<ManagedTensorVersioned>(x);
  managed->version = {kMajor, kMinor};
  managed->flags = kReadOnly;
  return managed;
}

ManagedTensor* to_dlpack_unversioned(const Tensor& x) { return give<ManagedTensor>(x); }

}  // namespace lamina::dlpack
