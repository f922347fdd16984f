// The three parts of an element, for code that treats them alike. Internal header.
#pragma once

#include "lamina/data/detail/dataset_node.h"
#include "lamina/data/detail/elements.h"

namespace lamina::detail {

struct Part {
  const char* name;
  Tensors Element::*tensors;
};
inline constexpr Part kParts[] = {
    {"x", &Element::x}, {"y", &Element::y}, {"sample_weight", &Element::sample_weight}};

/// "x", "x[1]" or "x['words']", for messages.
std::string name_of(const Element& element, const Part& part, size_t position);

/// The elements of a computed tensor on the CPU.
const char* bytes_of(const Tensor& tensor);

/// Throws InvalidArgument unless all elements have as many tensors, under the same names. `numbers`: which
/// elements of the node's input they are.
void check_structure(const std::vector<Element>& elements, const DatasetNode& node,
                     const std::vector<int64_t>& numbers);

}  // namespace lamina::detail
