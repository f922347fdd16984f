// Operators that choose elements by their values: NonZero, Compress, TopK, Unique. How many there are, values decide.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/counting.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/top_k.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<Value> non_zero(Call& call) {
  const Tensor& x = call[0];
  const std::vector<double> values = doubles(x);
  const int rank = x.rank();
  std::vector<std::vector<int64_t>> places(static_cast<size_t>(rank));
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    auto rest = static_cast<int64_t>(i);
    for (int axis = rank - 1; axis >= 0; --axis) {
      places[static_cast<size_t>(axis)].push_back(rest % x.shape()[axis]);
      rest /= x.shape()[axis];
    }
  }
  std::vector<int64_t> all;
  for (const auto& each : places) all.insert(all.end(), each.begin(), each.end());
  const int64_t count = rank == 0 ? 0 : static_cast<int64_t>(places[0].size());
  return {Value(Tensor::from(all, {rank, count}))};
}

std::vector<Value> compress(Call& call) {
  const Tensor& x = call[0];
  const bool flat = !call.has_attribute("axis");
  const int axis = flat ? 0 : axis_of(call.integer("axis"), x.rank());
  const Tensor from = flat ? reshape(x, {x.size()}) : x;
  std::vector<int64_t> kept;
  const std::vector<int64_t> condition = call.known_integers(1);
  if (static_cast<int64_t>(condition.size()) > from.shape()[axis])
    call.fail(fmt::format("its condition has {} elements, its axis {}", condition.size(), from.shape()[axis]));
  for (size_t i = 0; i < condition.size(); ++i) {
    if (condition[i] != 0) kept.push_back(static_cast<int64_t>(i));
  }
  return {Value(take(from, Tensor::from(kept, {static_cast<int64_t>(kept.size())}), axis), call.element())};
}

std::vector<Value> top(Call& call) {
  const Tensor& x = call[0];
  const int axis = axis_of(call.integer("axis", -1), x.rank());
  const int64_t k = call.opset() < 10 ? call.integer("k") : call.known_integer(1);
  const bool largest = call.integer("largest", 1) != 0;
  call.integer("sorted", 1);
  if (k < 0 || k > x.shape()[axis]) call.fail(fmt::format("takes {} of {} elements", k, x.shape()[axis]));
  std::vector<int> last = plain_order(x.rank());
  std::swap(last[static_cast<size_t>(axis)], last.back());
  const Tensor turned = axis + 1 == x.rank() ? x : transpose(x, last);
  Tensor values, places;
  if (largest) {
    const std::vector<Tensor> both = top_k(turned, k);
    values = both[0];
    places = both[1];
  } else {
    places = index(argsort(turned, -1), {ellipsis, Slice{0, k}});
    values = take_along_axis(turned, places, x.rank() - 1);
  }
  if (axis + 1 != x.rank()) {
    values = transpose(values, last);
    places = transpose(places, last);
  }
  return {Value(values, call.element()), Value(cast(places, DType::kInt64))};
}

// Of elements or of slices along an axis, sorted or in the order of their first place.
std::vector<Value> unique_operator(Call& call) {
  const Value& x = call.value(0);
  const bool sorted = call.integer("sorted", 1) != 0, flat = !call.has_attribute("axis");
  const int axis = flat ? 0 : axis_of(call.integer("axis"), x.rank());
  // Each thing to be told apart is a row of numbers.
  Tensor rows;
  std::vector<std::string> texts;
  if (x.is_strings()) {
    texts = x.strings();
    std::sort(texts.begin(), texts.end());
    std::vector<int64_t> codes;
    for (const std::string& text : x.strings())
      codes.push_back(std::lower_bound(texts.begin(), texts.end(), text) - texts.begin());
    rows = Tensor::from(codes, x.shape());
  } else {
    rows = x.tensor();
  }
  if (flat) rows = reshape(rows, {rows.size()});
  std::vector<int> front = plain_order(rows.rank());
  std::rotate(front.begin(), front.begin() + axis, front.begin() + axis + 1);
  const int64_t count = rows.shape()[axis];
  const int64_t width = count == 0 ? 0 : rows.size() / count;
  const std::vector<double> numbers = doubles(transpose(rows, front));
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  const auto row = [&](int64_t i) { return numbers.begin() + i * width; };
  const auto before = [&](int64_t a, int64_t b) {
    return std::lexicographical_compare(row(a), row(a) + width, row(b), row(b) + width);
  };
  std::stable_sort(order.begin(), order.end(), before);
  std::vector<int64_t> first, inverse(static_cast<size_t>(count)), counts;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || before(order[i - 1], order[i])) {
      first.push_back(order[i]);
      counts.push_back(0);
    }
    ++counts.back();
    inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(first.size()) - 1;
  }
  if (!sorted) {
    std::vector<int64_t> by_place(first.size()), rank(first.size());
    std::iota(by_place.begin(), by_place.end(), 0);
    std::sort(by_place.begin(), by_place.end(), [&](int64_t a, int64_t b) {
      return first[static_cast<size_t>(a)] < first[static_cast<size_t>(b)];
    });
    std::vector<int64_t> new_first, new_counts;
    for (size_t i = 0; i < by_place.size(); ++i) {
      const auto from = static_cast<size_t>(by_place[i]);
      rank[from] = static_cast<int64_t>(i);
      new_first.push_back(first[from]);
      new_counts.push_back(counts[from]);
    }
    for (int64_t& each : inverse) each = rank[static_cast<size_t>(each)];
    first = new_first;
    counts = new_counts;
  }
  const auto list = [](const std::vector<int64_t>& values) {
    return Value(Tensor::from(values, {static_cast<int64_t>(values.size())}));
  };
  Value values;
  if (x.is_strings()) {
    std::vector<std::string> kept;
    for (const int64_t place : first) kept.push_back(x.strings()[static_cast<size_t>(place)]);
    values = Value::of_strings(std::move(kept), {static_cast<int64_t>(first.size())});
  } else {
    values = Value(take(rows, list(first).tensor(), axis), x.type());
  }
  return {values, list(first), list(inverse), list(counts)};
}

const bool kSelectionRegistered[] = {register_operator("NonZero", 9, non_zero), register_operator("Compress", 9, compress),
                            register_operator("TopK", 1, top), register_operator("Unique", 11, unique_operator)};

}  // namespace
}  // namespace lamina::onnx
