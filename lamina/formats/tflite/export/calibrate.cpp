// Calibration: what numbers the tensors of a graph hold, by samples.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/core/compile.h"
#include "lamina/formats/tflite/export/quantize.h"
#include "lamina/formats/tflite/graph.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"

namespace lamina::tflite {

std::map<int32_t, Seen> calibrate(Builder& builder, const std::vector<int32_t>& inputs,
                                  const std::vector<Tensor>& samples) {
  std::vector<int32_t> watched;
  for (const auto& op : builder.operators()) {
    for (const int32_t output : op.outputs) {
      const Builder::TensorEntry& entry = builder.tensor(output);
      if (entry.dtype == DType::kFloat32 && entry.shape.size() > 0) watched.push_back(output);
    }
  }
  const std::string bytes = builder.finish(inputs, watched).str();
  const onnx::ImportedGraph graph = parse(bytes, "the model to calibrate");
  std::vector<Tensor> weights;
  for (const onnx::GraphWeight& weight : graph.weights()) weights.push_back(weight.value);
  const onnx::Random random = [] { return std::pair(Tensor::from<int64_t>({0, 0}), 0); };
  const Function extremes = compile(
      [&](const std::vector<Tensor>& x) {
        std::vector<onnx::Value> values(x.begin(), x.end());
        std::vector<Tensor> result;
        for (const onnx::Value& output : graph.run(values, weights, random)) {
          result.push_back(min(output.tensor()));
          result.push_back(max(output.tensor()));
        }
        return result;
      },
      "calibration");
  int64_t count = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Shape &expected = builder.tensor(inputs[i]).shape, &given = samples.at(i).shape();
    bool fits = given.rank() == expected.rank() && given.rank() > 0 && (count < 0 || given[0] == count);
    for (int axis = 1; fits && axis < given.rank(); ++axis) fits = given[axis] == expected[axis];
    if (!fits || given[0] < expected[0])
      throw InvalidArgument(
          fmt::format("samples for calibration of input '{}' have the shape {}; expected {}, with at least "
                      "{} samples in the first axis, as many for each input",
                      printable(builder.tensor(inputs[i]).name), given.str(), expected.str(), expected[0]));
    count = given[0];
  }
  std::map<int32_t, Seen> seen;
  const auto widen = [&](int32_t id, float low, float high) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    if (!std::isfinite(low) || !std::isfinite(high)) low = -kInf, high = kInf;
    const auto [at, is_new] = seen.emplace(id, Seen{low, high});
    if (!is_new) at->second = {std::min(at->second.lowest, low), std::max(at->second.highest, high)};
  };
  const int64_t batch = inputs.empty() ? 1 : builder.tensor(inputs[0]).shape[0];
  for (int64_t begin = 0; begin + batch <= count; begin += batch) {
    std::vector<Tensor> x;
    for (size_t i = 0; i < inputs.size(); ++i) {
      x.push_back(cast(samples[i][Slice{begin, begin + batch}], builder.tensor(inputs[i]).dtype));
      if (x.back().dtype() != DType::kFloat32) continue;
      const float low = min(x.back()).item<float>(), high = max(x.back()).item<float>();
      if (!std::isfinite(low) || !std::isfinite(high))
        throw InvalidArgument(fmt::format("calibration: samples of input '{}' hold numbers that are not finite",
                                          printable(builder.tensor(inputs[i]).name)));
      widen(inputs[i], low, high);
    }
    const std::vector<Tensor> result = extremes(x);
    for (size_t i = 0; i < watched.size(); ++i)
      widen(watched[i], result[2 * i].item<float>(), result[2 * i + 1].item<float>());
  }
  return seen;
}

}  // namespace lamina::tflite
