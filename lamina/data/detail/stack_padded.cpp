// Stacks of elements of different extents.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/data/detail/element_parts.h"

namespace lamina::detail {
namespace {

// One tensor of the elements, as padding sees it.
struct Column {
  const std::vector<Element>& elements;
  const Part& part;
  size_t position;
  const DatasetNode& node;
  const std::vector<int64_t>& numbers;

  const Tensor& of(size_t element) const { return (elements[element].*part.tensors)[position]; }
  std::string name() const { return name_of(elements[0], part, position); }
};

// The extents that all rows of the column fit into.
Shape padded_shape(const Column& column, const Shape& wanted, int64_t open_extent) {
  Shape shape = wanted;
  for (size_t e = 0; e < column.elements.size(); ++e) {
    const TensorType& type = column.of(e).type();
    if (type.dtype != column.of(0).dtype()) {
      fail_at(column.node, column.numbers[e],
              "elements of a batch must have one dtype, but " + column.name() + " is " + type.str() +
                  ", and of element " + std::to_string(column.numbers[0]) + " it is " +
                  column.of(0).type().str());
    }
    if (type.shape.rank() != wanted.rank()) {
      fail_at(column.node, column.numbers[e],
              column.name() + " has shape " + type.shape.str() + ", which has not the rank of " +
                  wanted.str() + ": padding fills up axes, but adds none");
    }
    for (int axis = 0; axis < wanted.rank(); ++axis) {
      const int64_t extent = type.shape[axis];
      const int64_t limit = wanted[axis] >= 0 ? wanted[axis] : open_extent;
      if (limit > 0 || wanted[axis] == 0) {
        if (extent > limit) {
          fail_at(column.node, column.numbers[e],
                  column.name() + " has shape " + type.shape.str() + ", and axis " + std::to_string(axis) +
                      " is longer than the " + std::to_string(limit) + " that it is to be padded to");
        }
        shape.set(axis, limit);
      } else {
        shape.set(axis, std::max(shape[axis], extent));
      }
    }
  }
  return shape;
}

// Copies the block `from` of shape `extents` to the corner of the larger block `to`.
void copy_corner(const char* from, const Shape& extents, char* to, const Shape& room, size_t item, int axis) {
  if (axis == extents.rank() - 1 || extents.rank() == 0) {
    const size_t bytes = item * static_cast<size_t>(extents.rank() == 0 ? 1 : extents[axis]);
    if (bytes) std::memcpy(to, from, bytes);
    return;
  }
  size_t from_step = item, to_step = item;
  for (int inner = axis + 1; inner < extents.rank(); ++inner) {
    from_step *= static_cast<size_t>(extents[inner]);
    to_step *= static_cast<size_t>(room[inner]);
  }
  for (int64_t i = 0; i < extents[axis]; ++i) {
    copy_corner(from, extents, to, room, item, axis + 1);
    from += from_step;
    to += to_step;
  }
}

void fill(void* to, DType dtype, size_t count, double value, const Column& column) {
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T element;
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
      element = T(static_cast<float>(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      element = static_cast<T>(value);
    } else {
      // Compared as doubles first: the conversion of a value out of range is undefined.
      const double least = static_cast<double>(std::numeric_limits<T>::min());
      const double beyond = static_cast<double>(std::numeric_limits<T>::max()) + (sizeof(T) < 8 ? 1 : 0);
      if (!(value >= least && value < beyond && value == std::floor(value))) {
        fail_at(column.node, column.numbers[0],
                "the padding value " + std::to_string(value) + " for " + column.name() + " is no " +
                    lamina::name(dtype));
      }
      element = static_cast<T>(value);
    }
    std::fill_n(static_cast<T*>(to), count, element);
  });
}

Tensor stack_padded(const Column& column, const Shape& wanted, double value, int64_t open_extent) {
  const Shape room = padded_shape(column, wanted, open_extent);
  std::vector<int64_t> dims = room.dims();
  dims.insert(dims.begin(), static_cast<int64_t>(column.elements.size()));
  const TensorType type{column.of(0).dtype(), Shape(dims)};
  auto buffer = std::make_shared<Buffer>(Device(), type.bytes());
  const size_t item = size_of(type.dtype);
  fill(buffer->data(), type.dtype, static_cast<size_t>(type.shape.size()), value, column);
  char* to = static_cast<char*>(buffer->data());
  for (size_t e = 0; e < column.elements.size(); ++e) {
    copy_corner(bytes_of(column.of(e)), column.of(e).shape(), to, room, item, 0);
    to += static_cast<size_t>(room.size()) * item;
  }
  return Tensor::wrap(std::move(buffer), type);
}

template <class T>
void check_count(const std::vector<T>& given, const char* what, size_t count, const Part& part,
                 const DatasetNode& node, int64_t number) {
  if (given.empty() || given.size() == count) return;
  fail_at(node, number,
          std::to_string(given.size()) + " " + what + " are given for " + part.name + ", which has " +
              std::to_string(count) + " tensors");
}

}  // namespace

Element stack_padded(const std::vector<Element>& elements, const Padding& padding, const DatasetNode& node,
                     const std::vector<int64_t>& numbers) {
  check_structure(elements, node, numbers);
  const std::vector<Shape>* const shapes[] = {&padding.shapes.x, &padding.shapes.y,
                                              &padding.shapes.sample_weight};
  const std::vector<double>* const values[] = {&padding.values.x, &padding.values.y,
                                               &padding.values.sample_weight};
  Element batch;
  for (size_t p = 0; p < std::size(kParts); ++p) {
    const Part& part = kParts[p];
    const Tensors& tensors = elements[0].*part.tensors;
    check_count(*shapes[p], "padded shapes", tensors.size(), part, node, numbers[0]);
    check_count(*values[p], "padding values", tensors.size(), part, node, numbers[0]);
    std::vector<Tensor> stacked;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const Column column{elements, part, i, node, numbers};
      const Shape open(std::vector<int64_t>(static_cast<size_t>(tensors[i].rank()), -1));
      if (padding.open_extent > 0 && shapes[p]->empty() && tensors[i].rank() > 0) {
        fail_at(node, numbers[0],
                "pad_to_bucket_boundary needs padded_shapes for " + std::string(part.name) +
                    ", with -1 for the axes that are to be padded to the boundary");
      }
      const double value = values[p]->empty() ? 0 : (*values[p])[i];
      stacked.push_back(
          stack_padded(column, shapes[p]->empty() ? open : (*shapes[p])[i], value, padding.open_extent));
    }
    batch.*part.tensors = tensors.with_values(std::move(stacked));
  }
  return batch;
}

}  // namespace lamina::detail
