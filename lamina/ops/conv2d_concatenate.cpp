// Record of two convolutions whose channels lie side by side, as in a fire module or an inception block: where the network
// only predicts, each writes its part of the joined images, which need not be copied together.
#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/joined_convs.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_concatenated(const InferArgs& args) {
  detail::check_one_dtype(args);
  const auto& attrs = args.attrs.as<ConvConcatenateAttrs>();
  detail::check_activation(args, attrs.activation);
  detail::check_activation(args, attrs.second_activation);
  Shape results[2];
  for (size_t i = 0; i < 2; ++i) {
    const TensorType* const of = &args.inputs[3 * i];
    results[i] = detail::check_conv(args, i ? attrs.second : attrs.conv, of[0].shape, of[1].shape);
    if (of[2].shape != Shape{results[i][3]}) args.fail("bias must have shape " + Shape{results[i][3]}.str());
  }
  Shape joined = results[0];
  joined.set(3, results[1][3]);
  if (joined != results[1])
    args.fail("the images " + results[0].str() + " and " + results[1].str() + " must differ in their channels only");
  joined.set(3, results[0][3] + results[1][3]);
  return {{args.inputs[0].dtype, joined}};
}

std::vector<Tensor> concatenated_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ConvConcatenateAttrs>();
  return {concatenate({conv2d_bias_act(inputs[0], inputs[1], inputs[2], attrs.activation, attrs.conv),
                       conv2d_bias_act(inputs[3], inputs[4], inputs[5], attrs.second_activation, attrs.second)},
                      3)};
}

const DTypeClass kJoinedFloats = DTypeClass::kFloating;

[[maybe_unused]] const Op& concatenated_op = register_op<ConvConcatenateAttrs>({
    .name = "conv2d_bias_act_concatenate",
    .doc = "conv2d_bias_act(x, kernel, bias) and that of the second operands, one after the other along the channels",
    .inputs = {{"x", kJoinedFloats},
               {"kernel", kJoinedFloats},
               {"bias", kJoinedFloats},
               {"second_x", kJoinedFloats},
               {"second_kernel", kJoinedFloats},
               {"second_bias", kJoinedFloats}},
    .outputs = {"out"},
    .infer = infer_concatenated,
    .vjp = detail::vjp_of_body<concatenated_body>,
    .body = concatenated_body,
});

bool fits_concatenated(const FusionMatch& match) {
  return match.steady("kernel") && match.steady("second_kernel") && match.attrs<ConcatenateAttrs>("j").axis == 3;
}

Attrs concatenated_attrs(const FusionMatch& match) {
  const auto &first = match.attrs<Conv2DBiasActAttrs>("c"), &second = match.attrs<Conv2DBiasActAttrs>("d");
  return ConvConcatenateAttrs{first.conv, first.activation, second.conv, second.activation};
}

const FusionRegistration concatenated_fusions(
    {{.stage = kSideBySide,
      .patterns = {"j:concatenate(!c:conv2d_bias_act(x, kernel, bias), "
                   "!d:conv2d_bias_act(second_x, second_kernel, second_bias))"},
      .result = "j = conv2d_bias_act_concatenate(x, kernel, bias, second_x, second_kernel, second_bias)",
      .fits = fits_concatenated,
      .attrs = concatenated_attrs}});

}  // namespace
}  // namespace lamina
