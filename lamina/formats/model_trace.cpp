// Asking a model what it takes, and tracing what it computes.
#include "lamina/formats/detail/model_trace.h"

#include "lamina/base/error.h"
#include "lamina/core/tensor_node.h"
#include "lamina/nn/call_context.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/layer.h"

namespace lamina::detail {

ModelSignature signature_of(const Model& model) {
  const ModelImpl& impl = ModelImpl::of(model);
  if (!model.built() || (impl.steps_only && !impl.graph))
    throw InvalidArgument("model '" + model.name() +
                          "' is not built, so that nobody knows what it takes; call it on data, or give it an Input");
  ModelSignature result{impl.input_names, impl.output_names, {}, impl.graph != nullptr};
  if (impl.graph) {
    for (const Tensor& input : impl.graph->inputs()) result.specs.push_back({input.shape(), input.dtype()});
  } else {
    result.specs = model.input_specs();
  }
  if (result.specs.empty()) throw InvalidArgument("model '" + model.name() + "' takes no inputs");
  for (size_t i = result.inputs.size(); i < result.specs.size(); ++i)
    result.inputs.push_back("input_" + std::to_string(i));
  return result;
}

ModelTrace trace_of(const Model& model, const std::vector<TensorType>& inputs, const std::string& state_reason) {
  const TracedFunction scope;
  const DeviceScope device(device_of(model.weights()));
  LayerCall call;
  for (const TensorType& type : inputs) call.inputs.push_back(placeholder(type, current_device()));
  call.list = call.inputs.size() > 1;
  CallContext context(false);
  const std::vector<Tensor> outputs = model.outputs(call, context);
  for (const WeightPtr& weight : model.weights()) {
    if (weight->stateful && context.assigned(*weight))
      throw Unsupported("weight '" + weight->path + "' is a state that each call changes" + state_reason +
                        "; make the layer without stateful");
  }
  ModelTrace result{trace(outputs, call.inputs), {}};
  if (result.trace.foreign)
    throw Unsupported("the model uses a tensor of another function that is being traced");
  for (const PendingOp* op : result.trace.ops) result.places.push_back(op->place ? *op->place : std::string());
  result.trace.ops.clear();
  return result;
}

}  // namespace lamina::detail
