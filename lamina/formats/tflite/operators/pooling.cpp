// AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

struct Pool {
  std::vector<int64_t> window, strides;
  std::string padding;
};

Pool pool_of(const Call& call) {
  if (call[0].rank() != 4) call.fail("takes images of 4 axes; received " + call[0].shape().str());
  const int64_t padding = option(call, "padding");
  if (padding != 0 && padding != 1) throw Unsupported("its padding is not known");
  return {{option(call, "filter_height"), option(call, "filter_width")},
          {option(call, "stride_h"), option(call, "stride_w")},
          padding == 0 ? "same" : "valid"};
}

std::vector<Value> average(Call& call) {
  const Pool pool = pool_of(call);
  if (!quantized(call))
    return {output(call, activated(call, avg_pool2d(call[0], pool.window, pool.strides, pool.padding)))};
  // Sums of whole numbers, divided and rounded, halves away from zero.
  const Shape& shape = call[0].shape();
  for (const int64_t size : pool.window) {
    if (size < 1 || size > 4096) call.fail(fmt::format("its window has {} pixels", size));
  }
  if (pool.window[0] * pool.window[1] * std::max<int64_t>(shape[3], 1) > (1 << 24))
    call.fail("its windows have too many pixels");
  const Conv2DAttrs attrs{.strides = pool.strides, .padding = pool.padding, .groups = shape[3]};
  const bool wide = onnx::bits(call.element(0)) > 8;
  const DType dtype = wide || pool.window[0] * pool.window[1] > 65536 ? DType::kFloat64 : DType::kFloat32;
  const Tensor sums =
      cast(conv2d(cast(call[0], dtype), ones({pool.window[0], pool.window[1], 1, shape[3]}, dtype), attrs),
           DType::kInt64);
  const Conv2DAttrs one{.strides = pool.strides, .padding = pool.padding};
  const Tensor counts = settled(cast(conv2d(ones({1, shape[1], shape[2], 1}, dtype),
                                            ones({pool.window[0], pool.window[1], 1, 1}, dtype), one),
                                     DType::kInt64));
  const Tensor whole = floor_divide(add(lamina::abs(sums), floor_divide(counts, 2.0)), counts);
  return {clipped(call, where(ops::less(sums, 0.0), negative(whole), whole), activated_range(call))};
}

std::vector<Value> largest(Call& call) {
  const Pool pool = pool_of(call);
  if (!quantized(call) && is_floating(call[0].dtype()))
    return {output(call, activated(call, max_pool2d(call[0], pool.window, pool.strides, pool.padding)))};
  const Tensor y = max_pool2d(cast(call[0], DType::kFloat32), pool.window, pool.strides, pool.padding);
  return {clipped(call, y, activated_range(call))};
}

std::vector<Value> root_of_squares(Call& call) {
  const Pool pool = pool_of(call);
  return {output(call, activated(call, lamina::sqrt(avg_pool2d(square(call[0]), pool.window, pool.strides,
                                                               pool.padding))))};
}

const bool kPoolingRegistered[] = {builtin<average>("AVERAGE_POOL_2D"), builtin<largest>("MAX_POOL_2D"),
                            builtin<root_of_squares>("L2_POOL_2D")};

}  // namespace
}  // namespace lamina::tflite
