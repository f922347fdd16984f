// Tensor: an n-dimensional array whose elements may not have been computed yet.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/device.h"
#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"
#include "lamina/graph/type.h"

namespace lamina {

class Attrs;
class Buffer;
struct Op;
namespace detail {
struct TensorNode;
}

/// A handle to an immutable n-dimensional array. Copies share the array. Operations (lamina/ops/) only record
/// what is to be done; the work happens when a value is looked at (item, to_vector, data) or asked for
/// (eval).
///
/// Several threads may read one computed tensor. A pending one belongs to one thread: eval() it before others
/// see it.
///
/// A default-constructed Tensor is *undefined*: it stands for "no tensor" and has no shape.
class Tensor {
 public:
  Tensor() = default;
  /// A float32 scalar.
  Tensor(float value);
  /// A tensor of `shape` from row-major `values`; throws InvalidArgument when their numbers differ.
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from_bytes(values.data(), values.size(), dtype_of<T>(), shape);
  }
  /// One axis, the values in order.
  template <class T>
  static Tensor from(std::initializer_list<T> values) {
    return from(std::vector<T>(values), Shape{static_cast<int64_t>(values.size())});
  }
  /// Copies `count` elements of `dtype` at `data`; throws InvalidArgument when shape.size() differs from
  /// count.
  static Tensor from_bytes(const void* data, size_t count, DType dtype, const Shape& shape);
  /// Wraps a buffer that holds at least the type's bytes, without a copy.
  static Tensor wrap(std::shared_ptr<Buffer> buffer, const TensorType& type);

  bool defined() const { return node_ != nullptr; }
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int rank() const { return shape().rank(); }
  int64_t size() const { return shape().size(); }
  const Device& device() const;

  /// Computes the elements now if they are pending; returns *this. Throws InvalidArgument for a placeholder
  /// inside compile or grad of which no value exists.
  const Tensor& eval() const;
  /// Whether the elements are in memory already.
  bool computed() const;

  /// The elements in row-major order, converted to T. (std::vector<bool> is not supported: ask for uint8_t.)
  template <class T>
  std::vector<T> to_vector() const {
    std::vector<T> values(static_cast<size_t>(size()));
    read(values.data(), dtype_of<T>());
    return values;
  }
  /// The only element of a one-element tensor, converted to T; throws InvalidArgument when there is more than
  /// one.
  template <class T = float>
  T item() const {
    T value{};
    read_item(&value, dtype_of<T>());
    return value;
  }
  /// The elements in place, for as long as this tensor lives; T must be the dtype, and the device the CPU.
  template <class T>
  const T* data() const {
    return static_cast<const T*>(raw(dtype_of<T>()));
  }

  /// The shared buffer that holds the elements (computed first if pending).
  const std::shared_ptr<Buffer>& buffer() const;

  /// NumPy-style text: values (large tensors abridged), shape and dtype. Computes the tensor.
  std::string str() const;

  // For the engine: the pending node behind this handle.
  explicit Tensor(std::shared_ptr<detail::TensorNode> node) : node_(std::move(node)) {}
  const std::shared_ptr<detail::TensorNode>& node() const { return node_; }

 private:
  void read(void* out, DType dtype) const;
  void read_item(void* out, DType dtype) const;
  const void* raw(DType dtype) const;

  std::shared_ptr<detail::TensorNode> node_;
};

/// Records one application of `op`; checks arguments now (throws InvalidArgument) and computes later.
/// All inputs must be on one device.
std::vector<Tensor> apply(const Op& op, Attrs attrs, std::vector<Tensor> inputs);

/// Computes all of `tensors` in one program.
void eval(std::span<const Tensor> tensors);

/// Makes `device` the place of tensors created by this thread while the returned scope lives.
class DeviceScope {
 public:
  explicit DeviceScope(const Device& device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  Device previous_;
};
/// `auto scope = lamina::device("/GPU:0");` Throws Unsupported when this build or machine has no such device.
[[nodiscard]] DeviceScope device(const std::string& name);
/// The device on which this thread creates tensors; "/CPU:0" unless a scope says otherwise.
const Device& current_device();

}  // namespace lamina
