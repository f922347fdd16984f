// Reading and writing the elements of tensors in ONNX files.
#include "lamina/formats/onnx/tensor_data.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/ops/cast.h"

namespace lamina::onnx {
namespace {

using lamina_onnx_file::SparseTensorProto;
using lamina_onnx_file::TensorProto;
using enum ElementType;

[[noreturn]] void fail(const TensorProto& proto, const std::string& what) {
  throw InvalidArgument(fmt::format("tensor '{}': {}", printable(proto.name()), what));
}

Shape shape_of(const TensorProto& proto) {
  Shape shape;
  if (proto.dims_size() > Shape::kMaxRank)
    fail(proto, fmt::format("has {} axes, of which there may be {}", proto.dims_size(), Shape::kMaxRank));
  for (const int64_t extent : proto.dims()) {
    if (extent < 0) fail(proto, fmt::format("has the extent {}", extent));
    shape.push_back(extent);
  }
  shape.size();  // throws where 64 bits cannot hold it
  return shape;
}

uint64_t bytes_of(ElementType type, uint64_t elements) {
  const auto each = static_cast<uint64_t>(bits(type));
  return each >= 8 ? elements * (each / 8) : (elements * each + 7) / 8;
}

void require(const TensorProto& proto, uint64_t received, uint64_t expected, const char* what) {
  if (received != expected) fail(proto, fmt::format("expected {} {}, received {}", expected, what, received));
}

template <class From, class To>
std::vector<To> widened(const std::string& bytes) {
  std::vector<To> out(bytes.size() / sizeof(From));
  for (size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
    out[i] = static_cast<To>(value);
  }
  return out;
}

// Codes of less than a byte, the first one in the lowest bits.
std::vector<uint32_t> codes(const std::string& bytes, int width, size_t count) {
  std::vector<uint32_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t bit = i * static_cast<size_t>(width);
    uint32_t window = static_cast<uint8_t>(bytes[bit / 8]);
    if (bit / 8 + 1 < bytes.size()) window |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[bit / 8 + 1])) << 8;
    out[i] = (window >> (bit % 8)) & ((1U << width) - 1);
  }
  return out;
}

Tensor from_codes(const std::vector<uint32_t>& values, ElementType type, const Shape& shape) {
  const int width = bits(type);
  if (is_small_float(type)) {
    std::vector<float> floats;
    floats.reserve(values.size());
    for (const uint32_t code : values) floats.push_back(decode(code, type));
    return Tensor::from(floats, shape);
  }
  if (is_unsigned(type)) return Tensor::from(std::vector<uint8_t>(values.begin(), values.end()), shape);
  std::vector<int8_t> numbers;
  numbers.reserve(values.size());
  for (const uint32_t code : values) {
    const bool negative = (code >> (width - 1)) & 1;
    numbers.push_back(static_cast<int8_t>(static_cast<int>(code) - (negative ? 1 << width : 0)));
  }
  return Tensor::from(numbers, shape);
}

Tensor from_raw(std::string bytes, ElementType type, const Shape& shape) {
  const auto count = static_cast<size_t>(shape.size());
  switch (type) {
    case kUInt16: return Tensor::from(widened<uint16_t, int32_t>(bytes), shape);
    case kUInt32: return Tensor::from(widened<uint32_t, int64_t>(bytes), shape);
    case kBool: {
      std::vector<uint8_t> values(bytes.begin(), bytes.end());
      for (uint8_t& value : values) value = value != 0;
      return Tensor::from_bytes(values.data(), values.size(), DType::kBool, shape);
    }
    default: break;
  }
  if (bits(type) < 8 || is_small_float(type)) return from_codes(codes(bytes, bits(type), count), type, shape);
  const DType dtype = type == kUInt64 ? DType::kInt64 : storage(type);
  constexpr size_t kWorthKeeping = 4096;
  if (bytes.size() < kWorthKeeping) return Tensor::from_bytes(bytes.data(), count, dtype, shape);
  // The bytes that were read stay where they are.
  auto kept = std::make_shared<std::string>(std::move(bytes));
  const void* data = kept->data();
  const TensorType held{dtype, shape};
  return Tensor::wrap(std::make_shared<Buffer>(
                          Device{}, data, held.bytes(), [kept]() mutable { kept.reset(); }, Buffer::Contents::kStay),
                      held);
}

// Elements in the field of their type.
Tensor from_fields(const TensorProto& proto, ElementType type, const Shape& shape) {
  const auto count = static_cast<uint64_t>(shape.size());
  const auto all = [&](const auto& field) {
    require(proto, static_cast<uint64_t>(field.size()), count, "elements");
    return std::vector(field.begin(), field.end());
  };
  const auto small = [&](int each) {  // several codes in an int32
    require(proto, static_cast<uint64_t>(proto.int32_data_size()),
            (count + static_cast<uint64_t>(each) - 1) / static_cast<uint64_t>(each), "packed elements");
    std::string bytes;
    for (const int32_t value : proto.int32_data()) bytes.push_back(static_cast<char>(value));
    return from_raw(std::move(bytes), type, shape);
  };
  switch (type) {
    case kFloat: return Tensor::from(all(proto.float_data()), shape);
    case kDouble: return Tensor::from(all(proto.double_data()), shape);
    case kInt64: return Tensor::from(all(proto.int64_data()), shape);
    case kUInt64:
    case kUInt32: {
      const std::vector<uint64_t> values = all(proto.uint64_data());
      return Tensor::from(std::vector<int64_t>(values.begin(), values.end()), shape);
    }
    case kUInt4:
    case kInt4:
    case kFloat4E2M1: return small(2);
    case kUInt2:
    case kInt2: return small(4);
    default: break;
  }
  const std::vector<int32_t> values = all(proto.int32_data());
  if (type == kFloat16 || type == kBFloat16) {
    const std::vector<uint16_t> halves(values.begin(), values.end());
    return Tensor::from_bytes(halves.data(), halves.size(), storage(type), shape);
  }
  if (is_small_float(type))
    return from_codes(std::vector<uint32_t>(values.begin(), values.end()), type, shape);
  return cast(Tensor::from(values, shape), storage(type)).eval();
}

}  // namespace

std::string ExternalData::read(const TensorProto& proto, uint64_t expected) const {
  std::string location;
  uint64_t offset = 0, length = expected;
  const auto number = [&](const std::string& text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      fail(proto, "its place in an external file is no number: '" + printable(text) + "'");
    return value;
  };
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = number(entry.value());
    if (entry.key() == "length") length = number(entry.value());
  }
  if (length != expected)
    fail(proto, fmt::format("has {} bytes in an external file, and its shape asks for {}", length, expected));
  const std::filesystem::path name(location);
  bool plain = !name.empty() && name.is_relative() && location.find('\0') == std::string::npos;
  for (const auto& part : name) plain = plain && part != "..";
  if (!plain) fail(proto, "its external file '" + printable(location) + "' does not lie in the model's folder");
  if (folder_.empty()) fail(proto, "its data are in another file, '" + printable(location) + "'");
  const std::filesystem::path path = std::filesystem::path(folder_) / name;
  // A link out of the folder is a name that leads out of it.
  std::error_code ignored;
  const auto inside = std::filesystem::weakly_canonical(path, ignored).lexically_relative(
      std::filesystem::weakly_canonical(folder_, ignored));
  if (inside.empty() || *inside.begin() == "..")
    fail(proto, "its external file '" + printable(location) + "' does not lie in the model's folder");
  if (!std::filesystem::is_regular_file(path, ignored))
    throw FileError("tensor '" + printable(proto.name()) + "': its data are in '" + path.string() + "', which is missing");
  const uint64_t size = std::filesystem::file_size(path, ignored);
  if (ignored || offset > size || expected > size - offset) {
    throw FileError(fmt::format("tensor '{}': expected {} bytes at {} of '{}', which has {}", printable(proto.name()),
                                expected, offset, path.string(), size));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(expected, '\0');
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(bytes.data(), static_cast<std::streamsize>(expected)))
    throw FileError("cannot read '" + path.string() + "'");
  return bytes;
}

Value read_tensor(TensorProto& proto, const ExternalData& external) {
  const ElementType type = element_type(proto.data_type());
  const Shape shape = shape_of(proto);
  const auto count = static_cast<uint64_t>(shape.size());
  if (type == kString) {
    require(proto, static_cast<uint64_t>(proto.string_data_size()), count, "strings");
    return Value::of_strings({proto.string_data().begin(), proto.string_data().end()}, shape);
  }
  storage(type);  // throws for complex numbers
  if (count > (uint64_t{1} << 48)) fail(proto, "has " + std::to_string(count) + " elements");
  const uint64_t bytes = bytes_of(type, count);
  if (proto.data_location() == 1) return {from_raw(external.read(proto, bytes), type, shape), type};
  if (proto.has_raw_data()) {
    require(proto, proto.raw_data().size(), bytes, "bytes");
    const std::unique_ptr<std::string> raw(proto.release_raw_data());
    return {from_raw(std::move(*raw), type, shape), type};
  }
  return {from_fields(proto, type, shape), type};
}

Value read_tensor(SparseTensorProto& proto, const ExternalData& external) {
  const Value values = read_tensor(*proto.mutable_values(), external);
  const std::vector<int64_t> indices = integers(read_tensor(*proto.mutable_indices(), external).tensor());
  TensorProto dense;
  *dense.mutable_dims() = proto.dims();
  dense.set_name(proto.values().name());
  const Shape shape = shape_of(dense);
  constexpr int64_t kMost = int64_t{1} << 28;
  if (shape.size() > kMost) fail(dense, "is too large for a sparse tensor: " + shape.str());
  const auto count = static_cast<size_t>(values.tensor().size());
  const auto rank = static_cast<size_t>(shape.rank());
  const bool flat = indices.size() == count;
  if (!flat && indices.size() != count * rank) fail(dense, "its indices do not fit its values");
  std::vector<double> numbers(static_cast<size_t>(shape.size()));
  const std::vector<double> given = doubles(values.tensor());
  for (size_t i = 0; i < count; ++i) {
    int64_t place = flat ? indices[i] : 0;
    for (size_t axis = 0; !flat && axis < rank; ++axis) {
      const int64_t index = indices[i * rank + axis];
      if (index < 0 || index >= shape[static_cast<int>(axis)]) fail(dense, "an index lies outside of it");
      place = place * shape[static_cast<int>(axis)] + index;
    }
    if (place < 0 || place >= shape.size()) fail(dense, "an index lies outside of it");
    numbers[static_cast<size_t>(place)] = given[i];
  }
  return {cast(Tensor::from(numbers, shape), storage(values.type())).eval(), values.type()};
}

namespace {

// What says of which kind a tensor is, before its elements.
TensorProto described(const Value& value, const std::string& name) {
  TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(static_cast<int>(value.type()));
  for (const int64_t extent : value.shape()) proto.add_dims(extent);
  return proto;
}

// Whether tensors have the elements as files have them.
bool lies_as_written(ElementType type) {
  return type != kUInt16 && type != kUInt32 && bits(type) >= 8 && !is_small_float(type);
}

}  // namespace

TensorProto write_tensor(const Value& value, const std::string& name) {
  TensorProto proto = described(value, name);
  if (value.is_strings()) {
    for (const std::string& text : value.strings()) proto.add_string_data(text);
    return proto;
  }
  const ElementType type = value.type();
  const Tensor& x = value.tensor();
  std::string raw;
  if (type == kUInt16 || type == kUInt32) {
    for (const int64_t number : integers(x)) raw.append(reinterpret_cast<const char*>(&number), bits(type) / 8);
  } else if (!lies_as_written(type)) {
    const int width = bits(type);
    std::vector<uint32_t> all;
    if (is_small_float(type)) {
      for (const float number : numbers(x)) all.push_back(encode(number, type));
    } else {
      for (const int64_t number : integers(x)) all.push_back(static_cast<uint32_t>(number) & ((1U << width) - 1));
    }
    raw.assign(bytes_of(type, all.size()), '\0');
    for (size_t i = 0; i < all.size(); ++i) {
      for (int bit = 0; bit < width; ++bit) {
        const size_t place = i * static_cast<size_t>(width) + static_cast<size_t>(bit);
        if ((all[i] >> bit) & 1) raw[place / 8] = static_cast<char>(raw[place / 8] | (1 << (place % 8)));
      }
    }
  } else {
    x.eval();
    const Tensor here = x.to(Device{});
    raw.assign(static_cast<const char*>(here.buffer()->data()), here.type().bytes());
  }
  proto.set_raw_data(std::move(raw));
  return proto;
}

WrittenTensor written_tensor(const Value& value, const std::string& name) {
  constexpr size_t kLarge = 4096;
  if (!value.is_tensor() || !lies_as_written(value.type())) return {write_tensor(value, name), {}};
  const Order order = value.order();
  const Tensor lying = value.in_order(order);
  const TensorType type{lying.dtype(), value.shape()};
  if (type.bytes() < kLarge) return {write_tensor(value, name), {}};
  WrittenTensor written{described(value, name), {}};
  // A value of its own each time: it would keep what was moved.
  written.elements.add(type, [lying, order] { return Value::lying(lying, order).tensor(); });
  return written;
}

}  // namespace lamina::onnx
