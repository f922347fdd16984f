// Elements as lists of tensors: their rows, their types, their stacks.
#include "lamina/data/detail/elements.h"

#include <cstring>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/data/detail/element_parts.h"

namespace lamina::detail {
namespace {

Tensor row(const Tensor& tensor, int64_t index) {
  const Shape& shape = tensor.shape();
  const TensorType type{tensor.dtype(), Shape(std::vector<int64_t>(shape.begin() + 1, shape.end()))};
  const size_t bytes = type.bytes();
  auto buffer = std::make_shared<Buffer>(Device(), bytes);
  if (bytes) std::memcpy(buffer->data(), bytes_of(tensor) + static_cast<size_t>(index) * bytes, bytes);
  return Tensor::wrap(std::move(buffer), type);
}

Tensor stack(const std::vector<Element>& elements, const Part& part, size_t position) {
  TensorType type = (elements[0].*part.tensors)[position].type();
  const size_t bytes = type.bytes();
  std::vector<int64_t> dims = type.shape.dims();
  dims.insert(dims.begin(), static_cast<int64_t>(elements.size()));
  type.shape = Shape(dims);
  auto buffer = std::make_shared<Buffer>(Device(), type.bytes());
  char* to = static_cast<char*>(buffer->data());
  for (const Element& element : elements) {
    if (bytes) std::memcpy(to, bytes_of((element.*part.tensors)[position]), bytes);
    to += bytes;
  }
  return Tensor::wrap(std::move(buffer), type);
}

bool fits(const TensorType& type, const TensorType& spec) {
  if (type.dtype != spec.dtype || type.shape.rank() != spec.shape.rank()) return false;
  for (int axis = 0; axis < type.shape.rank(); ++axis) {
    if (spec.shape[axis] >= 0 && spec.shape[axis] != type.shape[axis]) return false;
  }
  return true;
}

}  // namespace

const char* bytes_of(const Tensor& tensor) {
  return static_cast<const char*>(std::as_const(*tensor.buffer()).data());
}

std::string name_of(const Element& element, const Part& part, size_t position) {
  const Tensors& tensors = element.*part.tensors;
  if (tensors.named()) return std::string(part.name) + "['" + tensors.names()[position] + "']";
  return tensors.size() == 1 ? part.name : std::string(part.name) + "[" + std::to_string(position) + "]";
}

std::string describe(const Element& element) {
  std::string text;
  for (const Part& part : kParts) {
    const Tensors& tensors = element.*part.tensors;
    for (size_t i = 0; i < tensors.size(); ++i) {
      text += (text.empty() ? "" : ", ") + name_of(element, part, i) + ": " + tensors[i].type().str();
    }
  }
  return text;
}

int64_t common_rows(const Element& element) {
  int64_t rows = -1;
  for (const Part& part : kParts) {
    const Tensors& tensors = element.*part.tensors;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const Shape& shape = tensors[i].shape();
      if (shape.rank() == 0) {
        throw InvalidArgument(name_of(element, part, i) +
                              " is a scalar, and a tensor whose rows become elements needs a first axis");
      }
      if (rows >= 0 && shape[0] != rows) {
        throw InvalidArgument("the first axes must have one length, but they are: " + describe(element));
      }
      rows = shape[0];
    }
  }
  return rows;
}

Element scalar(int64_t value) {
  auto buffer = std::make_shared<Buffer>(Device(), sizeof value);
  std::memcpy(buffer->data(), &value, sizeof value);
  return {.x = Tensor::wrap(std::move(buffer), {DType::kInt64, {}})};
}

Element row(const Element& element, int64_t index) {
  Element result;
  for (const Part& part : kParts) {
    const Tensors& tensors = element.*part.tensors;
    std::vector<Tensor> rows;
    for (const Tensor& tensor : tensors) rows.push_back(row(tensor, index));
    result.*part.tensors = tensors.with_values(std::move(rows));
  }
  return result;
}

void check_spec(const Element& element, const ElementSpec& spec) {
  const std::vector<TensorType>* const wanted[] = {&spec.x, &spec.y, &spec.sample_weight};
  for (size_t p = 0; p < std::size(kParts); ++p) {
    const Part& part = kParts[p];
    const Tensors& tensors = element.*part.tensors;
    if (tensors.size() != wanted[p]->size()) {
      throw InvalidArgument("the spec wants " + std::to_string(wanted[p]->size()) + " tensors in " +
                            part.name + ", received " + std::to_string(tensors.size()));
    }
    for (size_t i = 0; i < tensors.size(); ++i) {
      const TensorType& type = (*wanted[p])[i];
      if (fits(tensors[i].type(), type)) continue;
      throw InvalidArgument("the spec wants " + name_of(element, part, i) + " as " + type.str() +
                            ", received " + tensors[i].type().str());
    }
  }
}

void check_structure(const std::vector<Element>& elements, const DatasetNode& node,
                     const std::vector<int64_t>& numbers) {
  for (size_t e = 1; e < elements.size(); ++e) {
    for (const Part& part : kParts) {
      const Tensors &first = elements[0].*part.tensors, &other = elements[e].*part.tensors;
      if (first.size() == other.size() && first.names() == other.names()) continue;
      fail_at(node, numbers[e],
              "elements of a batch must have the same tensors, but this one has " + describe(elements[e]) +
                  ", and element " + std::to_string(numbers[0]) + " has " + describe(elements[0]));
    }
  }
}

Element stack_elements(const std::vector<Element>& elements, const DatasetNode& node, int64_t first) {
  std::vector<int64_t> numbers;
  for (size_t e = 0; e < elements.size(); ++e) numbers.push_back(first + static_cast<int64_t>(e));
  check_structure(elements, node, numbers);
  Element batch;
  for (const Part& part : kParts) {
    const Tensors& tensors = elements[0].*part.tensors;
    std::vector<Tensor> stacked;
    for (size_t i = 0; i < tensors.size(); ++i) {
      for (size_t e = 1; e < elements.size(); ++e) {
        const TensorType& type = (elements[e].*part.tensors)[i].type();
        if (type == tensors[i].type()) continue;
        fail_at(node, numbers[e],
                "elements of a batch must have one dtype and shape, but " + name_of(elements[e], part, i) +
                    " is " + type.str() + ", and of element " + std::to_string(first) + " it is " +
                    tensors[i].type().str() + "; padded_batch fills up what is shorter");
      }
      stacked.push_back(stack(elements, part, i));
    }
    batch.*part.tensors = tensors.with_values(std::move(stacked));
  }
  return batch;
}

}  // namespace lamina::detail
