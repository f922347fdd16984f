// Runs the backend tests of ONNX: folders with model.onnx and test_data_set_N/input_K.pb and output_K.pb.
// usage: lamina_onnx_cases FOLDER... prints one line a folder: its name, a tab, "pass" or what is wrong.
//
// Each case runs twice: its nodes one after the other on values, and, where all is tensors, compiled, from arguments
// whose values the trace does not know. What a trace cannot know (NeedsValues) counts as run once.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace {

namespace fs = std::filesystem;
using namespace lamina;
using onnx::Value;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// What differs; empty where nothing does.
std::string difference(const Value& got, const Value& want) {
  if (got.is_nothing() || want.is_nothing()) return got.is_nothing() == want.is_nothing() ? "" : "one is nothing";
  if (want.is_sequence()) {
    if (!got.is_sequence() || got.sequence().size() != want.sequence().size()) return "is another sequence";
    for (size_t i = 0; i < want.sequence().size(); ++i) {
      if (std::string what = difference(got.sequence()[i], want.sequence()[i]); !what.empty())
        return fmt::format("element {}: {}", i, what);
    }
    return "";
  }
  if (got.is_sequence()) return "is a sequence";
  if (got.type() != want.type()) return fmt::format("is {}, not {}", onnx::name(got.type()), onnx::name(want.type()));
  if (got.shape() != want.shape()) return "has shape " + got.shape().str() + ", not " + want.shape().str();
  if (want.is_strings()) return got.strings() == want.strings() ? "" : "differs";
  const std::vector<double> a = onnx::doubles(got.tensor()), b = onnx::doubles(want.tensor());
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (a[i] == b[i]) continue;
    const bool half = got.type() == onnx::ElementType::kFloat16 || got.type() == onnx::ElementType::kBFloat16;
    if (!(std::fabs(a[i] - b[i]) <= 1e-7 + (half ? 1e-2 : 1e-3) * std::fabs(b[i])))
      return fmt::format("[{}] is {}, not {}", i, a[i], b[i]);
  }
  return "";
}

std::string compare(const std::vector<Value>& got, const std::vector<Value>& want) {
  for (size_t i = 0; i < want.size(); ++i) {
    if (std::string what = difference(got[i], want[i]); !what.empty()) return fmt::format("output {}: {}", i, what);
  }
  return "";
}

std::string run_data(const onnx::ImportedGraph& graph, const fs::path& folder) {
  std::vector<Value> inputs, want;
  const auto value = [&](const char* side, size_t i, const onnx::Declared& declared) {
    const fs::path path = folder / fmt::format("{}_{}.pb", side, i);
    if (!fs::exists(path)) return Value();
    const Value value = onnx::parse_value(read(path), declared.kind, path.string());
    // The files of onnx 1.17 call the bits of bfloat16 uint16.
    if (declared.type != onnx::ElementType::kBFloat16 || value.type() != onnx::ElementType::kUInt16) return value;
    std::vector<uint16_t> bits;
    for (const int64_t each : onnx::integers(value.tensor())) bits.push_back(static_cast<uint16_t>(each));
    return Value(Tensor::from_bytes(bits.data(), bits.size(), DType::kBFloat16, value.shape()));
  };
  for (size_t i = 0; i < graph.inputs().size(); ++i) inputs.push_back(value("input", i, graph.inputs()[i]));
  for (size_t i = 0; i < graph.outputs().size(); ++i) want.push_back(value("output", i, graph.outputs()[i]));
  std::vector<Tensor> weights;
  for (const onnx::GraphWeight& weight : graph.weights()) weights.push_back(weight.value);
  const auto random = [] { return std::pair(Tensor::from<int64_t>({7, 0}), 0); };
  if (std::string what = compare(graph.run(inputs, weights, random), want); !what.empty()) return what;

  std::vector<Tensor> arguments;
  for (const Value& input : inputs) {
    if (!input.is_tensor()) return "";
    arguments.push_back(input.tensor());
  }
  for (const Value& output : want) {
    if (!output.is_tensor()) return "";
  }
  const size_t count = arguments.size();
  arguments.insert(arguments.end(), weights.begin(), weights.end());
  if (arguments.empty()) return "";
  std::vector<onnx::ElementType> kinds;
  try {
    const std::vector<Tensor> outputs = compile([&](const std::vector<Tensor>& given) {
      std::vector<Value> values;
      for (size_t i = 0; i < count; ++i) values.emplace_back(given[i], inputs[i].type());
      const std::vector<Tensor> rest(given.begin() + static_cast<std::ptrdiff_t>(count), given.end());
      std::vector<Tensor> results;
      kinds.clear();
      for (const Value& value : graph.run(values, rest, random)) {
        results.push_back(value.tensor());
        kinds.push_back(value.type());
      }
      return results;
    })(arguments);
    std::vector<Value> got;
    for (size_t i = 0; i < outputs.size(); ++i) got.emplace_back(outputs[i], kinds[i]);
    const std::string what = compare(got, want);
    return what.empty() ? "" : "compiled: " + what;
  } catch (const NeedsValues&) {
    return "";
  }
}

std::string run_case(const fs::path& folder) {
  try {
    const onnx::ImportedGraph graph =
        onnx::ImportedGraph::parse(read(folder / "model.onnx"), folder.filename().string(), folder.string());
    int sets = 0;
    for (; fs::exists(folder / fmt::format("test_data_set_{}", sets)); ++sets) {
      if (std::string what = run_data(graph, folder / fmt::format("test_data_set_{}", sets)); !what.empty()) return what;
    }
    return sets > 0 ? "pass" : "has no data";
  } catch (const std::exception& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    return "error: " + what;
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const fs::path folder = argv[i];
    fmt::print("{}\t{}\n", folder.filename().string(), run_case(folder));
    std::fflush(stdout);
  }
}
