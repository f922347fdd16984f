// Any bytes as a TFLite file: a graph that runs on small inputs, or an error.
#include <string>

#include "lamina/base/error.h"
#include "lamina/formats/tflite/graph.h"
#include "lamina/ops/full.h"

using namespace lamina;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const onnx::ImportedGraph graph = tflite::parse({reinterpret_cast<const char*>(data), size}, "fuzzed");
    std::vector<onnx::Value> inputs;
    for (const onnx::Declared& input : graph.inputs()) {
      if (!input.shape) return 0;
      Shape shape;
      for (const int64_t extent : *input.shape) shape.push_back(extent < 0 ? 2 : extent);
      if (shape.size() > 4096) return 0;
      inputs.emplace_back(full(shape, 1, onnx::storage(input.type)), input.type);
    }
    std::vector<Tensor> weights;
    for (const onnx::GraphWeight& weight : graph.weights()) weights.push_back(weight.value);
    constexpr int64_t kMost = 2000;  // a loop of many turns is no fault
    const auto random = [] { return std::pair(Tensor::from<int64_t>({1, 0}), 0); };
    for (const onnx::Value& output : graph.run(inputs, weights, random, kMost)) {
      if (output.is_tensor() && output.shape().size() < (1 << 20)) output.tensor().eval();
    }
  } catch (const Error&) {
  }
  return 0;
}
