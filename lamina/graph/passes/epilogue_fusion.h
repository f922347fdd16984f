// Epilogue fusion: products, convolutions and poolings take their neighbours in.
#pragma once

#include "lamina/base/device.h"
#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Rewrites, where a kernel of the device exists for the result and nothing else needs what disappears:
///   relu(matmul(a, b) + bias)            -> matmul_bias_act(a, b, bias)
///   max_pool2d(conv2d_bias_act(x, k, b)) -> conv2d_bias_act_max_pool2d(x, k, b)
///   conv2d_grad_kernel(x, g), sum(g)     -> conv2d_grad_kernel_bias(x, g)
///   where(y > 0, max_pool2d_grad(g), 0)  -> max_pool2d_grad(where(max_pool2d(y) > 0, g, 0))
///   conv2d_grad_kernel(x, max_pool2d_grad(g, index)), sum(...) -> conv2d_grad_kernel_pooled(x, g, index)
///   max_pool2d_with_index(x), index unused -> max_pool2d(x)
/// The first likewise without relu, and for conv2d; the second likewise with index.
/// Leaves nodes behind that nothing uses: dce removes them.
Graph epilogue_fusion(const Graph& graph, DeviceKind device);

}  // namespace lamina::passes
