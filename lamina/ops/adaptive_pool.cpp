// Axis by axis: two poolings of all windows of the two lengths that occur, of which those wanted are taken.
#include "lamina/ops/adaptive_pool.h"

#include "lamina/base/error.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"

namespace lamina {
namespace {

using Pool = Tensor (*)(const Tensor& x, const std::vector<int64_t>& window,
                        const std::vector<int64_t>& strides, const std::string& padding);

// Axis `axis` of x in `count` windows.
Tensor pooled(const Tensor& x, int axis, int64_t count, Pool pool) {
  const int64_t extent = x.shape()[axis];
  if (extent == count) return x;
  int64_t before = 1, behind = 1;
  for (int i = 0; i < axis; ++i) before *= x.shape()[i];
  for (int i = axis + 1; i < x.rank(); ++i) behind *= x.shape()[i];
  const Tensor lines = reshape(x, {before, extent, 1, behind});
  const auto windows = [&](int64_t length, int64_t stride) {
    return pool(lines, {length, 1}, {stride, 1}, "valid");
  };
  Shape result = x.shape();
  result.set(axis, count);
  if (extent % count == 0) return reshape(windows(extent / count, extent / count), result);
  const int64_t small = (extent + count - 1) / count, starts_of_small = extent - small + 1;
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

Tensor adaptive(const char* function, const Tensor& x, const std::vector<int64_t>& output_size, Pool pool) {
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
    y = pooled(y, i + 1, count, pool);
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
  return adaptive("adaptive_average_pool", x, output_size, avg_pool2d);
}

Tensor adaptive_max_pool(const Tensor& x, const std::vector<int64_t>& output_size) {
  if (is_symbolic(x)) return detail::recorded("AdaptiveMaxPool", {x}, config_of(output_size));
  return adaptive("adaptive_max_pool", x, output_size, max_pool2d);
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
