// Any bytes as saved_model.pb without variables: a graph that runs on small inputs, or an error.
#include <string>

#include "lamina/base/error.h"
#include "lamina/formats/saved_model/graph_import.h"
#include "lamina/formats/saved_model/object_graph.h"
#include "lamina/ops/full.h"

using namespace lamina;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    detail::read_saved_objects(bytes, "fuzzed");
    const auto graph = tensorflow::import_graph(bytes, "", nullptr, {}, [](const std::string& name) {
      return name.size() % 2 == 0 ? std::string("a\nb\n") : std::string();
    });
    std::vector<onnx::Value> inputs;
    for (const onnx::Declared& input : graph->inputs()) {
      if (!input.tensor() || !input.shape) return 0;
      Shape shape;
      for (const int64_t extent : *input.shape) shape.push_back(extent < 0 ? 2 : extent);
      if (shape.size() > 4096) return 0;
      if (input.texts()) {
        inputs.push_back(onnx::Value::of_strings(std::vector<std::string>(static_cast<size_t>(shape.size()), "a B, c"), shape));
        continue;
      }
      const onnx::ElementType type =
          input.type == onnx::ElementType::kUndefined ? onnx::ElementType::kFloat : input.type;
      inputs.emplace_back(full(shape, 1, onnx::storage(type)), type);
    }
    constexpr int64_t kMost = 2000;  // a loop of many turns is no fault
    const auto random = [] { return std::pair(Tensor::from<int64_t>({1, 0}), 0); };
    for (const onnx::Value& output : graph->run(inputs, {}, random, kMost)) {
      if (output.is_tensor() && output.shape().size() < (1 << 20)) output.tensor().eval();
    }
  } catch (const Error&) {
  }
  return 0;
}
