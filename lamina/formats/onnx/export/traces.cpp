// Tracing a model for several choices of its open extents.
#include "lamina/formats/onnx/export/traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/core/needs_values.h"
#include "lamina/core/op_scope.h"
#include "lamina/core/tensor_node.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/storage.h"

namespace lamina::onnx {
namespace {

// What an open axis counts beyond the least extent, trace by trace: no two rows follow from each other by a factor and
// a summand, and each has odd and even numbers.
constexpr int64_t kSteps[][4] = {{0, 1, 3, 6}, {3, 0, 4, 1}, {5, 1, 0, 2}, {1, 4, 6, 0}, {2, 7, 1, 3}, {6, 2, 5, 1},
                                 {4, 9, 2, 7}, {0, 5, 2, 9}, {7, 3, 8, 0}, {1, 0, 8, 5}};
constexpr int64_t kBatch[] = {2, 4, 3, 6};
// One more trace far beyond, if the model bears it: what ends at a bound (the first 512 words) differs there.
constexpr size_t kNear = std::size(kBatch);
constexpr int64_t kFar = 4099, kFarBatch = 97;
// The least extents to try: models may want many, or bear few.
constexpr int64_t kLeast[] = {23, 7, 70, 3, 160, 520};

struct Axes {
  std::vector<std::vector<int>> symbols;  // of each input and axis: 0 the batch, -1 one that is not open
  int count = 1;
};

Axes axes_of(const std::vector<Shape>& shapes, bool shared) {
  Axes axes;
  std::map<int, int> by_place;
  for (const Shape& shape : shapes) {
    axes.symbols.emplace_back();
    for (int axis = 0; axis < shape.rank(); ++axis) {
      int symbol = -1;
      if (shape[axis] < 0 && axis == 0) {
        symbol = 0;
      } else if (shape[axis] < 0) {
        const auto known = shared ? by_place.find(axis) : by_place.end();
        symbol = known == by_place.end() ? axes.count++ : known->second;
        by_place[axis] = symbol;
      }
      axes.symbols.back().push_back(symbol);
    }
  }
  return axes;
}

Shape filled(const Shape& shape, const std::vector<int>& symbols, size_t trace, int64_t least) {
  Shape result = shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int symbol = symbols[static_cast<size_t>(axis)];
    if (symbol == 0) result.set(axis, trace < kNear ? kBatch[trace] : kFarBatch);
    if (symbol > 0 && trace >= kNear) result.set(axis, kFar + 13 * symbol);
    if (symbol > 0 && trace < kNear) {
      const auto row = static_cast<size_t>(symbol - 1);
      result.set(axis, least + kSteps[row % std::size(kSteps)][trace] + static_cast<int64_t>(row) * 11);
    }
  }
  return result;
}

void refuse_states(const Model& model, const CallContext& context) {
  for (const WeightPtr& weight : model.weights()) {
    if (weight->stateful && context.assigned(*weight))
      throw Unsupported("weight '" + weight->path +
                        "' is a state that each call changes (a stateful layer), and an ONNX graph keeps none; make the "
                        "layer without stateful");
  }
}

detail::Trace trace_once(const Model& model, const std::vector<DType>& dtypes, const std::vector<Shape>& shapes,
                         std::vector<std::string>& places) {
  const detail::OpScope::Asked asked;
  const detail::TracedFunction scope;
  const DeviceScope device(detail::device_of(model.weights()));
  LayerCall call;
  for (size_t i = 0; i < shapes.size(); ++i)
    call.inputs.push_back(detail::placeholder({dtypes[i], shapes[i]}, current_device()));
  call.list = call.inputs.size() > 1;
  CallContext context(false);
  const std::vector<Tensor> outputs = model.outputs(call, context);
  refuse_states(model, context);
  detail::Trace trace = detail::trace(outputs, call.inputs);
  if (trace.foreign) throw Unsupported("the model uses a tensor of another function that is being traced");
  places.clear();
  for (const detail::PendingOp* op : trace.ops) places.push_back(op->place ? *op->place : std::string());
  trace.ops.clear();
  return trace;
}

// "sequential/dense" of "layer 'sequential/dense' (Dense)".
std::string path_in(const std::string& place) {
  const size_t begin = place.find('\''), end = place.find('\'', begin + 1);
  return begin == std::string::npos || end == std::string::npos ? place : place.substr(begin + 1, end - begin - 1);
}

std::vector<std::vector<std::string>> names_of(const Axes& axes, const std::vector<std::string>& inputs) {
  std::map<int, std::string> names{{0, "batch"}};
  std::vector<std::vector<std::string>> result;
  for (size_t i = 0; i < inputs.size(); ++i) {
    result.emplace_back();
    for (size_t axis = 0; axis < axes.symbols[i].size(); ++axis) {
      const int symbol = axes.symbols[i][axis];
      if (symbol >= 0 && names.count(symbol) == 0) names[symbol] = inputs[i] + "_" + std::to_string(axis);
      result.back().push_back(symbol < 0 ? "" : names[symbol]);
    }
  }
  return result;
}

// `drawn`: the model is a graph of layers, which says which extents are open.
void take_shapes(std::vector<Shape>& own, const std::vector<std::string>& names,
                 const std::vector<std::pair<std::string, Shape>>& given, bool drawn) {
  for (const auto& [name, shape] : given) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw InvalidArgument("a shape is given for input '" + printable(name) + "', which the model does not have" +
                            suggest(name, names));
    Shape& expected = own[static_cast<size_t>(found - names.begin())];
    bool fits = shape.rank() == expected.rank();
    for (int axis = 0; fits && axis < shape.rank(); ++axis) {
      fits = (!drawn || expected[axis] < 0 || shape[axis] == expected[axis]) && (shape[axis] > 0 || shape[axis] == -1);
    }
    if (!fits)
      throw InvalidArgument("the shape " + shape.str() + " for input '" + printable(name) + "' does not fit the model's, " +
                            expected.str() + "; extents must be positive, the batch axis first, None or -1 for what stays open");
    expected = shape;
  }
}

void describe(ModelTraces& result, const Model& model, std::vector<Shape>& shapes) {
  const detail::ModelImpl& impl = detail::ModelImpl::of(model);
  if (!model.built() || (impl.steps_only && !impl.graph))
    throw InvalidArgument("model '" + model.name() +
                          "' is not built, so that nobody knows what it takes; call it on data, or give it an Input");
  TensorSpecs specs;
  if (impl.graph) {
    for (const Tensor& input : impl.graph->inputs()) specs.push_back({input.shape(), input.dtype()});
  } else {
    specs = model.input_specs();
  }
  if (specs.empty()) throw InvalidArgument("model '" + model.name() + "' takes no inputs");
  result.input_names = impl.input_names;
  result.output_names = impl.output_names;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (result.input_names.size() <= i) result.input_names.push_back("input_" + std::to_string(i));
    result.input_dtypes.push_back(specs[i].dtype);
    shapes.push_back(specs[i].shape);
  }
  // A model without a graph knows its first batch alone; others may come.
  if (!impl.graph) {
    for (Shape& shape : shapes) {
      if (shape.rank() > 0) shape.set(0, -1);
    }
  }
}

void add_trace(const Model& model, const std::vector<Shape>& shapes, const Axes& axes, int64_t least,
               ModelTraces& result) {
  std::vector<Shape> filled_in;
  for (size_t i = 0; i < shapes.size(); ++i)
    filled_in.push_back(filled(shapes[i], axes.symbols[i], result.traces.size(), least));
  result.traces.push_back(trace_once(model, result.input_dtypes, filled_in, result.places));
  result.input_shapes.push_back(std::move(filled_in));
}

void trace_near(const Model& model, const std::vector<Shape>& shapes, const Axes& axes, int64_t least,
                ModelTraces& result) {
  result.traces.clear();
  result.input_shapes.clear();
  for (size_t trace = 0; trace < kNear; ++trace) add_trace(model, shapes, axes, least, result);
}

void trace_far(const Model& model, const std::vector<Shape>& shapes, const Axes& axes, ModelTraces& result) {
  const auto nodes = [&](size_t trace) { return result.traces[trace].graph.nodes.size(); };
  if (nodes(0) != nodes(1)) return;  // as many as there are steps: refused, and a long one would take its time
  try {
    add_trace(model, shapes, axes, 0, result);
  } catch (const InvalidArgument&) {  // longer than the model can be asked
  }
}

void finish(const Axes& axes, ModelTraces& result) {
  result.open = names_of(axes, result.input_names);
  for (std::string& place : result.places) place = path_in(place);
  for (const ValueId output : result.traces[0].results)
    result.output_dtypes.push_back(result.traces[0].graph.type(output).dtype);
  for (size_t i = result.output_names.size(); i < result.output_dtypes.size(); ++i)
    result.output_names.push_back("output_" + std::to_string(i));
}

}  // namespace

ModelTraces trace_model(const Model& model, const std::vector<std::pair<std::string, Shape>>& shapes) {
  ModelTraces result;
  std::vector<Shape> own;
  describe(result, model, own);
  take_shapes(own, result.input_names, shapes, detail::ModelImpl::of(model).graph != nullptr);
  std::optional<std::string> first_error;
  for (const bool shared : {false, true}) {
    const Axes axes = axes_of(own, shared);
    for (const int64_t least : kLeast) {
      try {
        trace_near(model, own, axes, least, result);
        trace_far(model, own, axes, result);
        finish(axes, result);
        return result;
      } catch (const NeedsValues& error) {
        throw Unsupported(std::string("what the model computes follows from numbers that only a run knows: ") +
                          error.what());
      } catch (const InvalidArgument& error) {
        if (!first_error) first_error = error.what();
        if (axes.count == 1) break;  // other extents would not help
      }
    }
  }
  throw Unsupported("the model cannot be traced with its open axes: " + *first_error +
                    "; give its inputs fixed shapes");
}

}  // namespace lamina::onnx
