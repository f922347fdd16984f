// The product by the kernel is one for all tokens; what is left is one op.
#include "lamina/zoo/transformers/detail/lstm_module.h"

#include "lamina/nn/detail/forget_bias.h"
#include "lamina/nn/initializers/constant.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/slice.h"

namespace lamina::detail {

LstmModule::LstmModule(const std::string& name, int64_t inputs, int64_t units)
    : Module(name, {{"kernel", {inputs, 4 * units}, "glorot_uniform"},
                    {"recurrent_kernel", {units, 4 * units}, "orthogonal"},
                    {"bias", {4 * units}, ForgetBias(std::make_shared<Zeros>())}}) {}

RecurrentResult LstmModule::operator()(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& mask,
                                       const CallContext& context, bool go_backwards) const {
  RecurrentResult result =
      lstm_sequence(matmul(x, value(0, context)) + value(2, context), value(1, context), h, c,
                    {.go_backwards = go_backwards, .training = context.training, .mask = mask});
  if (go_backwards) result.output = flip(result.output, {1});
  return result;
}

RecurrentResult LstmModule::from_zeros(const Tensor& x, const Tensor& mask, const CallContext& context,
                                       bool go_backwards) const {
  const Tensor none = zeros({x.shape()[0], units()}, x.dtype());
  return (*this)(x, none, none, mask, context, go_backwards);
}

}  // namespace lamina::detail
