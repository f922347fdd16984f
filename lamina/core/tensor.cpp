// Tensor handles: construction, reading, printing.
#include "lamina/core/tensor.h"

#include <algorithm>
#include <cstring>

#include "lamina/base/error.h"
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

PendingOp::~PendingOp() {
  // Take over whatever only this op keeps alive, so that releasing a long chain needs no deep recursion.
  std::vector<Tensor> doomed = std::move(inputs);
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

Tensor::Tensor(float value) : Tensor(from_bytes(&value, 1, DType::kFloat32, Shape{})) {}

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
  backend(device).copy_from_host(buffer->data(), data, count * size_of(dtype));
  return wrap(std::move(buffer), {dtype, shape});
}

Tensor Tensor::wrap(std::shared_ptr<Buffer> buffer, const TensorType& type) {
  if (buffer->bytes() < type.bytes()) {
    throw InvalidArgument(type.str() + " needs " + std::to_string(type.bytes()) +
                          " bytes, but the buffer has " + std::to_string(buffer->bytes()));
  }
  auto node = std::make_shared<detail::TensorNode>();
  node->type = type;
  node->device = buffer->device();
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
  const auto& source = buffer();
  const size_t count = static_cast<size_t>(size());
  Backend& owner = backend(device());
  owner.synchronize();
  if (device().kind == DeviceKind::kCpu) {
    convert_elements(source->data(), dtype(), out, wanted, count);
    return;
  }
  std::vector<char> host(type().bytes());
  owner.copy_to_host(host.data(), source->data(), host.size());
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
  if (device().kind != DeviceKind::kCpu) {
    throw InvalidArgument("data() reads host memory; this tensor is on " + device().str() +
                          ": use to_vector()");
  }
  return buffer()->data();
}

DeviceScope::DeviceScope(const Device& device) : previous_(thread_device) {
  backend(device);  // throws when there is none
  thread_device = device;
}
DeviceScope::~DeviceScope() { thread_device = previous_; }
DeviceScope device(const std::string& name) { return DeviceScope(parse_device(name)); }
const Device& current_device() { return thread_device; }

}  // namespace lamina
