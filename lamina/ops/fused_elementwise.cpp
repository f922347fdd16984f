// Op fused_elementwise: a chain of elementwise ops as one node. Made by the fusion pass; its kernel is the
// tile machine.
#include "lamina/core/tensor.h"
#include "lamina/graph/elementwise.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"

namespace lamina {
namespace {

/// The type of an instruction's result, which must be what its op says of such operands.
TensorType result_of(const InferArgs& args, const TileInstruction& instruction,
                     const std::vector<TensorType>& registers) {
  const Shape& shape = args.attrs.as<FusedElementwiseAttrs>().shape;
  if (!instruction.op || !instruction.op->elementwise) args.fail("an instruction is not elementwise");
  const std::string& op = instruction.op->name;
  std::vector<TensorType> operands;
  for (int operand : instruction.operands) {
    if (operand < 0 || static_cast<size_t>(operand) >= registers.size())
      args.fail(op + " reads a register before it is written");
    operands.push_back(registers[static_cast<size_t>(operand)]);
  }
  const std::vector<TensorType> types = infer(*instruction.op, instruction.attrs, operands);
  if (types.size() != 1 || types[0].dtype != instruction.dtype)
    args.fail(op + " does not make " + name(instruction.dtype));
  if (types[0].shape.rank() > shape.rank() || broadcast(types[0].shape, shape) != shape)
    args.fail(op + " makes " + types[0].shape.str() + ", which does not broadcast to " + shape.str());
  return types[0];
}

std::vector<TensorType> infer_fused(const InferArgs& args) {
  const auto& attrs = args.attrs.as<FusedElementwiseAttrs>();
  const int inputs = attrs.num_inputs;
  detail::check_extents(args, attrs.shape);
  if (static_cast<size_t>(inputs) != args.inputs.size())
    args.fail("expected " + std::to_string(inputs) + " inputs");
  for (int i = 0; i < inputs; ++i) {
    const Shape& shape = args.inputs[static_cast<size_t>(i)].shape;
    if (reads_whole(attrs, i)) continue;
    if (shape.rank() > attrs.shape.rank() || broadcast(shape, attrs.shape) != attrs.shape) {
      args.fail("input " + std::to_string(i) + " does not broadcast to " + attrs.shape.str());
    }
  }
  std::vector<TensorType> registers(args.inputs.begin(), args.inputs.end());
  for (const TileInstruction& instruction : attrs.code)
    registers.push_back(result_of(args, instruction, registers));
  std::vector<TensorType> types;
  for (int result : attrs.results) {
    if (result < 0 || static_cast<size_t>(result) >= registers.size())
      args.fail("result " + std::to_string(result) + " is no register");
    types.push_back({registers[static_cast<size_t>(result)].dtype, attrs.shape});
  }
  return types;
}

std::vector<Tensor> replay(const Attrs& fused, std::span<const Tensor> inputs) {
  const auto& attrs = fused.as<FusedElementwiseAttrs>();
  std::vector<Tensor> registers(inputs.begin(), inputs.end());
  for (const TileInstruction& instruction : attrs.code) {
    std::vector<Tensor> operands;
    for (int operand : instruction.operands) operands.push_back(registers[static_cast<size_t>(operand)]);
    registers.push_back(apply(*instruction.op, instruction.attrs, std::move(operands))[0]);
  }
  std::vector<Tensor> outputs;
  for (int result : attrs.results) {
    const Tensor& value = registers[static_cast<size_t>(result)];
    outputs.push_back(value.shape() == attrs.shape
                          ? value
                          : apply(find_op("broadcast_to"), BroadcastToAttrs{attrs.shape}, {value})[0]);
  }
  return outputs;
}

const Op& op = register_op<FusedElementwiseAttrs>(
    {.name = "fused_elementwise",
     .doc = "A chain of elementwise ops, run tile by tile without storing what lies between.",
     .inputs = {},
     .variadic = true,
     .outputs = {"results"},
     .infer = infer_fused,
     .vjp = detail::vjp_of_body<replay>,
     .body = replay,
     .in_place_any = true});

}  // namespace
}  // namespace lamina
