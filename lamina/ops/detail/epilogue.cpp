// Patterns of a product with bias and activation.
#include "lamina/ops/detail/epilogue.h"

namespace lamina::detail {
namespace {

/// One number for each column of a floating product.
bool bias_fits(const FusionMatch& match) {
  const auto& [dtype, shape] = match.type_of("p");
  return is_floating(dtype) && shape.rank() > 0 && match.type("bias").shape == Shape{shape[-1]};
}

}  // namespace

std::vector<Fusion> epilogues(const std::string& op, const std::string& fused,
                              Attrs (*with_relu)(const FusionMatch& match),
                              Attrs (*without)(const FusionMatch& match)) {
  const std::string product = "!p:" + op + "(a, b)", result = "y = " + fused + "(a, b, bias)";
  return {{.stage = kWithActivation,
           .patterns = {"y:relu(!add(" + product + ", bias))", "y:relu(!add(bias, " + product + "))"},
           .result = result,
           .fits = bias_fits,
           .attrs = with_relu},
          {.stage = kWithBias,
           .patterns = {"y:add(" + product + ", bias)", "y:add(bias, " + product + ")"},
           .result = result,
           .fits = bias_fits,
           .attrs = without}};
}

}  // namespace lamina::detail
