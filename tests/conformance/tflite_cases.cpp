// Runs TFLite models and compares what they give: folders with model.tflite, input_K.npy and output_K.npy.
// usage: lamina_tflite_cases FOLDER... prints one line a folder: its name, a tab, "pass" or what is wrong.
//
// Each case runs twice: its operators one after the other on values, and compiled, from arguments whose
// values the trace does not know. What a trace cannot know (NeedsValues) counts as run once. Integers must be
// equal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/core/compile.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/tflite/graph.h"
#include "lamina/ops/cast.h"

namespace {

namespace fs = std::filesystem;
using namespace lamina;
using onnx::Value;

// What differs; empty where nothing does.
std::string difference(const Tensor& got, const Tensor& want) {
  if (got.shape() != want.shape()) return "has shape " + got.shape().str() + ", not " + want.shape().str();
  const std::vector<double> a = onnx::doubles(got), b = onnx::doubles(want);
  double largest = 0, worst = 0;
  size_t place = 0, differing = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if ((std::isnan(a[i]) && std::isnan(b[i])) || a[i] == b[i]) continue;
    if (std::isfinite(b[i])) largest = std::max(largest, std::fabs(b[i]));
    const double by = std::isfinite(a[i]) && std::isfinite(b[i]) ? std::fabs(a[i] - b[i]) : HUGE_VAL;
    ++differing;
    if (by > worst) {
      worst = by;
      place = i;
    }
  }
  for (const double each : b) largest = std::isfinite(each) ? std::max(largest, std::fabs(each)) : largest;
  if (worst <= (is_floating(want.dtype()) ? 2e-5 * largest + 1e-7 : 0)) return "";
  return fmt::format("{} of {} differ; [{}] is {}, not {}", differing, a.size(), place, a[place], b[place]);
}

std::string run(const fs::path& folder) {
  const std::string path = (folder / "model.tflite").string();
  const onnx::ImportedGraph graph = tflite::parse(read_file(path), path);
  std::vector<Value> inputs;
  std::vector<Tensor> tensors, weights, want;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    tensors.push_back(cast(read_npy((folder / fmt::format("input_{}.npy", i)).string()),
                           onnx::storage(graph.inputs()[i].type)));
    inputs.emplace_back(tensors.back(), graph.inputs()[i].type);
  }
  for (size_t i = 0; i < graph.outputs().size(); ++i)
    want.push_back(read_npy((folder / fmt::format("output_{}.npy", i)).string()));
  for (const onnx::GraphWeight& weight : graph.weights()) weights.push_back(weight.value);
  const onnx::Random random = [] { return std::pair(Tensor::from<int64_t>({1, 0}), 0); };
  const auto compare = [&](const std::vector<Tensor>& got) -> std::string {
    for (size_t i = 0; i < want.size(); ++i) {
      if (std::string what = difference(got[i], want[i]); !what.empty())
        return fmt::format("output {}: {}", i, what);
    }
    return "";
  };
  const auto tensors_of = [](const std::vector<Value>& values) {
    std::vector<Tensor> result;
    for (const Value& value : values) result.push_back(value.tensor());
    return result;
  };
  if (std::string what = compare(tensors_of(graph.run(inputs, weights, random))); !what.empty()) return what;
  const size_t given = tensors.size();
  std::vector<Tensor> arguments = tensors;
  arguments.insert(arguments.end(), weights.begin(), weights.end());
  const Function function = compile([&](const std::vector<Tensor>& all) {
    std::vector<Value> values;
    for (size_t i = 0; i < given; ++i) values.emplace_back(all[i], graph.inputs()[i].type);
    return tensors_of(
        graph.run(values, {all.begin() + static_cast<std::ptrdiff_t>(given), all.end()}, random));
  });
  try {
    if (std::string what = compare(function(arguments)); !what.empty()) return "compiled: " + what;
  } catch (const NeedsValues&) {
  }
  return "";
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const fs::path folder = arguments[i];
    std::string what;
    try {
      what = run(folder);
    } catch (const std::exception& error) {
      what = error.what();
      std::replace(what.begin(), what.end(), '\n', ' ');
    }
    fmt::print("{}\t{}\n", folder.filename().string(), what.empty() ? "pass" : what);
  }
}
