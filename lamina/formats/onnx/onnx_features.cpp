// The part of an ONNX model that gives features.
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>

#include "lamina/base/error.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/onnx/onnx.h"

namespace lamina {
namespace {

// Whether a graph that was made for one sample gives for two at once what it gives for each.
bool same_at_once(Model& each, Model& at_once) {
  Shape shape = each.input_shape();
  shape.set(0, 2);
  for (const int64_t extent : shape) {
    if (extent < 0) return false;
  }
  std::mt19937 draw(1);
  std::vector<float> values;
  for (int64_t i = 0; i < shape.size(); ++i) values.push_back(static_cast<float>(draw()) / 4294967296.f);
  const Tensor x = Tensor::from(values, shape);
  try {
    const std::vector<float> a = each.predict_on_batch(x).to_vector<float>();
    const Tensor answer = at_once.predict_on_batch(x);
    const std::vector<float> b = answer.to_vector<float>();
    if (a.size() != b.size() || answer.rank() == 0 || answer.shape()[0] != 2) return false;
    float most = 0, off = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      most = std::max(most, std::abs(a[i]));
      off = std::max(off, std::abs(a[i] - b[i]));
    }
    return off <= 1e-3f * most;  // false for NaN
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

OnnxFeatures load_onnx_features(const std::string& path, const std::string& features) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    const auto bytes = detail::ByteSource::of_file(path);
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(bytes, path, folder));
    if (graph->inputs().size() != 1) {
      throw Unsupported("it takes " + std::to_string(graph->inputs().size()) +
                        " inputs; features are taken from models of one");
    }
    std::string chosen = graph->cut(features);
    const bool scales = graph->scales_input();
    auto metadata = graph->metadata();
    Model model = onnx::model_of(graph, "");
    detail::warn_of_nan(model, path);
    auto open = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(bytes, path, folder));
    open->cut(features);
    if (open->open_batch()) {
      Model at_once = onnx::model_of(open, "");
      if (same_at_once(model, at_once))
        return OnnxFeatures{std::move(at_once), std::move(chosen), std::move(metadata), scales};
    }
    return OnnxFeatures{std::move(model), std::move(chosen), std::move(metadata), scales};
  });
}

}  // namespace lamina
