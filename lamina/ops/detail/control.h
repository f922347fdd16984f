// Attributes of the ops that own sub-graphs, and what their kernels share. Internal header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/subgraph.h"
#include "lamina/graph/op.h"
#include "lamina/graph/program.h"

namespace lamina {

/// Op `cond`: inputs are the predicate, then what both branches take.
struct CondAttrs {
  detail::SubGraph true_fn, false_fn;
  bool operator==(const CondAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("true_fn", self.true_fn);
    visit("false_fn", self.false_fn);
  }
};

/// Op `while_loop`: inputs are the loop variables, then what both functions take besides. Outputs are the
/// variables and the number of iterations.
struct WhileLoopAttrs {
  detail::SubGraph cond, body;
  int num_variables = 0;
  int64_t max_iterations = -1;  ///< -1: no bound
  bool operator==(const WhileLoopAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("cond", self.cond);
    visit("body", self.body);
    visit("num_variables", self.num_variables);
    visit("max_iterations", self.max_iterations);
  }
};

/// Op `scan`: inputs are the carry, the xs, then what the body takes besides. Outputs are the carry, the ys
/// and, with `saves`, the carries with which each step began, stacked.
struct ScanAttrs {
  detail::SubGraph body;
  int num_carry = 0;
  int num_xs = 0;
  int64_t length = 0;
  bool reverse = false;
  bool saves = true;
  bool operator==(const ScanAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("body", self.body);
    visit("num_carry", self.num_carry);
    visit("num_xs", self.num_xs);
    visit("length", self.length);
    visit("reverse", self.reverse);
    visit("saves", self.saves);
  }
};

namespace detail {

/// Types of a sub-graph's inputs and outputs.
std::vector<TensorType> input_types(const SubGraph& body);
std::vector<TensorType> output_types(const SubGraph& body);
std::vector<TensorType> types_of(const std::vector<Tensor>& tensors);

/// `type` stacked `length` times along a new first axis, and a slice of such a type.
TensorType stacked(const TensorType& type, int64_t length);
TensorType slice_of(const TensorType& type);

/// "float32(2, 3), int32()", for messages.
std::string type_list(const std::vector<TensorType>& types);

/// The floating ones.
std::vector<Tensor> floating(const std::vector<Tensor>& tensors);

/// A sub-graph made ready to run inside a kernel on `device`.
std::unique_ptr<const Program> prepare_body(const SubGraph& body, const Device& device);
/// What the program of a body and the graph that it was made of hold, about.
size_t body_bytes(const Program& body);

}  // namespace detail
}  // namespace lamina
