// Writers of recurrent sequences. Where ONNX has the same layer it is that; masks, other activations and kernels that only
// a run knows make a Scan, whose body is one step.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "lamina/core/trace.h"
#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/recurrent.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

using In = detail::SequenceInput;
using Out = detail::SequenceOutput;

// What ONNX has of a cell.
struct Layer {
  const char* type;
  std::vector<int> gates;  // of ours, in ONNX's order
};

// ONNX lists the numbers of those activations alone that have such.
struct Activation {
  const char* name;
  std::optional<float> alpha = {}, beta = {};
};
const std::map<std::string, Activation> kActivations{
    {"tanh", {"Tanh"}},     {"sigmoid", {"Sigmoid"}},     {"relu", {"Relu"}},        {"hard_sigmoid", {"HardSigmoid", 1.0F / 6, 0.5F}},
    {"elu", {"Elu", 1.0F}}, {"softsign", {"Softsign"}},   {"linear", {"Affine", 1.0F, 0.0F}}};

// Both are float32 where ours are computed by way of it.
DType computed(DType dtype) { return dtype == DType::kFloat64 ? dtype : DType::kFloat32; }

// The columns of gates (..., gates * units), one below the other in ONNX's order: (1, gates * units, ...).
Tensor gates_first(const Tensor& matrix, const std::vector<int>& gates) {
  const int64_t units = matrix.shape()[-1] / static_cast<int64_t>(gates.size());
  std::vector<Tensor> parts;
  for (const int gate : gates) parts.push_back(index(matrix, {ellipsis, Slice{gate * units, (gate + 1) * units}}));
  const Tensor joined = concatenate(parts, -1);
  return expand_dims(joined.rank() == 2 ? transpose(joined) : joined, 0);
}

// x W + b with constants, as it came to the sequence.
struct Projected {
  WrittenPtr x;
  Tensor kernel, bias;
  std::string kernel_name, bias_name;
};

const Written::Made* made_by(const WrittenPtr& value, const char* op) {
  return value && value->made && value->made->op->name == op ? value->made.get() : nullptr;
}

// Behind that product, where there is one of constants, or the sequence as it is.
Projected projected(const WrittenPtr& given) {
  Projected result;
  const Written::Made* product = made_by(given, "matmul");
  if (const Written::Made* sum = made_by(given, "add"); sum && sum->inputs[1]->constant.defined()) {
    product = made_by(sum->inputs[0], "matmul");
    if (sum->inputs[1]->rank() != 1) product = nullptr;
    result.bias = sum->inputs[1]->constant;
    result.bias_name = sum->inputs[1]->wish;
  }
  if (product && product->inputs[1]->constant.defined() && product->inputs[1]->rank() == 2 &&
      product->inputs[0]->rank() == 3 && product->attrs.as<MatmulAttrs>() == MatmulAttrs()) {
    result.x = product->inputs[0];
    result.kernel = product->inputs[1]->constant;
    result.kernel_name = product->inputs[1]->wish;
    return result;
  }
  result.x = given;
  result.kernel = {};
  result.bias = {};
  return result;
}

// The activations of the cell as attributes; false where ONNX lacks one.
bool add_activations(const RecurrentAttrs& attrs, const Layer& layer, Attributes& attributes) {
  std::vector<std::string> names;
  if (layer.gates.size() > 1) names.push_back(attrs.recurrent_activation);
  names.push_back(attrs.activation);
  if (layer.gates.size() == 4) names.push_back(attrs.activation);
  std::vector<std::string> theirs;
  std::vector<float> alpha, beta;
  for (const std::string& name : names) {
    const auto found = kActivations.find(name);
    if (found == kActivations.end()) return false;
    theirs.emplace_back(found->second.name);
    if (found->second.alpha) alpha.push_back(*found->second.alpha);
    if (found->second.beta) beta.push_back(*found->second.beta);
  }
  attributes.emplace_back("activations", theirs);
  if (!alpha.empty()) attributes.emplace_back("activation_alpha", alpha);
  if (!beta.empty()) attributes.emplace_back("activation_beta", beta);
  return true;
}

bool as_layer(Writing& w, const Layer& layer) {
  const auto& attrs = w.attrs<RecurrentAttrs>();
  const Tensor& recurrent = w.constant(In::kKernel);
  if (!w.absent(In::kMask) || !w.absent(In::kDropout) || !recurrent.defined() || w.dtype(In::kX) != DType::kFloat32 ||
      w.input(In::kX)->dtype != DType::kFloat32)
    return false;
  const bool resets = layer.gates.size() == 3;
  if (!w.absent(In::kBias) && !w.constant(In::kBias).defined()) return false;
  const int64_t units = recurrent.shape()[0], width = recurrent.shape()[1];
  Attributes attributes{{"hidden_size", units}, {"direction", attrs.go_backwards ? "reverse" : "forward"}};
  if (!add_activations(attrs, layer, attributes)) return false;
  if (resets) attributes.emplace_back("linear_before_reset", attrs.reset_after ? 1 : 0);

  Projected from = projected(w.input(In::kX));
  if (!from.kernel.defined()) {  // each gate takes what was projected for it
    std::vector<float> unit(static_cast<size_t>(width * width));
    for (int64_t i = 0; i < width; ++i) unit[static_cast<size_t>(i * width + i)] = 1;
    from.kernel = Tensor::from(unit, {width, width});
    from.kernel_name = "unit matrix";
  }
  Builder& b = w.builder();
  const auto constant = [&](const Tensor& tensor, const std::string& name) {
    return b.constant(gates_first(tensor, layer.gates).eval(), name);
  };
  Names inputs{w.node("Transpose", {plain_name(b, *from.x)}, {{"perm", std::vector<int64_t>{1, 0, 2}}}),
               constant(from.kernel, from.kernel_name), constant(recurrent, w.input(In::kKernel)->wish), "", ""};
  if (from.bias.defined() || !w.absent(In::kBias)) {
    const Tensor none = zeros({width});
    const Tensor given = from.bias.defined() ? from.bias : none;
    const Tensor inner = w.absent(In::kBias) ? none : w.constant(In::kBias);
    const std::string& name = from.bias.defined() ? from.bias_name : w.input(In::kBias)->wish;
    inputs[3] = b.constant(concatenate({gates_first(given, layer.gates), gates_first(inner, layer.gates)}, 1).eval(), name);
  }
  inputs.push_back(w.over_axes("Unsqueeze", w.in(In::kH), {0}, 13));
  if (layer.gates.size() == 4) inputs.push_back(w.over_axes("Unsqueeze", w.in(In::kC), {0}, 13));
  const Names made = b.nodes(layer.type, inputs, layer.gates.size() == 4 ? 3 : 2, attributes);

  const std::string h = w.over_axes("Squeeze", made[1], {0}, 13);
  w.out(Out::kH, h);
  if (layer.gates.size() == 4) w.out(Out::kC, w.over_axes("Squeeze", made[2], {0}, 13));
  if (!attrs.return_sequences) {
    w.out(Out::kOutput, h);
    return true;
  }
  // In the order of the steps, where ONNX has that of time.
  std::string y = w.node("Transpose", {w.over_axes("Squeeze", made[0], {1}, 13)}, {{"perm", std::vector<int64_t>{1, 0, 2}}});
  if (attrs.go_backwards)
    y = w.node("Slice", {y, w.integers({-1}), w.integers({-std::numeric_limits<int64_t>::max()}), w.integers({1}),
                         w.integers({-1})});
  w.out(Out::kOutput, y);
  return true;
}

// The op's body for one step in each trace.
struct Step {
  std::vector<detail::Trace> traces;
  std::vector<const Graph*> graphs;
};

Step step_of(Writing& w, const std::string& op, DType dtype) {
  Step step;
  for (size_t trace = 0; trace < w.traces(); ++trace) {
    RecurrentAttrs attrs = w.attrs<RecurrentAttrs>(trace);
    attrs.go_backwards = attrs.return_sequences = attrs.residuals = false;
    std::vector<Tensor> arguments;
    for (size_t i = 0; i < w.size(); ++i) {
      Shape shape = w.shape(i, trace);
      if (i == In::kX || (i == In::kMask && !w.absent(i))) shape.set(1, 1);
      arguments.push_back(detail::placeholder({is_floating(w.dtype(i)) ? dtype : w.dtype(i), shape}, current_device()));
    }
    const detail::TracedFunction scope;
    step.traces.push_back(detail::trace(find_op(op).body(attrs, arguments), arguments));
  }
  for (const detail::Trace& trace : step.traces) step.graphs.push_back(&trace.graph);
  return step;
}

// An input of a step that the body does not take from the Scan.
WrittenPtr around(Writing& w, size_t i, DType dtype) {
  WrittenPtr value = w.seen_inside(i);
  if (!is_floating(value->dtype) || value->dtype == dtype) return value;
  value->plain = w.as(value->plain, w.dtype(i), dtype);
  value->dtype = dtype;
  value->constant = {};
  return value;
}

// States and the last output go from step to step; x and the mask are scanned over time.
void as_scan(Writing& w) {
  const auto& attrs = w.attrs<RecurrentAttrs>(0);
  const DType dtype = computed(w.dtype(In::kX));
  const bool masked = !w.absent(In::kMask), carry = !w.absent(In::kC);
  const Step step = step_of(w, w.op(), dtype);
  std::vector<WrittenPtr> outside, inside(w.size());
  for (size_t i = 0; i < w.size(); ++i) outside.push_back(around(w, i, dtype));

  Builder body(w.builder());
  std::vector<size_t> states{In::kH};
  if (carry) states.push_back(In::kC);
  Names inputs;
  for (const size_t i : states) {
    inside[i] = Writing::inner_input(body, *outside[i], "state");
    inputs.push_back(outside[i]->plain);
  }
  WrittenPtr last;  // what a masked step puts out
  if (masked && !attrs.zero_output_for_mask) {
    last = Writing::inner_input(body, *outside[In::kH], "last");
    inputs.push_back(w.node("Mul", {outside[In::kH]->plain, w.number(0, dtype)}));
  }
  std::vector<size_t> scanned{In::kX};
  if (masked) scanned.push_back(In::kMask);
  const auto num_states = inputs.size();
  for (const size_t i : scanned) {
    Written one = *outside[i];
    for (Shape& shape : one.shapes) {
      std::vector<int64_t> dims = shape.dims();
      dims.erase(dims.begin() + 1);
      shape = Shape(dims);
    }
    inside[i] = Writing::inner_input(body, one, "step");
    inside[i]->plain = body.node("Unsqueeze", {inside[i]->plain, body.integers({1})});
    for (size_t trace = 0; trace < w.traces(); ++trace) {
      inside[i]->shapes[trace] = outside[i]->shapes[trace];
      inside[i]->shapes[trace].set(1, 1);
    }
    inputs.push_back(outside[i]->plain);
  }
  for (size_t i = 0; i < w.size(); ++i) {
    if (!inside[i]) inside[i] = std::make_shared<Written>(*outside[i]);
  }
  const std::vector<ValueId>& results = step.traces[0].results;
  const std::vector<WrittenPtr> made = w.inside(body, step.graphs, inside, {results[Out::kOutput], results[Out::kH], results[carry ? Out::kC : Out::kH]});
  WrittenPtr output = made[0];
  if (last) {
    auto chosen = std::make_shared<Written>(*made[1]);
    chosen->plain = body.node("Where", {inside[In::kMask]->plain, made[1]->plain, last->plain});
    output = chosen;
  }
  Writing::inner_output(body, *made[1]);
  if (carry) Writing::inner_output(body, *made[2]);
  if (last) Writing::inner_output(body, *output);
  Writing::inner_output(body, *output);

  body.proto().set_name(body.unique("step"));
  const std::vector<int64_t> direction(scanned.size(), attrs.go_backwards ? 1 : 0), time(scanned.size(), 1);
  const Names done = w.builder().nodes("Scan", inputs, num_states + 1,
                                       {{"body", std::move(body.proto())},
                                        {"num_scan_inputs", static_cast<int64_t>(scanned.size())},
                                        {"scan_input_directions", direction},
                                        {"scan_input_axes", time},
                                        {"scan_output_axes", std::vector<int64_t>{1}}});
  const auto given_back = [&](size_t output_number, const std::string& name) {
    w.out(output_number, w.as(name, dtype, w.out_dtype(output_number)));
  };
  given_back(Out::kH, done[0]);
  if (carry) given_back(Out::kC, done[1]);
  if (attrs.return_sequences) {
    given_back(Out::kOutput, done[num_states]);
  } else if (last) {
    given_back(Out::kOutput, done[num_states - 1]);
  } else {  // a masked last step puts out zeros, so that the state is not the output
    const std::string end = w.node("Gather", {done[num_states], w.builder().integer(-1)}, {{"axis", 1}});
    given_back(Out::kOutput, masked ? end : done[0]);
  }
}

bool sequence(const char* op, const Layer& layer) {
  return register_writer(op, [layer](Writing& w) {
    for (const size_t residual : {Out::kGates, Out::kInner, Out::kStates}) {
      if (w.used(residual)) w.refuse("what its gradient needs is used, which only training does");
    }
    if (!as_layer(w, layer)) as_scan(w);
  });
}

const bool kRecurrentRegistered[] = {
    sequence("simple_rnn_sequence", {"RNN", {0}}),
    sequence("gru_sequence", {"GRU", {0, 1, 2}}),
    sequence("lstm_sequence", {"LSTM", {0, 3, 1, 2}}),
};

}  // namespace
}  // namespace lamina::onnx
