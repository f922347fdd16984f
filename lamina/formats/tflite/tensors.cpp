// Constants of TFLite files as values.
#include "lamina/formats/tflite/tensors.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/tensor_data.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"

namespace lamina::tflite {

using onnx::ElementType;
using onnx::Value;

namespace {

// By the format's number.
constexpr std::array kTypes{
    ElementType::kFloat,     ElementType::kFloat16,      ElementType::kInt32,     ElementType::kUInt8,
    ElementType::kInt64,     ElementType::kString,       ElementType::kBool,      ElementType::kInt16,
    ElementType::kComplex64, ElementType::kInt8,         ElementType::kDouble,    ElementType::kComplex128,
    ElementType::kUInt64,    ElementType::kUndefined,    ElementType::kUndefined, ElementType::kUInt32,
    ElementType::kUInt16,    ElementType::kInt4,         ElementType::kBFloat16,  ElementType::kInt2,
    ElementType::kUInt4,     ElementType::kFloat8E4M3FN, ElementType::kFloat8E5M2};
constexpr int8_t kResource = 13, kVariant = 14;

// How many strings, where each begins, and where the last one ends; then their bytes.
Value strings_of(std::string_view data, const Shape& shape) {
  const auto number = [&](size_t at) {
    uint32_t value = 0;
    if (at * 4 + 4 > data.size()) throw InvalidArgument("its strings are cut off");
    std::memcpy(&value, data.data() + at * 4, 4);
    return static_cast<size_t>(value);
  };
  const size_t count = number(0);
  if (count != static_cast<size_t>(shape.size()))
    throw InvalidArgument("it has another number of strings than its shape says");
  std::vector<std::string> strings;
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = number(1 + i), end = number(2 + i);
    if (begin > end || end > data.size()) throw InvalidArgument("its strings are damaged");
    strings.emplace_back(data.substr(begin, end - begin));
  }
  return Value::of_strings(std::move(strings), shape);
}

std::vector<int64_t> numbers_of(fb::Indices kind, const void* list) {
  std::vector<int64_t> result;
  const auto take = [&](const auto* values) {
    if (values) result.assign(values->begin(), values->end());
  };
  if (!list) return result;
  if (kind == fb::Indices_Ints) take(static_cast<const fb::Ints*>(list)->values());
  if (kind == fb::Indices_Shorts) take(static_cast<const fb::Shorts*>(list)->values());
  if (kind == fb::Indices_Bytes) take(static_cast<const fb::Bytes*>(list)->values());
  return result;
}

// The places of stored elements in the dense tensor, in the order in which they are stored.
class SparseWalk {
 public:
  SparseWalk(const fb::Sparsity& sparsity, const Shape& shape) : shape_(shape) {
    const auto list = [](const flatbuffers::Vector<int32_t>* values) {
      return values ? std::vector<int64_t>(values->begin(), values->end()) : std::vector<int64_t>();
    };
    order_ = list(sparsity.traversal_order());
    blocks_ = list(sparsity.block_map());
    const size_t levels = sparsity.axes() ? sparsity.axes()->size() : 0;
    std::vector<bool> seen(levels, false);
    bool fits = order_.size() == levels && levels == static_cast<size_t>(shape.rank()) + blocks_.size() &&
                levels <= 16;
    for (const int64_t axis : order_) {
      fits = fits && axis >= 0 && axis < static_cast<int64_t>(levels) && !seen[static_cast<size_t>(axis)];
      if (fits) seen[static_cast<size_t>(axis)] = true;
    }
    for (const int64_t axis : blocks_) fits = fits && axis >= 0 && axis < shape.rank();
    if (!fits) throw InvalidArgument("its sparse axes do not fit its shape");
    for (size_t level = 0; level < levels; ++level) {
      const fb::SparseAxis& axis = *sparsity.axes()->Get(static_cast<uint32_t>(level));
      levels_.push_back({axis.format() == 0, axis.dense_size(),
                         numbers_of(axis.segments_type(), axis.segments()),
                         numbers_of(axis.indices_type(), axis.indices())});
      if (levels_.back().dense && axis.dense_size() < 1) throw InvalidArgument("a sparse axis has no extent");
    }
    // Extents of blocks: of the level that stands for each.
    block_sizes_.assign(blocks_.size(), 1);
    for (size_t level = 0; level < levels; ++level) {
      if (order_[level] >= shape.rank())
        block_sizes_[static_cast<size_t>(order_[level] - shape.rank())] = levels_[level].extent;
    }
    // Dense levels are walked whole: they must be what the shape says.
    for (size_t level = 0; level < levels; ++level) {
      if (order_[level] >= shape.rank() || !levels_[level].dense) continue;
      int64_t whole = levels_[level].extent;
      for (size_t b = 0; b < blocks_.size(); ++b) {
        if (blocks_[b] == order_[level] && __builtin_mul_overflow(whole, block_sizes_[b], &whole))
          throw InvalidArgument("its sparse axes do not fit its shape");
      }
      if (whole != shape[static_cast<int>(order_[level])])
        throw InvalidArgument("its sparse axes do not fit its shape");
    }
    for (size_t b = 0; b < blocks_.size(); ++b) {
      if (block_sizes_[b] > shape[static_cast<int>(blocks_[b])])
        throw InvalidArgument("its sparse axes do not fit its shape");
    }
    place_.assign(levels, 0);
  }

  std::vector<int64_t> places() {
    if (shape_.size() > 0) walk(0, 0);
    return std::move(places_);
  }

 private:
  struct Level {
    bool dense;
    int64_t extent;
    std::vector<int64_t> segments, indices;
  };

  void walk(size_t level, int64_t parent) {
    if (level == levels_.size()) {
      if (places_.size() >= static_cast<size_t>(shape_.size()))
        throw InvalidArgument("it stores more than it has");
      places_.push_back(flat());
      return;
    }
    const Level& at = levels_[level];
    const auto axis = static_cast<size_t>(order_[level]);
    if (at.dense) {
      for (int64_t i = 0; i < at.extent; ++i) {
        place_[axis] = i;
        walk(level + 1, parent * at.extent + i);
      }
      return;
    }
    const auto row = static_cast<size_t>(parent);
    if (row + 1 >= at.segments.size()) throw InvalidArgument("its sparse rows are cut off");
    const int64_t begin = at.segments[row], end = at.segments[row + 1];
    if (begin < 0 || end < begin || end > static_cast<int64_t>(at.indices.size()))
      throw InvalidArgument("its sparse rows are damaged");
    for (int64_t i = begin; i < end; ++i) {
      place_[axis] = at.indices[static_cast<size_t>(i)];
      walk(level + 1, i);
    }
  }

  int64_t flat() const {
    std::vector<int64_t> whole(place_.begin(), place_.begin() + shape_.rank());
    for (size_t b = 0; b < blocks_.size(); ++b) {
      int64_t& each = whole[static_cast<size_t>(blocks_[b])];
      each = each * block_sizes_[b] + place_[static_cast<size_t>(shape_.rank()) + b];
    }
    int64_t result = 0;
    for (int axis = 0; axis < shape_.rank(); ++axis) {
      const int64_t each = whole[static_cast<size_t>(axis)];
      if (each < 0 || each >= shape_[axis])
        throw InvalidArgument("a sparse element lies outside of its shape");
      result = result * shape_[axis] + each;
    }
    return result;
  }

  Shape shape_;
  std::vector<int64_t> order_, blocks_, block_sizes_, place_, places_;
  std::vector<Level> levels_;
};

Shape shape_from(const flatbuffers::Vector<int32_t>* extents, int64_t least, const fb::Tensor& tensor) {
  Shape shape;
  int64_t size = 1;
  for (uint32_t i = 0; extents && i < extents->size(); ++i) {
    const int64_t extent = extents->Get(i);
    const bool fits = extent >= least && shape.rank() < Shape::kMaxRank &&
                      !__builtin_mul_overflow(size, std::max<int64_t>(extent, 1), &size) &&
                      size < (int64_t{1} << 48);
    if (!fits)
      throw InvalidArgument("tensor '" + printable_name(tensor) + "' has a shape that no tensor can have");
    shape.push_back(extent);
  }
  return shape;
}

}  // namespace

ElementType element_type(int8_t number) {
  if (number < 0 || static_cast<size_t>(number) >= kTypes.size() ||
      kTypes[static_cast<size_t>(number)] == ElementType::kUndefined)
    throw Unsupported(fmt::format("elements of type {} are not known", number));
  return kTypes[static_cast<size_t>(number)];
}

bool is_resource(const fb::Tensor& tensor) { return tensor.type() == kResource || tensor.type() == kVariant; }

std::string printable_name(const fb::Tensor& tensor) {
  return tensor.name() ? printable(tensor.name()->str()) : "";
}

Shape shape_of(const fb::Tensor& tensor) { return shape_from(tensor.shape(), 0, tensor); }

Shape open_shape_of(const fb::Tensor& tensor) {
  const auto* open = tensor.shape_signature();
  return shape_from(open && open->size() > 0 ? open : tensor.shape(), -1, tensor);
}

bool Constants::has(const fb::Tensor& tensor) const {
  if (tensor.external_buffer() != 0)
    throw Unsupported("tensor '" + printable_name(tensor) + "' keeps its data in another file");
  return !file_.buffer(tensor.buffer()).empty();
}

void Constants::spend(const Shape& shape, int bits) {
  const size_t bytes = static_cast<size_t>(shape.size()) * static_cast<size_t>(std::max(bits, 8)) / 8;
  if (bytes > left_) throw InvalidArgument("its shape " + shape.str() + " is far larger than the file");
  left_ -= bytes;
}

Value Constants::dense(std::string_view data, ElementType type, const Shape& shape) {
  lamina_onnx_file::TensorProto proto;
  proto.set_data_type(static_cast<int>(type));
  for (const int64_t extent : shape) proto.add_dims(extent);
  const size_t expected = (static_cast<size_t>(shape.size()) * static_cast<size_t>(onnx::bits(type)) + 7) / 8;
  // Writers pad some buffers.
  if (data.size() < expected)
    throw InvalidArgument(
        fmt::format("has {} bytes; its shape {} takes {}", data.size(), shape.str(), expected));
  proto.set_raw_data(data.data(), expected);
  return onnx::read_tensor(proto, onnx::ExternalData(""));
}

Value Constants::value(const fb::Tensor& tensor) {
  try {
    const std::string_view data = file_.buffer(tensor.buffer());
    const ElementType type = element_type(tensor.type());
    const Shape shape = shape_of(tensor);
    if (type == ElementType::kString) return strings_of(data, shape);
    if (type == ElementType::kComplex64 || type == ElementType::kComplex128) {
      Shape pairs = shape;  // real and imaginary parts last
      pairs.push_back(2);
      return dense(data, type == ElementType::kComplex64 ? ElementType::kFloat : ElementType::kDouble, pairs);
    }
    if (const fb::Sparsity* sparsity = tensor.sparsity()) {
      spend(shape, onnx::bits(type));
      const std::vector<int64_t> places = SparseWalk(*sparsity, shape).places();
      const auto width = static_cast<size_t>(onnx::bits(type));
      if (width < 8) throw Unsupported("is sparse with elements of less than a byte");
      if (data.size() < places.size() * width / 8)
        throw InvalidArgument("stores fewer elements than its sparse axes say");
      std::string all(static_cast<size_t>(shape.size()) * width / 8, '\0');
      for (size_t i = 0; i < places.size(); ++i)
        std::memcpy(all.data() + static_cast<size_t>(places[i]) * width / 8, data.data() + i * width / 8,
                    width / 8);
      return dense(all, type, shape);
    }
    const auto key = std::pair(tensor.buffer(), static_cast<int>(tensor.type()));
    if (const auto found = made_.find(key);
        found != made_.end() && found->second.shape().size() == shape.size())
      return {reshape(found->second.tensor(), shape), type};
    return made_[key] = dense(data, type, shape);
  } catch (const Unsupported& error) {
    throw Unsupported("tensor '" + printable_name(tensor) + "' " + error.what());
  } catch (const InvalidArgument& error) {
    throw InvalidArgument("tensor '" + printable_name(tensor) + "' " + error.what());
  }
}

Value Constants::zeros(const fb::Tensor& tensor) {
  const ElementType type = element_type(tensor.type());
  const Shape shape = shape_of(tensor);
  spend(shape, onnx::bits(type));
  // Bytes that stand for reals begin at the real 0.
  const fb::Quantization* q = tensor.quantization();
  const bool moved = type == ElementType::kInt8 && q && q->zero_point() && q->zero_point()->size() == 1;
  return {full(shape, moved ? static_cast<double>(q->zero_point()->Get(0)) : 0, onnx::storage(type)), type};
}

}  // namespace lamina::tflite
