// What cond, while_loop and scan share.
#include "lamina/ops/detail/control.h"

#include "lamina/core/lower.h"

namespace lamina::detail {
namespace {

std::vector<TensorType> types_of(const Graph& graph, const std::vector<ValueId>& values) {
  std::vector<TensorType> types;
  for (ValueId value : values) types.push_back(graph.type(value));
  return types;
}

}  // namespace

std::vector<TensorType> input_types(const SubGraph& body) {
  return types_of(*body.graph, body.graph->inputs);
}
std::vector<TensorType> output_types(const SubGraph& body) {
  return types_of(*body.graph, body.graph->outputs);
}

std::vector<TensorType> types_of(const std::vector<Tensor>& tensors) {
  std::vector<TensorType> types;
  for (const Tensor& tensor : tensors) types.push_back(tensor.type());
  return types;
}

TensorType stacked(const TensorType& type, int64_t length) {
  std::vector<int64_t> extents{length};
  extents.insert(extents.end(), type.shape.begin(), type.shape.end());
  return {type.dtype, Shape(extents)};
}

TensorType slice_of(const TensorType& type) {
  return {type.dtype, Shape(std::vector<int64_t>(type.shape.begin() + 1, type.shape.end()))};
}

std::string type_list(const std::vector<TensorType>& types) {
  std::string text;
  for (const TensorType& type : types) text += (text.empty() ? "" : ", ") + type.str();
  return text.empty() ? "nothing" : text;
}

std::vector<Tensor> floating(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors) {
    if (is_floating(tensor.dtype())) result.push_back(tensor);
  }
  return result;
}

std::unique_ptr<const Program> prepare_body(const SubGraph& body, const Device& device) {
  return std::make_unique<const Program>(lower(*body.graph, device), device);
}

size_t body_bytes(const Program& body) { return 2 * body.bytes(); }

}  // namespace lamina::detail
