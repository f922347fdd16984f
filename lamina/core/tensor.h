// Tensor: an n-dimensional array whose elements may not have been computed yet.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "lamina/base/axes.h"
#include "lamina/base/device.h"
#include "lamina/base/dtype.h"
#include "lamina/base/index_item.h"
#include "lamina/base/shape.h"
#include "lamina/core/nested.h"
#include "lamina/graph/type.h"

namespace lamina {

class Attrs;
class Buffer;
struct Op;
namespace detail {
struct TensorNode;
}

/// keras.ops: `ops::sum(x)`, `ops::any(x)`. Every public op can be called so.
///
/// Those whose names the standard library has for classes (any, greater, greater_equal, less, less_equal,
/// logical_and, logical_not, logical_or) are declared here and not in lamina, so that `using namespace std;`
/// and `using namespace lamina;` go together: `greater<int>()` and `any` are the standard's then. A plain
/// `greater(x, 0)` finds ours by its argument where std is not used as a whole; `x > 0`, `x.any()` and
/// `ops::any(x)` work everywhere.
namespace ops {
using namespace lamina;
/// As a base class it makes calls with tensors look into this namespace.
struct FoundByArguments {};
}  // namespace ops

/// A handle to an immutable n-dimensional array. Copies share the array. Operations (lamina/ops/) only record
/// what is to be done; the work happens when a value is looked at (item, to_vector, data) or asked for
/// (eval).
///
/// Several threads may read one computed tensor. A pending one belongs to one thread: eval() it before others
/// see it.
///
/// Operators (+ - * / == != < <= > >= && || ! and += ...) work element by element and give tensors; ==
/// therefore does not compare handles, and && and || evaluate both sides.
///
/// A default-constructed Tensor is *undefined*: it stands for "no tensor" and has no shape.
class Tensor : ops::FoundByArguments {
 public:
  Tensor() = default;
  /// A scalar: bool for bool, float32 for float and double, int32 for integers, or int64 for those beyond its
  /// range. Throws InvalidArgument for one beyond 63 bits.
  template <class T>
  requires std::is_arithmetic_v<T> Tensor(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      *this = from_bytes(&value, 1, DType::kBool, Shape{});
    } else if constexpr (std::is_floating_point_v<T>) {
      const auto number = static_cast<float>(value);
      *this = from_bytes(&number, 1, DType::kFloat32, Shape{});
    } else {
      *this = of_integer(detail::checked_extent(value));
    }
  }

  /// A tensor of `shape` from row-major `values`; throws InvalidArgument when their numbers differ. Elements
  /// of another type than dtype_of() knows do not compile.
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    if constexpr (std::is_same_v<T, bool>) {
      return from(std::vector<uint8_t>(values.begin(), values.end()), shape).as_bool();
    } else {
      return from_bytes(values.data(), values.size(), dtype_of<T>(), shape);
    }
  }
  template <class T, size_t extent>
  static Tensor from(std::span<T, extent> values, const Shape& shape) {
    return from_bytes(values.data(), values.size(), dtype_of<T>(), shape);
  }
  template <class T, size_t n>
  static Tensor from(const std::array<T, n>& values, const Shape& shape) {
    return from_bytes(values.data(), n, dtype_of<T>(), shape);
  }
  /// The elements at `data` (a pointer to them), row-major, or with so many bytes from one element to the
  /// next along each axis (0 and negative ones too, as NumPy's). Throws InvalidArgument for a null pointer to
  /// elements, and when the strides are not one for each axis.
  template <class P>
  requires std::is_pointer_v<P>
  static Tensor from(P data, const Shape& shape, const std::vector<int64_t>& byte_strides = {}) {
    return from_strided(data, dtype_of<std::remove_pointer_t<P>>(), shape, byte_strides);
  }
  /// From lists, each depth one axis: `from({1, 2})`, `from<float>({{1, 2}, {3, 4}})`, a vector of vectors.
  /// Throws InvalidArgument for ragged lists, naming the place.
  template <detail::List L>
  static Tensor from(const L& values) {
    using Element = typename detail::Nesting<L>::Element;
    Shape shape;
    detail::shape_of_list(values, shape);
    detail::Collected<Element> elements;
    elements.reserve(static_cast<size_t>(shape.size()));
    std::vector<size_t> place;
    detail::collect(values, shape, place, elements);
    return from_bytes(elements.data(), elements.size(), dtype_of<Element>(), shape);
  }
  template <class T>
  static Tensor from(std::initializer_list<T> values) {
    return from<std::initializer_list<T>>(values);
  }
  template <class T>
  static Tensor from(std::initializer_list<std::initializer_list<T>> values) {
    if (values.size() == 0) return from(std::initializer_list<T>());  // {} has no depth
    return from<std::initializer_list<std::initializer_list<T>>>(values);
  }
  template <class T>
  static Tensor from(std::initializer_list<std::initializer_list<std::initializer_list<T>>> values) {
    if (values.size() == 0) return from(std::initializer_list<T>());  // {} has no depth
    return from<std::initializer_list<std::initializer_list<std::initializer_list<T>>>>(values);
  }
  template <class T>
  static Tensor from(
      std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>> values) {
    if (values.size() == 0) return from(std::initializer_list<T>());  // {} has no depth
    return from<
        std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>>>(
        values);
  }
  template <class T>
  static Tensor from(
      std::initializer_list<
          std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>>>
          values) {
    if (values.size() == 0) return from(std::initializer_list<T>());  // {} has no depth
    return from<std::initializer_list<
        std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>>>>(
        values);
  }
  template <class T>
  static Tensor from(
      std::initializer_list<std::initializer_list<
          std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>>>>
          values) {
    if (values.size() == 0) return from(std::initializer_list<T>());  // {} has no depth
    return from<std::initializer_list<std::initializer_list<
        std::initializer_list<std::initializer_list<std::initializer_list<std::initializer_list<T>>>>>>>(
        values);
  }
  /// Copies `count` elements of `dtype` at `data`; throws InvalidArgument when shape.size() differs from
  /// count.
  static Tensor from_bytes(const void* data, size_t count, DType dtype, const Shape& shape);
  /// Copies the elements of `dtype` at `data`, as the pointer overload of from() does.
  static Tensor from_strided(const void* data, DType dtype, const Shape& shape,
                             const std::vector<int64_t>& byte_strides);
  /// The row-major elements at `data` on the CPU, without a copy: they must stay as they are until `deleter`
  /// is called, when no tensor needs them any more, by whichever thread that is; it must not throw. Throws
  /// InvalidArgument, and does not call `deleter`, for a null pointer to elements or one that their type's
  /// alignment does not allow, and for bools that are neither 0 nor 1.
  static Tensor view(const void* data, const TensorType& type, std::function<void()> deleter = {});
  /// Wraps a buffer that holds at least the type's bytes, without a copy.
  static Tensor wrap(std::shared_ptr<Buffer> buffer, const TensorType& type);

  bool defined() const { return node_ != nullptr; }
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int rank() const { return shape().rank(); }
  int64_t size() const { return shape().size(); }
  const Device& device() const;

  /// The same elements on another device: this tensor where it is there already, else a copy, computed now.
  /// Gradients pass through it. Throws Unsupported when there is no such device, InvalidArgument for a tensor
  /// inside compile, cond, while_loop or scan, which has no elements there.
  Tensor to(const Device& device) const;
  /// By the device's name, as lamina::device() takes it: `x.to("/GPU:0")`.
  Tensor to(const std::string& device) const;

  /// Computes the elements now if they are pending; returns *this. Throws InvalidArgument for a placeholder
  /// inside compile or grad of which no value exists.
  const Tensor& eval() const;
  /// Whether the elements are in memory already.
  bool computed() const;

  /// The elements in row-major order, converted to T. (std::vector<bool> is not supported: ask for uint8_t.)
  template <class T>
  std::vector<T> to_vector() const {
    eval();
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
  /// The elements in place, for as long as this tensor lives; T must be the dtype, and the device the CPU:
  /// `x.to("/CPU:0")` is there. Throws InvalidArgument otherwise.
  template <class T>
  const T* data() const {
    return static_cast<const T*>(raw(dtype_of<T>()));
  }

  /// The shared buffer that holds the elements (computed first if pending).
  const std::shared_ptr<Buffer>& buffer() const;

  /// NumPy-style text: values (large tensors abridged), shape and dtype. Computes the tensor.
  std::string str() const;

  /// NumPy's basic indexing, as index() in lamina/ops/slice.h: `x[0]`, `x[-1]`, `x[Slice{1, 3}]`,
  /// `x[{0, Slice{1, -1}, ellipsis, newaxis}]`.
  Tensor operator[](const IndexItem& item) const;
  Tensor operator[](std::initializer_list<IndexItem> items) const;

  /// This handle refers to the result from then on; other handles to the old value, also copies, keep it. The
  /// dtype is the result's: integers plus 0.5 are floats afterwards.
  Tensor& operator+=(const Tensor& b);
  Tensor& operator-=(const Tensor& b);
  Tensor& operator*=(const Tensor& b);
  Tensor& operator/=(const Tensor& b);
  Tensor& operator+=(double b);
  Tensor& operator-=(double b);
  Tensor& operator*=(double b);
  Tensor& operator/=(double b);

  /// The functions of the same names (lamina/ops/).
  Tensor sum(const Axes& axes = {}, bool keepdims = false) const;
  Tensor mean(const Axes& axes = {}, bool keepdims = false) const;
  Tensor max(const Axes& axes = {}, bool keepdims = false) const;
  Tensor min(const Axes& axes = {}, bool keepdims = false) const;
  Tensor prod(const Axes& axes = {}, bool keepdims = false) const;
  Tensor any(const Axes& axes = {}, bool keepdims = false) const;
  Tensor all(const Axes& axes = {}, bool keepdims = false) const;
  Tensor argmax(std::optional<int> axis = std::nullopt, bool keepdims = false) const;
  Tensor argmin(std::optional<int> axis = std::nullopt, bool keepdims = false) const;
  Tensor reshape(const Shape& new_shape) const;
  Tensor squeeze(const Axes& axes = {}) const;
  Tensor transpose(const std::vector<int>& perm = {}) const;
  /// cast(x, dtype)
  Tensor astype(DType dtype) const;

  // For the engine: the pending node behind this handle.
  explicit Tensor(std::shared_ptr<detail::TensorNode> node) : node_(std::move(node)) {}
  const std::shared_ptr<detail::TensorNode>& node() const { return node_; }

 private:
  static Tensor of_integer(int64_t value);
  Tensor as_bool() const;  // of uint8 that are 0 or 1
  void read(void* out, DType dtype) const;
  void read_item(void* out, DType dtype) const;
  const void* raw(DType dtype) const;

  std::shared_ptr<detail::TensorNode> node_;
};

/// Writes str(), or "undefined". Computes the tensor.
std::ostream& operator<<(std::ostream& out, const Tensor& x);

/// Records one application of `op`; checks arguments now (throws InvalidArgument) and computes later.
/// All inputs must be on one device: Tensor::to copies. Pending constants (full, arange) are made there.
std::vector<Tensor> apply(const Op& op, Attrs attrs, std::vector<Tensor> inputs);

/// Computes all of `tensors`, those of each device in one program.
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
/// `device("/GPU:0")`, "cpu", "cuda:1": builds without GPUs take the CPU and say so once; else Unsupported.
[[nodiscard]] DeviceScope device(const std::string& name);
/// The device on which this thread creates tensors; "/CPU:0" unless a scope says otherwise.
const Device& current_device();

}  // namespace lamina
