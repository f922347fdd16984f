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
#include "lamina/formats/detail/model_trace.h"

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

// Names of axes, as given for each input; none where nobody named them.
using AxisNames = std::vector<std::vector<std::string>>;

struct Axes {
  std::vector<std::vector<int>> symbols;  // of each input and axis: 0 the batch, -1 one that is not open
  std::map<int, std::string> names;       // of those that have one
  int count = 1;
};

Axes axes_of(const std::vector<Shape>& shapes, const AxisNames& names, bool shared) {
  Axes axes;
  std::map<int, int> by_place;
  std::map<std::string, int> by_name;
  for (size_t input = 0; input < shapes.size(); ++input) {
    const Shape& shape = shapes[input];
    axes.symbols.emplace_back();
    for (int axis = 0; axis < shape.rank(); ++axis) {
      int symbol = -1;
      if (shape[axis] < 0 && axis == 0) {
        symbol = 0;
        if (!names[input].empty()) axes.names[symbol] = names[input][0];
      } else if (shape[axis] < 0 && !names[input].empty()) {
        const std::string& name = names[input][static_cast<size_t>(axis)];
        const auto known = by_name.find(name);
        symbol = known == by_name.end() ? axes.count++ : known->second;
        by_name[name] = symbol;
        axes.names[symbol] = name;
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

detail::Trace trace_once(const Model& model, const std::vector<DType>& dtypes, const std::vector<Shape>& shapes,
                         std::vector<std::string>& places) {
  const detail::OpScope::Asked asked;
  std::vector<TensorType> types;
  for (size_t i = 0; i < shapes.size(); ++i) types.push_back({dtypes[i], shapes[i]});
  detail::ModelTrace made = detail::trace_of(model, types, " (a stateful layer), and an ONNX graph keeps none");
  places = std::move(made.places);
  return std::move(made.trace);
}

// "sequential/dense" of "layer 'sequential/dense' (Dense)".
std::string path_in(const std::string& place) {
  const size_t begin = place.find('\''), end = place.find('\'', begin + 1);
  return begin == std::string::npos || end == std::string::npos ? place : place.substr(begin + 1, end - begin - 1);
}

std::vector<std::vector<std::string>> names_of(const Axes& axes, const std::vector<std::string>& inputs) {
  std::map<int, std::string> names = axes.names;
  names.emplace(0, "batch");
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

AxisNames named_axes(const std::vector<Shape>& shapes, const std::vector<std::string>& names,
                     const std::vector<std::pair<std::string, std::vector<std::string>>>& given) {
  AxisNames result(names.size());
  std::string batch;
  for (const auto& one : given) {
    const std::string& name = one.first;
    const std::vector<std::string>& axes = one.second;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw InvalidArgument("axes are named for input '" + printable(name) + "', which the model does not have" +
                            suggest(name, names));
    const auto input = static_cast<size_t>(found - names.begin());
    const auto fail = [&](const std::string& what) {
      throw InvalidArgument("the axes of input '" + printable(name) + "' are named " + printable(fmt::format("{}", fmt::join(axes, ", "))) +
                            "; " + what);
    };
    if (axes.size() != static_cast<size_t>(shapes[input].rank()))
      fail("its shape is " + shapes[input].str() + ", with " + std::to_string(shapes[input].rank()) + " axes");
    for (size_t axis = 0; axis < axes.size(); ++axis) {
      if (axes[axis].empty()) fail("each needs a name");
      if (axis == 0 && batch.empty()) batch = axes[0];
      if ((axis == 0) != (axes[axis] == batch)) fail("the first axis of all inputs is the batch, and '" + printable(batch) + "' its name alone");
    }
    result[input] = axes;
  }
  return result;
}

// Takes what the model says of itself; whether it is a graph of layers.
bool describe(ModelTraces& result, const Model& model, std::vector<Shape>& shapes) {
  detail::ModelSignature signature = detail::signature_of(model);
  result.input_names = std::move(signature.inputs);
  result.output_names = std::move(signature.outputs);
  for (const TensorSpec& spec : signature.specs) {
    result.input_dtypes.push_back(spec.dtype);
    shapes.push_back(spec.shape);
  }
  // A model without a graph knows its first batch alone; others may come.
  if (!signature.drawn) {
    for (Shape& shape : shapes) {
      if (shape.rank() > 0) shape.set(0, -1);
    }
  }
  return signature.drawn;
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

ModelTraces trace_model(const Model& model, const OnnxOptions& options) {
  ModelTraces result;
  std::vector<Shape> own;
  const bool drawn = describe(result, model, own);
  take_shapes(own, result.input_names, options.shapes, drawn);
  const AxisNames names = named_axes(own, result.input_names, options.axes);
  std::optional<std::string> first_error;
  for (const bool shared : {false, true}) {
    const Axes axes = axes_of(own, names, shared);
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
