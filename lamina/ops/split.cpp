// split as slices.
#include "lamina/ops/split.h"

#include <string>

#include "lamina/base/error.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

/// The parts that end at `ends`, and the rest.
std::vector<Tensor> parts(const Tensor& x, const std::vector<int64_t>& ends, int axis) {
  std::vector<IndexItem> items(static_cast<size_t>(axis), Slice{});
  items.emplace_back(Slice{});
  std::vector<Tensor> result;
  int64_t start = 0;
  for (size_t i = 0; i <= ends.size(); ++i) {
    const int64_t end = i < ends.size() ? ends[i] : Slice::kNone;
    items.back() = Slice{start, end};
    result.push_back(index(x, items));
    start = end;
  }
  return result;
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, const std::vector<int64_t>& indices, int axis) {
  const int place = detail::checked_axis("split", x, axis);
  const int64_t extent = x.shape()[place];
  int64_t last = 0;
  for (const int64_t index : indices) {
    if (index < last || (extent >= 0 && index > extent)) {
      throw InvalidArgument("split: expected places that ascend from 0 to " + std::to_string(extent) +
                            ", the extent of axis " + std::to_string(axis) + " of " + x.type().str() +
                            ", received " + std::to_string(index));
    }
    last = index;
  }
  return parts(x, indices, place);
}

std::vector<Tensor> detail::split_evenly(const Tensor& x, int64_t sections, int axis) {
  const int place = checked_axis("split", x, axis);
  const int64_t extent = x.shape()[place];
  if (extent < 0)
    throw InvalidArgument("split: axis " + std::to_string(axis) + " of " + x.type().str() +
                          " is open, and parts of one size need a known extent");
  if (sections < 1 || extent % sections != 0) {
    throw InvalidArgument("split: " + std::to_string(sections) +
                          " parts of one size cannot be made of axis " + std::to_string(axis) + " of " +
                          x.type().str());
  }
  std::vector<int64_t> ends;
  for (int64_t i = 1; i < sections; ++i) ends.push_back(extent / sections * i);
  return parts(x, ends, place);
}

}  // namespace lamina
