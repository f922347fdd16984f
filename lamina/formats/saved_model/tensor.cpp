// Constants: raw bytes, or lists of which the last element repeats.
#include "lamina/formats/saved_model/tensor.h"

#include <fmt/format.h>

#include <cstring>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"

namespace lamina::tensorflow {

using lamina_tensorflow_file::TensorProto;
using onnx::ElementType;
using onnx::Value;

ElementType element_type(int number) {
  constexpr ElementType kNone = ElementType::kUndefined;
  constexpr ElementType kTypes[] = {kNone,
                                    ElementType::kFloat,
                                    ElementType::kDouble,
                                    ElementType::kInt32,
                                    ElementType::kUInt8,
                                    ElementType::kInt16,
                                    ElementType::kInt8,
                                    ElementType::kString,
                                    ElementType::kComplex64,
                                    ElementType::kInt64,
                                    ElementType::kBool,
                                    kNone,
                                    kNone,
                                    kNone,
                                    ElementType::kBFloat16,
                                    kNone,
                                    kNone,
                                    ElementType::kUInt16,
                                    ElementType::kComplex128,
                                    ElementType::kFloat16,
                                    kNone,
                                    kNone,
                                    ElementType::kUInt32,
                                    ElementType::kUInt64};
  constexpr int kReference = 100;  // added for references to variables of TensorFlow 1
  if (number > kReference) number -= kReference;
  return number >= 0 && number < static_cast<int>(std::size(kTypes)) ? kTypes[number] : kNone;
}

Shape shape_of(const lamina_tensorflow_file::TensorShapeProto& proto, const std::string& what) {
  if (proto.unknown_rank()) throw InvalidArgument(what + ": how many axes it has is not said");
  if (proto.dim_size() > Shape::kMaxRank) throw InvalidArgument(what + ": it has too many axes");
  Shape shape;
  for (const auto& dim : proto.dim()) shape.push_back(dim.size() < 0 ? -1 : dim.size());
  return shape;
}

namespace {

// The lists of numbers, each with the types that are in it.
template <class F>
void with_list(const TensorProto& tensor, ElementType type, F&& f) {
  switch (type) {
    case ElementType::kFloat:
      return f(tensor.float_val(), float{});
    case ElementType::kDouble:
      return f(tensor.double_val(), double{});
    case ElementType::kInt64:
      return f(tensor.int64_val(), int64_t{});
    case ElementType::kUInt64:
      return f(tensor.uint64_val(), uint64_t{});
    case ElementType::kUInt32:
      return f(tensor.uint32_val(), uint32_t{});
    case ElementType::kBool:
      return f(tensor.bool_val(), bool{});
    case ElementType::kFloat16:
    case ElementType::kBFloat16:
      return f(tensor.half_val(), uint16_t{});
    case ElementType::kInt32:
      return f(tensor.int_val(), int32_t{});
    case ElementType::kUInt16:
      return f(tensor.int_val(), uint16_t{});
    case ElementType::kInt16:
      return f(tensor.int_val(), int16_t{});
    case ElementType::kInt8:
      return f(tensor.int_val(), int8_t{});
    default:
      return f(tensor.int_val(), uint8_t{});
  }
}

// Bytes of elements as a tensor holds them: wider where it has no such type.
Tensor tensor_of(const char* bytes, int64_t count, ElementType type, const Shape& shape) {
  const DType dtype = onnx::storage(type);
  if (type == ElementType::kUInt16 || type == ElementType::kUInt32) {
    std::vector<int64_t> wide(static_cast<size_t>(count));
    for (size_t i = 0; i < wide.size(); ++i) {
      uint32_t value = 0;
      const size_t size = type == ElementType::kUInt16 ? 2 : 4;
      std::memcpy(&value, bytes + i * size, size);
      wide[i] = value;
    }
    const Tensor values = Tensor::from(wide, shape);
    return cast(values, dtype);
  }
  if (type == ElementType::kBool) {
    std::vector<int64_t> values(bytes, bytes + count);
    return cast(Tensor::from(values, shape), DType::kBool);
  }
  return Tensor::from_bytes(bytes, static_cast<size_t>(count), dtype, shape);
}

size_t size_of_element(ElementType type) { return static_cast<size_t>(onnx::bits(type)) / 8; }

}  // namespace

Value read_constant(const TensorProto& tensor, const std::string& what) {
  const ElementType type = element_type(tensor.dtype());
  const Shape shape = shape_of(tensor.tensor_shape(), what);
  int64_t count = 1;
  for (const int64_t extent : shape) {
    constexpr int64_t kMost = int64_t{1} << 32;
    if (extent < 0 || (extent > 0 && count > kMost / extent))
      throw InvalidArgument(what + ": its shape " + shape.str() + " cannot be");
    count *= extent;
  }
  if (type == ElementType::kString) {
    std::vector<std::string> texts;
    constexpr int64_t kMostTexts = 1 << 24;
    if (count > kMostTexts || (tensor.string_val_size() != 1 && tensor.string_val_size() != count))
      throw InvalidArgument(what + ": its texts do not fit its shape " + shape.str());
    for (int64_t i = 0; i < count; ++i)
      texts.push_back(tensor.string_val(tensor.string_val_size() == 1 ? 0 : static_cast<int>(i)));
    return Value::of_strings(std::move(texts), shape);
  }
  if (type == ElementType::kUndefined || type == ElementType::kComplex64 || type == ElementType::kComplex128)
    throw Unsupported(what + ": constants of TensorFlow's type " + std::to_string(tensor.dtype()) +
                      " are not supported");
  const std::string& content = tensor.tensor_content();
  const size_t element = size_of_element(type);
  if (!content.empty()) {
    if (content.size() != static_cast<size_t>(count) * element)
      throw InvalidArgument(fmt::format("{}: it has {} bytes for {} elements", what, content.size(), count));
    return {tensor_of(content.data(), count, type, shape), type};
  }
  Value value;
  with_list(tensor, type, [&](const auto& list, auto zero) {
    using T = decltype(zero);
    if (list.size() > count) throw InvalidArgument(what + ": it has more numbers than elements");
    std::string bytes(static_cast<size_t>(list.size()) * sizeof(T), '\0');
    for (int i = 0; i < list.size(); ++i) {
      const T number = static_cast<T>(list.Get(i));
      std::memcpy(bytes.data() + static_cast<size_t>(i) * sizeof(T), &number, sizeof(T));
    }
    if (list.size() == count) {
      value = Value(tensor_of(bytes.data(), count, type, shape), type);
      return;
    }
    // The last number stands for all that follow; zero where there is none.
    const bool repeats = list.size() == 1 || list.empty();
    constexpr int64_t kMostListed = 1 << 24;
    if (!repeats && count > kMostListed) throw InvalidArgument(what + ": it has too few numbers");
    if (repeats) {
      if (bytes.empty()) bytes.assign(sizeof(T), '\0');
      const Tensor one = tensor_of(bytes.data(), 1, type, {});
      value = Value(lamina::broadcast_to(one, shape), type);
      return;
    }
    const std::string last = bytes.substr(bytes.size() - sizeof(T));
    while (bytes.size() < static_cast<size_t>(count) * sizeof(T)) bytes += last;
    value = Value(tensor_of(bytes.data(), count, type, shape), type);
  });
  return value;
}

}  // namespace lamina::tensorflow
