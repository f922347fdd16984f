// Exchange of tensors with other libraries in memory, by the DLPack interface (https://dmlc.github.io/dlpack,
// versions up to 1.x). Its structures are declared here as that interface lays them out: cast pointers to and
// from those of dlpack.h.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina::dlpack {

struct Version {
  uint32_t major;
  uint32_t minor;
};

/// type: 1 is the CPU.
struct Device {
  int32_t type;
  int32_t id;
};

/// code: 0 signed integers, 1 unsigned ones, 2 IEEE floats, 4 bfloat16, 6 bool. lanes: 1 for scalars.
struct DataType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};

/// Strides count elements; null strides mean row-major.
struct Array {
  void* data;
  Device device;
  int32_t ndim;
  DataType dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};

/// DLManagedTensor: the form before version 1.0.
struct ManagedTensor {
  Array array;
  void* context;
  void (*deleter)(ManagedTensor* self);
};

/// DLManagedTensorVersioned. flags: bit 0 says that the data must not be written.
struct ManagedTensorVersioned {
  Version version;
  void* context;
  void (*deleter)(ManagedTensorVersioned* self);
  uint64_t flags;
  Array array;
};
inline constexpr uint64_t kReadOnly = 1;

/// Takes `given` over: its deleter is called when no tensor needs the data any more, at the latest when this
/// function throws. Row-major elements on the CPU are not copied and must stay as they are meanwhile; others
/// are copied. Throws Unsupported for other devices, versions and element types, InvalidArgument for what
/// contradicts itself.
Tensor from_dlpack(ManagedTensorVersioned* given);
Tensor from_dlpack(ManagedTensor* given);

/// The elements of `x`, computed first if pending, without a copy; read-only, as every tensor's. The receiver
/// calls the deleter. Throws Unsupported when x is not on the CPU.
ManagedTensorVersioned* to_dlpack(const Tensor& x);
/// The form before version 1.0, which has no flag that forbids writing: the receiver must not write.
ManagedTensor* to_dlpack_unversioned(const Tensor& x);

}  // namespace lamina::dlpack
