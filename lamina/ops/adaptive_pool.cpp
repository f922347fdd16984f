// Axis by axis: two poolings of all windows of the two lengths that occur, of which those wanted are taken;
// of long windows their elements are.
#include "lamina/ops/adaptive_pool.h"

#include <algorithm>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

constexpr int64_t kLongWindow = 32;  // from which on the windows that nobody asks for cost most

// Of floats, each window's elements picked out: lines (before, extent, 1, behind) give (before, count, 1,
// behind).
Tensor picked(const Tensor& given, int64_t count, int64_t longest, bool largest) {
  const bool half = given.dtype() == DType::kFloat16 || given.dtype() == DType::kBFloat16;
  const Tensor lines = half ? cast(given, DType::kFloat32) : given;  // sums may be too large for 16 bits
  const int64_t extent = lines.shape()[1], before = lines.shape()[0], behind = lines.shape()[3];
  std::vector<int32_t> places;
  std::vector<float> inside, lengths;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t start = i * extent / count, stop = ((i + 1) * extent + count - 1) / count;
    lengths.push_back(static_cast<float>(stop - start));
    for (int64_t j = start; j < start + longest; ++j) {
      places.push_back(static_cast<int32_t>(std::min(j, extent - 1)));
      inside.push_back(j < stop ? 1.0F : 0.0F);
    }
  }
  const Tensor windows =
      reshape(take(lines, Tensor::from(places, {count * longest}), 1), {before, count, longest, behind});
  const Tensor in = greater(Tensor::from(inside, {1, count, longest, 1}), 0.0);
  if (largest)
    return cast(max(where(in, windows, -std::numeric_limits<double>::infinity()), 2, /*keepdims=*/true),
                given.dtype());
  const Tensor counts = cast(Tensor::from(lengths, {1, count, 1, 1}), lines.dtype());
  return cast(sum(where(in, windows, 0.0), 2, /*keepdims=*/true) / counts, given.dtype());
}

// Axis `axis` of x in `count` windows.
Tensor pooled(const Tensor& x, int axis, int64_t count, bool largest) {
  const int64_t extent = x.shape()[axis];
  if (extent == count) return x;
  int64_t before = 1, behind = 1;
  for (int i = 0; i < axis; ++i) before *= x.shape()[i];
  for (int i = axis + 1; i < x.rank(); ++i) behind *= x.shape()[i];
  const Tensor lines = reshape(x, {before, extent, 1, behind});
  const auto windows = [&](int64_t length, int64_t stride) {
    return largest ? max_pool2d(lines, {length, 1}, {stride, 1}, "valid")
                   : avg_pool2d(lines, {length, 1}, {stride, 1}, "valid");
  };
  Shape result = x.shape();
  result.set(axis, count);
  if (extent % count == 0) return reshape(windows(extent / count, extent / count), result);
  const int64_t small = (extent + count - 1) / count;
  if (small >= kLongWindow && is_floating(x.dtype()))
    return reshape(picked(lines, count, small + 1, largest), result);
  const int64_t starts_of_small = extent - small + 1;
  std::vector<int32_t> places;
  bool both = false;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t start = i * extent / count, stop = ((i + 1) * extent + count - 1) / count;
    const bool longer = stop - start > small;
    both = both || longer;
    places.push_back(static_cast<int32_t>(longer ? starts_of_small + start : start));
  }
  Tensor all = windows(small, 1);
  if (both) all = concatenate({all, windows(small + 1, 1)}, 1);
  return reshape(take(all, Tensor::from(places, {count}), 1), result);
}

Tensor adaptive(const char* function, const Tensor& x, const std::vector<int64_t>& output_size,
                bool largest) {
  const int axes = x.rank() - 2;
  if (axes < 1 || (output_size.size() != 1 && output_size.size() != static_cast<size_t>(axes)))
    throw InvalidArgument(
        std::string(function) +
        ": expected (batch, ..., channels) and one number for each axis between, received " + x.type().str() +
        " and " + std::to_string(output_size.size()));
  Tensor y = x;
  for (int i = 0; i < axes; ++i) {
    const int64_t count = output_size[output_size.size() == 1 ? 0 : static_cast<size_t>(i)];
    if (count < 1 || count > (int64_t{1} << 30) || x.shape()[i + 1] < 1)
      throw InvalidArgument(std::string(function) + ": expected results and elements, received " +
                            std::to_string(count) + " of " + x.type().str());
    y = pooled(y, i + 1, count, largest);
  }
  return y;
}

Json config_of(const std::vector<int64_t>& output_size) {
  return Json::object(
      {{"output_size", detail::integers_json(output_size)}, {"data_format", "channels_last"}});
}

}  // namespace

Tensor adaptive_average_pool(const Tensor& x, const std::vector<int64_t>& output_size) {
  if (is_symbolic(x)) return detail::recorded("AdaptiveAveragePool", {x}, config_of(output_size));
  return adaptive("adaptive_average_pool", x, output_size, /*largest=*/false);
}

Tensor adaptive_max_pool(const Tensor& x, const std::vector<int64_t>& output_size) {
  if (is_symbolic(x)) return detail::recorded("AdaptiveMaxPool", {x}, config_of(output_size));
  return adaptive("adaptive_max_pool", x, output_size, /*largest=*/true);
}

namespace {

template <Tensor (*op)(const Tensor&, const std::vector<int64_t>&)>
Tensor run(const OperationCall& call) {
  const Json* format = call.config.find("data_format");
  if (format && format->is_string() && format->as_string() != "channels_last")
    throw Unsupported("operation " + call.class_name + ": only data_format channels_last is supported");
  return op(call.tensor(0), detail::integers_of(call, "output_size"));
}

const bool adaptive_pool_recorded = detail::register_operations(
    detail::kNnOps, {{"AdaptiveAveragePool", run<adaptive_average_pool>, {"inputs"}},
                     {"AdaptiveMaxPool", run<adaptive_max_pool>, {"inputs"}}});

}  // namespace
}  // namespace lamina
