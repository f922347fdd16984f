// Products and convolutions that ONNX Runtime joined with what follows them: FusedConv, FusedMatMul, FusedGemm.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
#include <fmt/format.h>

#include <vector>

#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"

namespace lamina::onnx {
namespace {

using lamina_onnx_file::AttributeProto;
using lamina_onnx_file::NodeProto;

// The activation that attribute 'activation' names, with its numbers: x itself where there is none.
Value activated(const Call& call, const Value& x, const std::vector<double>& numbers) {
  const std::string name = call.text("activation", "");
  if (name.empty()) return x;
  NodeProto node;
  node.set_op_type(name);
  node.add_output("y");
  const auto attribute = [&](const char* which, size_t i) {
    if (i >= numbers.size()) return;
    AttributeProto& added = *node.add_attribute();
    added.set_name(which);
    added.set_f(static_cast<float>(numbers[i]));
    added.set_type(1);  // FLOAT
  };
  std::vector<Value> inputs{x};
  if (name == "LeakyRelu") {
    attribute("alpha", 0);
  } else if (name == "HardSigmoid") {
    attribute("alpha", 0);
    attribute("beta", 1);
  } else if (name == "Clip") {
    if (numbers.size() != 2) call.fail("activation Clip takes two numbers, the lowest and the highest");
    for (const double bound : numbers) inputs.push_back(Value(full({}, bound, storage(x.type())), x.type()));
  } else if (name != "Relu" && name != "Sigmoid" && name != "Tanh") {
    throw Unsupported(fmt::format("joined with activation '{}', which is not known here", name));
  }
  return call.apply(node, std::move(inputs))[0];
}

std::vector<Value> fused_conv(Call& call) {
  std::vector<Value> inputs{call.value(0), call.value(1)};
  if (call.has(2)) inputs.push_back(call.value(2));
  Value y = call.apply_as("Conv", std::move(inputs), {"activation", "activation_params"})[0];
  if (call.has(3)) y = map(y, call.value(3), [](const Tensor& a, const Tensor& b) { return add(a, b); }, y.type());
  return {activated(call, y, call.number_list("activation_params").value_or(std::vector<double>{}))};
}

std::vector<Value> fused_matmul(Call& call) {
  for (const char* const name : {"transBatchA", "transBatchB"}) {
    if (call.integer(name, 0) != 0) throw Unsupported(fmt::format("moves its first axis ({} = 1), which is not known here", name));
  }
  // A vector is not turned round.
  const auto turned = [&](size_t i, const char* name) { return call.integer(name, 0) != 0 && call[i].rank() > 1; };
  const Tensor y = matmul(call[0], call[1], turned(0, "transA"), turned(1, "transB"));
  return {Value(multiply(y, call.number("alpha", 1.0)), call.element())};
}

std::vector<Value> fused_gemm(Call& call) {
  std::vector<double> numbers;
  for (const char* const name : {"activation_alpha", "activation_beta"}) {
    if (call.has_attribute(name)) numbers.push_back(call.number(name));
  }
  call.ignore({"activation_gamma"});  // of no activation that is known
  std::vector<Value> inputs{call.value(0), call.value(1)};
  if (call.has(2)) inputs.push_back(call.value(2));
  const std::vector<Value> y =
      call.apply_as("Gemm", std::move(inputs), {"activation", "activation_alpha", "activation_beta", "activation_gamma"});
  return {activated(call, y[0], numbers)};
}

const bool kMicrosoftFusedRegistered[] = {
    register_operator("FusedConv", 1, fused_conv, {.trained = {1, 2}, .kernels = {1}, .weighs = true}, kMicrosoft),
    register_operator("FusedMatMul", 1, fused_matmul, {.trained = {0, 1}, .weighs = true}, kMicrosoft),
    register_operator("FusedGemm", 1, fused_gemm, {.trained = {1, 2}, .weighs = true}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
