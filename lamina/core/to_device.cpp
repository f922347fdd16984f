// Tensor::to: copies between devices, through which gradients pass.
#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/core/symbol.h"
#include "lamina/core/tensor_node.h"

namespace lamina {
namespace {

// A program runs on one device, so that nothing runs this op there: it stands for the copy in the history of
// what was copied.
const Op& to_device_op =
    register_op({.name = "to_device",
                 .doc = "The same elements on another device.",
                 .inputs = {{"x"}},
                 .outputs = {"y"},
                 .infer = [](const InferArgs& args) -> std::vector<TensorType> { return {args.inputs[0]}; },
                 .vjp = [](const VjpArgs& args) -> std::vector<Tensor> {
                   return {args.grads[0].to(args.inputs[0].device())};
                 },
                 .view = true});

}  // namespace

Tensor Tensor::to(const Device& device) const {
  if (this->device() == device) return *this;
  lamina::backend(device);  // throws when there is none
  if (node_->open) {
    throw InvalidArgument("Tensor::to(\"" + device.str() + "\"): this tensor on " + this->device().str() +
                          " stands for an argument of compile, cond, while_loop or scan, whose programs run "
                          "on one device; copy before or after the call");
  }
  const std::shared_ptr<Buffer>& from = buffer();
  auto to = std::make_shared<Buffer>(device, from->bytes());
  copy(*to, *from, type().bytes());
  Tensor result = wrap(std::move(to), type());

  const std::shared_ptr<detail::PendingOp> op = detail::new_pending_op();
  op->op = &to_device_op;
  op->inputs.push_back(*this);
  op->outputs.push_back(result.node());
  result.node()->producer = op;
  result.node()->watch = node_->watch;
  detail::PendingOp* const ops[] = {op.get()};
  const Tensor captured[] = {*this};
  detail::remember({&result, 1}, ops, captured, {}, 1);  // the caller's handle
  if (const Tensor mask = mask_of(*this); mask.defined()) set_mask(result, mask.to(device));
  return result;
}

Tensor Tensor::to(const std::string& device) const { return to(detail::usable_device(device)); }

}  // namespace lamina
