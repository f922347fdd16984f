// Epilogue fusion: products, convolutions and the like take their neighbours in.
// For authors of passes: lamina.h leaves it out.
#pragma once

#include <span>

#include "lamina/base/device.h"
#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Replaces what the registered fusions (lamina/graph/fusion.h) find, where a kernel of the device exists for
/// the result and nothing else needs what disappears, as in
///   relu(matmul(a, b) + bias)            -> matmul_bias_act(a, b, bias)
///   max_pool2d(conv2d_bias_act(x, k, b)) -> conv2d_bias_act_max_pool2d(x, k, b)
///   conv2d_grad_kernel(x, g), sum(g)     -> conv2d_grad_kernel_bias(x, g)
/// @param steady  the numbers of the inputs that keep their contents for many runs
Graph epilogue_fusion(const Graph& graph, DeviceKind device, std::span<const size_t> steady = {});

}  // namespace lamina::passes
