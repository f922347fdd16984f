// Records of functions of one floating number that are a loop over a library's function. Internal header of
// records.
#pragma once

#include <type_traits>

#include "lamina/ops/binary.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/loop_tiles.h"
#include "lamina/ops/detail/promote.h"

namespace lamina::detail {

/// `derivative`: of the function, from x, or from x and y. `cost`: as Op::tile_cost.
template <class F, auto derivative>
const Op& define_float_function(const char* name, const char* doc, int cost) {
  return register_op({.name = name,
                      .doc = doc,
                      .inputs = {{"x", DTypeClass::kFloating}},
                      .outputs = {"y"},
                      .infer = infer_same,
                      .vjp = [](const VjpArgs& args) -> std::vector<Tensor> {
                        if constexpr (std::is_invocable_v<decltype(derivative), Tensor, Tensor>) {
                          return {args.grads[0] * derivative(args.inputs[0], args.outputs[0])};
                        } else {
                          return {args.grads[0] * derivative(args.inputs[0])};
                        }
                      },
                      .tile = floats1<F>,
                      .elementwise = true,
                      .tile_cost = cost});
}

}  // namespace lamina::detail
