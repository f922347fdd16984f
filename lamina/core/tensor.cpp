// Tensor handles: construction, reading, printing.
#include "lamina/core/tensor.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <mutex>

#include "lamina/backend/registry.h"
#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/core/tensor_node.h"

namespace lamina {
namespace {

thread_local Device thread_device;

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Float16> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Float16> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

void convert_elements(const void* from, DType from_dtype, void* to, DType to_dtype, size_t count) {
  if (from_dtype == to_dtype) {
    if (count) std::memcpy(to, from, count * size_of(to_dtype));
    return;
  }
  dispatch(from_dtype, [&](auto from_zero) {
    using From = decltype(from_zero);
    dispatch(to_dtype, [&](auto to_zero) {
      using To = decltype(to_zero);
      const From* source = static_cast<const From*>(from);
      std::transform(source, source + count, static_cast<To*>(to), [](From v) { return convert<To>(v); });
    });
  });
}

}  // namespace

namespace detail {

std::shared_ptr<PendingOp> new_pending_op() {
  return std::allocate_shared<PendingOp>(PoolAllocator<PendingOp>());
}

std::shared_ptr<TensorNode> new_node(const TensorType& type, const Device& device) {
  auto node = std::allocate_shared<TensorNode>(PoolAllocator<TensorNode>());
  node->type = type;
  node->device = device;
  return node;
}

Device usable_device(const std::string& name) {
  const Device wanted = parse_device(name);
  if (wanted.kind != DeviceKind::kGpu || has_backend(wanted.kind)) return wanted;
  static std::once_flag said;
  std::call_once(said, [] { warn("no GPU backend in this build; using the CPU"); });
  return Device{};
}

PendingOp::~PendingOp() {
  // Take over whatever only this op keeps alive, so that releasing a long chain needs no deep recursion.
  Kept<Tensor> doomed = std::move(inputs);
  while (!doomed.empty()) {
    const Tensor last = std::move(doomed.back());
    doomed.pop_back();
    if (!last.defined() || last.node().use_count() > 1 || !last.node()->producer) continue;
    PendingOp* producer = last.node()->producer.get();
    if (last.node()->producer.use_count() > 1) continue;
    for (Tensor& input : producer->inputs) doomed.push_back(std::move(input));
    producer->inputs.clear();
  }
}

}  // namespace detail

void detail::throw_ragged(const std::vector<size_t>& place, size_t length, int64_t expected) {
  std::string where;
  for (const size_t index : place) where += "[" + std::to_string(index) + "]";
  throw InvalidArgument("Tensor::from: the list at " + where + " has " + std::to_string(length) +
                        " entries, but the first one of its depth has " + std::to_string(expected) +
                        ": give all lists of one depth the same length");
}

Tensor Tensor::of_integer(int64_t value) {
  if (const auto narrow = static_cast<int32_t>(value); narrow == value)
    return from_bytes(&narrow, 1, DType::kInt32, Shape{});
  return from_bytes(&value, 1, DType::kInt64, Shape{});
}

Tensor Tensor::as_bool() const { return wrap(buffer(), {DType::kBool, shape()}); }

Tensor Tensor::from_bytes(const void* data, size_t count, DType dtype, const Shape& shape) {
  if (std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; })) {
    throw InvalidArgument("a tensor cannot have shape " + shape.str() + ": extents must be 0 or more");
  }
  if (static_cast<int64_t>(count) != shape.size()) {
    throw InvalidArgument("shape " + shape.str() + " has " + std::to_string(shape.size()) +
                          " elements, but " + std::to_string(count) + " values were given");
  }
  const Device device = current_device();
  auto buffer = std::make_shared<Buffer>(device, count * size_of(dtype));
  std::vector<unsigned char> bools;
  if (dtype == DType::kBool) {  // any byte but 0 is true, elsewhere; kernels rely on 1
    const auto* const bytes = static_cast<const unsigned char*>(data);
    std::transform(bytes, bytes + count, std::back_inserter(bools),
                   [](unsigned char byte) { return byte != 0; });
    data = bools.data();
  }
  copy_from_host(*buffer, 0, data, count * size_of(dtype));
  return wrap(std::move(buffer), {dtype, shape});
}

namespace {

void check_data(const char* function, const void* data, const TensorType& type) {
  if (std::any_of(type.shape.begin(), type.shape.end(), [](int64_t extent) { return extent < 0; }))
    throw InvalidArgument(std::string(function) + ": a tensor cannot have shape " + type.shape.str() +
                          ": extents must be 0 or more");
  if (!data && type.shape.size() > 0)
    throw InvalidArgument(std::string(function) + ": the pointer to the elements of " + type.str() +
                          " is null");
}

// Appends the elements from `axis` on, row by row.
void gather_strided(const char* from, const Shape& shape, const std::vector<int64_t>& strides, size_t size,
                    int axis, char*& to) {
  if (axis == shape.rank()) {
    std::memcpy(to, from, size);
    to += size;
    return;
  }
  for (int64_t i = 0; i < shape[axis]; ++i)
    gather_strided(from + i * strides[static_cast<size_t>(axis)], shape, strides, size, axis + 1, to);
}

}  // namespace

Tensor Tensor::from_strided(const void* data, DType dtype, const Shape& shape,
                            const std::vector<int64_t>& byte_strides) {
  const TensorType type{dtype, shape};
  check_data("Tensor::from", data, type);
  const auto count = static_cast<size_t>(shape.size());
  if (byte_strides.empty()) return from_bytes(data, count, dtype, shape);
  if (byte_strides.size() != static_cast<size_t>(shape.rank())) {
    throw InvalidArgument("Tensor::from: " + std::to_string(byte_strides.size()) +
                          " strides were given for shape " + shape.str() + ": one for each axis is needed");
  }
  std::vector<char> dense(type.bytes());
  char* to = dense.data();
  if (count > 0) gather_strided(static_cast<const char*>(data), shape, byte_strides, size_of(dtype), 0, to);
  return from_bytes(dense.data(), count, dtype, shape);
}

Tensor Tensor::view(const void* data, const TensorType& type, std::function<void()> deleter) {
  check_data("Tensor::view", data, type);
  if (reinterpret_cast<uintptr_t>(data) % size_of(type.dtype) != 0) {
    throw InvalidArgument("Tensor::view: the elements of " + type.str() + " must lie at a multiple of " +
                          std::to_string(size_of(type.dtype)) + " bytes; Tensor::from copies them");
  }
  if (type.dtype == DType::kBool) {
    const auto* const bytes = static_cast<const unsigned char*>(data);
    const auto* const odd =
        std::find_if(bytes, bytes + type.bytes(), [](unsigned char byte) { return byte > 1; });
    if (odd != bytes + type.bytes()) {
      throw InvalidArgument("Tensor::view: element " + std::to_string(odd - bytes) + " of " + type.str() +
                            " is the byte " + std::to_string(*odd) +
                            "; a bool is 0 or 1: view bytes as uint8 and compare them with 0");
    }
  }
  return wrap(std::make_shared<Buffer>(Device(), data, type.bytes(), std::move(deleter)), type);
}

Tensor Tensor::wrap(std::shared_ptr<Buffer> buffer, const TensorType& type) {
  if (buffer->bytes() < type.bytes()) {
    throw InvalidArgument(type.str() + " needs " + std::to_string(type.bytes()) +
                          " bytes, but the buffer has " + std::to_string(buffer->bytes()));
  }
  auto node = detail::new_node(type, buffer->device());
  node->buffer = std::move(buffer);
  return Tensor(std::move(node));
}

const TensorType& Tensor::type() const {
  if (!node_) throw InvalidArgument("this tensor is undefined: it has no shape, dtype or value");
  return node_->type;
}

const Device& Tensor::device() const {
  type();
  return node_->device;
}

const Tensor& Tensor::eval() const {
  type();
  if (!node_->buffer) lamina::eval({this, 1});
  return *this;
}

bool Tensor::computed() const { return node_ && node_->buffer; }

const std::shared_ptr<Buffer>& Tensor::buffer() const { return eval().node_->buffer; }

void Tensor::read(void* out, DType wanted) const {
  const std::shared_ptr<Buffer>& source = buffer();
  const auto count = static_cast<size_t>(size());
  if (source->host_accessible()) return convert_elements(source->data(), dtype(), out, wanted, count);
  std::vector<char> host(type().bytes());
  copy_to_host(host.data(), *source, 0, host.size());
  convert_elements(host.data(), dtype(), out, wanted, count);
}

void Tensor::read_item(void* out, DType wanted) const {
  if (size() != 1) {
    throw InvalidArgument("item() wants a tensor with one element; this one is " + type().str());
  }
  read(out, wanted);
}

const void* Tensor::raw(DType wanted) const {
  if (wanted != dtype()) {
    throw InvalidArgument(std::string("data() of a ") + lamina::name(dtype()) + " tensor was asked for as " +
                          lamina::name(wanted));
  }
  const std::shared_ptr<Buffer>& elements = buffer();
  if (!elements->host_accessible()) {
    throw InvalidArgument("data() reads host memory; this tensor is on " + device().str() +
                          ": use to(\"/CPU:0\") or to_vector()");
  }
  return elements->data();
}

DeviceScope::DeviceScope(const Device& device) : previous_(thread_device) {
  backend(device);  // throws when there is none
  thread_device = device;
}
DeviceScope::~DeviceScope() { thread_device = previous_; }
DeviceScope device(const std::string& name) { return DeviceScope(detail::usable_device(name)); }
const Device& current_device() { return thread_device; }

}  // namespace lamina
