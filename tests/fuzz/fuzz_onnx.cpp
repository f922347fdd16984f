// Any bytes as an ONNX file: a graph that runs on small inputs and can be cut, or an error.
#include <algorithm>
#include <span>
#include <string>

#include "lamina/base/error.h"
#include "lamina/core/trace.h"
#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/ops/full.h"

using namespace lamina;

namespace {

// A few bytes may ask for any amount of padding, which is what such a model computes: no fault of who reads it.
bool takes_little(const Tensor& x) {
  constexpr size_t kMostBytes = size_t{1} << 26;
  const detail::Trace traced = detail::trace(std::span(&x, 1), {});
  return std::all_of(traced.graph.values.begin(), traced.graph.values.end(),
                     [](const auto& value) { return value.type.bytes() <= kMostBytes; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    onnx::ImportedGraph graph =
        onnx::ImportedGraph::parse({reinterpret_cast<const char*>(data), size}, "fuzzed", "");
    std::vector<onnx::Value> inputs;
    for (const onnx::Declared& input : graph.inputs()) {
      if (!input.tensor() || !input.shape) return 0;
      Shape shape;
      for (const int64_t extent : *input.shape) shape.push_back(extent < 0 ? 2 : extent);
      if (shape.size() > 4096) return 0;
      const onnx::ElementType type =
          input.type == onnx::ElementType::kUndefined ? onnx::ElementType::kFloat : input.type;
      inputs.emplace_back(full(shape, 1, onnx::storage(type)), type);
    }
    std::vector<Tensor> weights;
    for (const onnx::GraphWeight& weight : graph.weights()) weights.push_back(weight.value);
    constexpr int64_t kMost = 2000;  // a loop of many turns is no fault
    const auto random = [] { return std::pair(Tensor::from<int64_t>({1, 0}), 0); };
    for (const onnx::Value& output : graph.run(inputs, weights, random, kMost)) {
      if (output.is_tensor() && takes_little(output.tensor())) output.tensor().eval();
    }
    graph.scales_input();
    graph.open_batch();
    graph.cut("");
    graph.bytes_without_weights();
  } catch (const Error&) {
  }
  return 0;
}
