// Arguments of recurrent sequences: names and checks.
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recurrent.h"

namespace lamina::detail {

std::vector<ArgSpec> sequence_inputs() {
  return {{"x", DTypeClass::kFloating},
          {"recurrent_kernel", DTypeClass::kFloating},
          {"recurrent_bias", DTypeClass::kFloating},
          {"h", DTypeClass::kFloating},
          {"c", DTypeClass::kFloating},
          {"mask", DTypeClass::kBool},
          {"recurrent_dropout", DTypeClass::kFloating}};
}

std::vector<std::string> sequence_outputs() { return {"output", "h", "c", "gates", "inner", "states"}; }

std::vector<ArgSpec> sequence_grad_inputs() {
  const DTypeClass floating = DTypeClass::kFloating;
  return {{"recurrent_kernel", floating},
          {"c", floating},
          {"mask", DTypeClass::kBool},
          {"recurrent_dropout", floating},
          {"gates", floating},
          {"inner", floating},
          {"states", floating},
          {"doutput", floating},
          {"dh", floating},
          {"dc", floating}};
}

std::vector<std::string> sequence_grad_outputs() { return {"dx", "drecurrent", "dh", "dc"}; }

namespace {

const Shape kAbsent{0};

struct Sizes {
  int64_t batch, time, units;
};

/// Fails unless the argument `index` has shape `expected`; `optional` ones may be absent.
void check_shape(const InferArgs& args, int index, const Shape& expected, bool optional = false) {
  const auto i = static_cast<size_t>(index);
  const Shape& given = args.inputs[i].shape;
  if (given == expected || (optional && absent(given))) return;
  args.fail(args.op.inputs[i].name + " must have shape " + expected.str() +
            (optional ? " or be absent" : "") + ", not " + given.str());
}

void check_activations(const InferArgs& args) {
  const auto& attrs = args.attrs.as<RecurrentAttrs>();
  for (const std::string& name : {attrs.activation, attrs.recurrent_activation}) {
    if (find_gate_function(name)) continue;
    std::string known;
    for (const std::string& each : sequence_activations()) known += (known.empty() ? "\"" : "\", \"") + each;
    args.fail("the activation must be one of " + known + "\", not \"" + name + "\"");
  }
}

void check_floats(const InferArgs& args) {
  for (const TensorType& input : args.inputs) {
    if (input.dtype != DType::kBool && input.dtype != args.inputs[0].dtype)
      args.fail("the floating inputs must have one dtype; cast them first");
  }
}

bool has_inner(const RecurrentCell& cell, const RecurrentAttrs& attrs) {
  return cell.carry || (cell.resets && attrs.reset_after);
}

/// Batch, time and units of a (batch, time, gates * units) argument.
Sizes sizes_of(const RecurrentCell& cell, const InferArgs& args, int index) {
  const auto i = static_cast<size_t>(index);
  const Shape& shape = args.inputs[i].shape;
  const std::string width = cell.gates == 1 ? "units" : std::to_string(cell.gates) + " * units";
  if (shape.rank() != 3 || shape[2] < 1 || shape[2] % cell.gates != 0) {
    args.fail(args.op.inputs[i].name + " must be (batch, time, " + width + "), not " + shape.str());
  }
  if (shape[1] < 1) args.fail("a sequence needs at least one step; " + args.op.inputs[i].name + " has none");
  return {shape[0], shape[1], shape[2] / cell.gates};
}

}  // namespace

std::vector<TensorType> infer_sequence(const RecurrentCell& cell, const InferArgs& args) {
  using In = SequenceInput;
  const auto& attrs = args.attrs.as<RecurrentAttrs>();
  check_floats(args);
  check_activations(args);
  const Sizes s = sizes_of(cell, args, In::kX);
  const Shape state{s.batch, s.units};
  check_shape(args, In::kKernel, {s.units, cell.gates * s.units});
  if (cell.resets && !attrs.reset_after && !absent(args.inputs[In::kBias].shape))
    args.fail("without reset_after the recurrent bias belongs to x");
  check_shape(args, In::kBias, cell.resets ? Shape{cell.gates * s.units} : kAbsent, cell.resets);
  check_shape(args, In::kH, state);
  check_shape(args, In::kC, cell.carry ? state : kAbsent);
  check_shape(args, In::kMask, {s.batch, s.time}, true);
  check_shape(args, In::kDropout, {cell.gates, s.batch, s.units}, true);

  const DType dtype = args.inputs[0].dtype;
  const Shape all{s.batch, s.time, s.units};
  const auto kept = [&](bool keep, const Shape& shape) {
    return TensorType{dtype, keep && attrs.residuals ? shape : kAbsent};
  };
  return {{dtype, attrs.return_sequences ? all : state},
          {dtype, state},
          {dtype, cell.carry ? state : kAbsent},
          kept(true, args.inputs[0].shape),
          kept(has_inner(cell, attrs), all),
          kept(true, all)};
}

std::vector<TensorType> infer_sequence_grad(const RecurrentCell& cell, const InferArgs& args) {
  using In = SequenceGradInput;
  const auto& attrs = args.attrs.as<RecurrentAttrs>();
  check_floats(args);
  check_activations(args);
  const Sizes s = sizes_of(cell, args, In::kGates);
  const Shape state{s.batch, s.units};
  const Shape all{s.batch, s.time, s.units};
  check_shape(args, In::kKernel, {s.units, cell.gates * s.units});
  check_shape(args, In::kC, cell.carry ? state : kAbsent);
  check_shape(args, In::kMask, {s.batch, s.time}, true);
  check_shape(args, In::kDropout, {cell.gates, s.batch, s.units}, true);
  check_shape(args, In::kInner, has_inner(cell, attrs) ? all : kAbsent);
  check_shape(args, In::kStates, all);
  check_shape(args, In::kDOutput, attrs.return_sequences ? all : state, true);
  check_shape(args, In::kDH, state, true);
  check_shape(args, In::kDC, cell.carry ? state : kAbsent, true);

  const DType dtype = args.inputs[0].dtype;
  const Shape& gates = args.inputs[In::kGates].shape;
  return {{dtype, gates},
          {dtype, cell.resets && attrs.reset_after ? gates : kAbsent},
          {dtype, state},
          {dtype, cell.carry ? state : kAbsent}};
}

}  // namespace lamina::detail
