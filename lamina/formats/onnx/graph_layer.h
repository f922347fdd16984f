// OnnxGraph: an imported graph as one layer of a model. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/nn/layer.h"
#include "lamina/nn/model.h"

namespace lamina::onnx {

struct OnnxGraphOptions {
  std::string name = {};
  bool trainable = true;
};

/// Computes what the ONNX graph computes; its weights are those constants of the file that operators are trained by
/// (kernels, biases, scales, tables), under the names of the file, so that it is trained, frozen and saved like any
/// layer. Takes the graph's inputs and gives its outputs, in their order.
///
/// A graph made for batches of one sample takes others, too: it runs once for each.
class OnnxGraph final : public LayerOf<OnnxGraph> {
 public:
  explicit OnnxGraph(std::shared_ptr<const ImportedGraph> graph, const OnnxGraphOptions& options = {});

  std::string class_name() const override { return "OnnxGraph"; }
  std::string module() const override { return "lamina"; }
  bool has_weights() const override { return !graph_->weights().empty(); }
  DType input_dtype(DType given) const override { return given; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  /// Files may leave out the shapes of outputs, or follow from values: what a call gives is right.
  bool checks_by_running() const override { return true; }

  const ImportedGraph& graph() const { return *graph_; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Json own_config() const override;

 private:
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, const std::vector<Tensor>& weights,
                          const Random& random) const;
  std::vector<Tensor> run_on_values(const std::vector<Tensor>& inputs, const std::vector<Tensor>& weights,
                                    const Random& random) const;
  bool one_sample_each(const std::vector<Tensor>& inputs) const;

  struct Compiled;  // for inputs whose numbers decide what is computed

  std::shared_ptr<const ImportedGraph> graph_;
  std::shared_ptr<Compiled> compiled_;
  std::vector<WeightPtr> weights_;
};

/// A model of one such layer, with the names and the order that inputs and outputs have in the file. Throws Unsupported
/// for inputs that no model takes.
Model model_of_graph(std::shared_ptr<const ImportedGraph> graph);

}  // namespace lamina::onnx
