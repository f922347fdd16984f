// Gradients by way of an op's body.
#include "lamina/ops/detail/body.h"

#include "lamina/core/grad.h"

namespace lamina::detail {

std::vector<Tensor> vjp_through(Body body, const VjpArgs& args) {
  std::vector<Tensor> wanted, outputs, grads;
  for (const Tensor& input : args.inputs) {
    if (is_floating(input.dtype())) wanted.push_back(input);
  }
  const std::vector<Tensor> all = body(args.attrs, args.inputs);
  for (size_t i = 0; i < all.size(); ++i) {
    if (!args.grads[i].defined()) continue;
    outputs.push_back(all[i]);
    grads.push_back(args.grads[i]);
  }
  const std::vector<Tensor> found = vjp(outputs, wanted, grads);
  std::vector<Tensor> result;
  size_t next = 0;
  for (const Tensor& input : args.inputs)
    result.push_back(is_floating(input.dtype()) ? found[next++] : Tensor());
  return result;
}

}  // namespace lamina::detail
