// Lists of different lengths as tensors: filled up, or counted.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/terminal.h"
#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"

namespace lamina::tensorflow {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 28;
constexpr int64_t kWidest = int64_t{1} << 20;  // of one list

// Where the lists of one level begin, from however the graph says it.
std::vector<int64_t> splits_by(const Call& call, size_t input, const std::string& kind, int64_t lists) {
  const std::vector<int64_t> given = call.known_integers(input);
  std::vector<int64_t> splits;
  if (kind == "ROW_SPLITS") {
    splits = given;
  } else if (kind == "VALUE_ROWIDS") {
    if (!std::is_sorted(given.begin(), given.end()) || (!given.empty() && (given.front() < 0 || given.back() >= lists)))
      call.fail(fmt::format("its elements are not of {} lists, one after the other", lists));
    splits.assign(1, 0);
    size_t at = 0;
    for (int64_t list = 0; list < lists; ++list) {
      while (at < given.size() && given[at] == list) ++at;
      splits.push_back(static_cast<int64_t>(at));
    }
  } else {
    throw Unsupported("says its lists as " + printable(kind));
  }
  if (splits.empty() || splits.front() != 0 || !std::is_sorted(splits.begin(), splits.end()) ||
      (lists >= 0 && static_cast<int64_t>(splits.size()) != lists + 1))
    call.fail("where its lists begin cannot be");
  return splits;
}

// A table of all lists: what a list lacks is the default, and what it has beyond the shape is left out.
std::vector<Value> filled(Call& call) {
  call.ignore({"num_row_partition_tensors"});
  const std::vector<std::string> kinds = call.text_list("row_partition_types").value_or(std::vector<std::string>{});
  if (kinds.empty() || kinds.size() + 3 != call.size()) call.fail("its lists are said in another number of ways");
  int64_t lists = -1;
  size_t first = 0;
  if (kinds[0] == "FIRST_DIM_SIZE") {
    lists = call.known_integer(3);
    if (lists < 0 || lists > kMostElements) call.fail(fmt::format("{} lists", lists));
    first = 1;
  }
  std::vector<std::vector<int64_t>> levels;
  for (size_t i = first; i < kinds.size(); ++i) {
    levels.push_back(splits_by(call, 3 + i, kinds[i], lists));
    lists = levels.back().back();
  }
  const Value& values = call.value(1);
  const Value& otherwise = call.value(2);
  if (levels.empty() || values.rank() < 1 || values.shape()[0] != lists) call.fail("its lists do not fit its elements");
  if (otherwise.shape().size() != 1) throw Unsupported("fills up with more than one value");
  // Extents: the longest list of each level, where the shape does not say.
  const std::vector<int64_t> wanted = call.known_integers(0);
  std::vector<int64_t> extents{static_cast<int64_t>(levels[0].size()) - 1};
  for (const std::vector<int64_t>& splits : levels) {
    int64_t longest = 0;
    for (size_t i = 1; i < splits.size(); ++i) longest = std::max(longest, splits[i] - splits[i - 1]);
    extents.push_back(longest);
  }
  int64_t inner = 1;
  for (int axis = 1; axis < values.rank(); ++axis) {
    extents.push_back(values.shape()[axis]);
    inner *= values.shape()[axis];
  }
  if (call.value(0).rank() == 1) {
    if (wanted.size() != extents.size()) call.fail(fmt::format("its shape has {} axes, and its lists {}", wanted.size(), extents.size()));
    for (size_t i = 0; i < extents.size(); ++i) {
      const bool of_values = i > levels.size();
      if (of_values && wanted[i] >= 0 && wanted[i] != extents[i]) call.fail("its shape does not fit its elements");
      if (wanted[i] >= 0) extents[i] = wanted[i];
    }
  }
  if (extents.size() > static_cast<size_t>(Shape::kMaxRank)) call.fail("its result has too many axes");
  Shape shape;
  int64_t count = 1;
  for (const int64_t extent : extents) {
    if (extent < 0 || (extent > 0 && count > kMostElements / extent)) call.fail("its result has more than 2^28 elements");
    if (shape.rank() > 0 && extent > kWidest) call.fail(fmt::format("fills a list up to {} elements", extent));
    count *= extent;
    shape.push_back(extent);
  }
  // For each place of the result the row of the elements that stands there, or -1.
  std::vector<int64_t> rows(static_cast<size_t>(extents[0]), -1);
  for (size_t i = 0; i < rows.size() && i + 1 < levels[0].size(); ++i) rows[i] = static_cast<int64_t>(i);
  for (size_t level = 0; level < levels.size(); ++level) {
    std::vector<int64_t> next;
    next.reserve(rows.size() * static_cast<size_t>(extents[level + 1]));
    for (const int64_t row : rows) {
      const int64_t begin = row < 0 ? 0 : levels[level][static_cast<size_t>(row)],
                    size = row < 0 ? 0 : levels[level][static_cast<size_t>(row) + 1] - begin;
      for (int64_t i = 0; i < extents[level + 1]; ++i) next.push_back(i < size ? begin + i : -1);
    }
    rows = std::move(next);
  }
  std::vector<int64_t> places;
  places.reserve(static_cast<size_t>(count));
  for (const int64_t row : rows) {
    for (int64_t i = 0; i < inner; ++i) places.push_back(row < 0 ? lists * inner : row * inner + i);
  }
  if (values.is_strings()) {
    std::vector<std::string> texts;
    for (const int64_t place : places)
      texts.push_back(place == lists * inner ? otherwise.strings().at(0) : values.strings()[static_cast<size_t>(place)]);
    return {Value::of_strings(std::move(texts), shape)};
  }
  const Tensor all = concatenate({reshape(values.tensor(), {lists * inner}), reshape(otherwise.tensor(), {1})}, 0);
  return {Value(take(all, Tensor::from(places, shape), 0), values.type())};
}

// How often each number occurs in each list, or its weights; or only whether it does. Numbers beyond the last are left out.
std::vector<Value> counted_lists(Call& call) {
  const bool binary = call.integer("binary_output", 0) != 0;
  const std::vector<int64_t> splits = splits_by(call, 0, "ROW_SPLITS", -1), numbers = call.known_integers(1);
  const int64_t size = call.known_integer(2), lists = static_cast<int64_t>(splits.size()) - 1;
  if (splits.back() != static_cast<int64_t>(numbers.size())) call.fail("its lists do not fit its elements");
  constexpr int64_t kMostNumbers = int64_t{1} << 22;
  if (size < 0 || size > kMostNumbers) call.fail(fmt::format("counts {} numbers", size));
  if (size > 0 && lists > kMostElements / size) call.fail("its result has more than 2^28 elements");
  const std::vector<double> weights = onnx::doubles(call[3]);
  if (!weights.empty() && weights.size() != numbers.size()) call.fail("its weights are not one for each element");
  std::vector<double> counts(static_cast<size_t>(lists * size), 0);
  for (int64_t list = 0; list < lists; ++list) {
    for (int64_t i = splits[static_cast<size_t>(list)]; i < splits[static_cast<size_t>(list) + 1]; ++i) {
      const int64_t number = numbers[static_cast<size_t>(i)];
      if (number < 0) call.fail(fmt::format("counts {}, which is negative", number));
      if (number >= size) continue;
      double& count = counts[static_cast<size_t>(list * size + number)];
      count = binary ? 1 : count + (weights.empty() ? 1 : weights[static_cast<size_t>(i)]);
    }
  }
  return {like(Tensor::from(counts, Shape{lists, size}), call.element(3))};
}

const bool kRaggedRegistered[] = {register_run_operator("RaggedTensorToTensor", filled),
                                  register_run_operator("RaggedBincount", counted_lists)};

}  // namespace
}  // namespace lamina::tensorflow
