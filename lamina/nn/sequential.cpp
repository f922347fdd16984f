// Sequential: layers in a row.
#include "lamina/base/error.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina {

using detail::ModelImpl;

Sequential::Sequential(std::initializer_list<AnyLayer> layers, const ModelOptions& options)
    : Sequential(std::vector<AnyLayer>(layers), options) {}

Sequential::Sequential(const std::vector<AnyLayer>& layers, const ModelOptions& options)
    : LayerOf<Sequential, Model>(ModelImpl::make(ModelImpl::Kind::kSequential, options), options) {
  std::vector<std::shared_ptr<Layer>> all;
  for (const AnyLayer& layer : layers) all.push_back(layer.get());
  impl().append(*this, all);
  build_if_possible();
}

void Sequential::build_if_possible() {
  ModelImpl& model = impl();
  if (model.layers.empty()) return;
  if (const auto* input = dynamic_cast<const InputLayer*>(model.layers[0].get()))
    draw({input->batch_shape(), input->dtype()});
}

// A model that is a layer of another is part of that one's graph.
void Sequential::require_own(const char* action) const {
  if (!joined()) return;
  throw InvalidArgument(
      "model '" + name() + "': " + action +
      " cannot change it, since it is a layer of another model; change it first and nest it then");
}

void Sequential::draw(const TensorSpec& input) {
  ModelImpl& model = impl();
  model.built = false;
  forget_build();
  int stream = model.next_stream;
  Layer::build(TensorSpecs{input}, model.seed, stream);
}

void Sequential::add(AnyLayer layer) {
  ModelImpl& model = impl();
  require_own("add");
  const detail::Alone alone(*this, "add");
  const std::shared_ptr<const detail::LayerGraph> graph = model.graph;
  const bool built = model.built;
  model.append(*this, {layer.get()});
  try {
    if (built) {
      draw({graph->inputs()[0].shape(), graph->inputs()[0].dtype()});
    } else {
      build_if_possible();
    }
  } catch (...) {
    model.layers.pop_back();  // the layers stay as they were
    model.graph = graph;
    model.built = built;
    if (built) draw({graph->inputs()[0].shape(), graph->inputs()[0].dtype()});
    throw;
  }
}

void Sequential::pop() {
  ModelImpl& model = impl();
  require_own("pop");
  const detail::Alone alone(*this, "pop");
  model.require_idle(*this, "pop");
  if (model.layers.empty()) throw InvalidArgument("model '" + name() + "' has no layers to remove");
  detail::SharedUse::release(*this, *model.layers.back());
  model.layers.pop_back();
  model.trainer.reset();
  const bool only_input = model.layers.size() == 1 && dynamic_cast<InputLayer*>(model.layers[0].get());
  if (model.layers.empty() || only_input) {
    model.built = false;
    model.graph.reset();
    model.function.reset();
    forget_build();
    set_sublayers({});
    if (only_input) build_if_possible();
  } else if (model.built) {
    draw({model.graph->inputs()[0].shape(), model.graph->inputs()[0].dtype()});
  }
}

}  // namespace lamina
