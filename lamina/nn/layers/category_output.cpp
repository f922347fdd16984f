// Numbers, indicators and counts of categories.
#include "lamina/nn/layers/category_output.h"

#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/counting.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina::detail {
namespace {

struct Named {
  const char* name;
  CategoryMode mode;
};
constexpr Named kModes[] = {{"int", CategoryMode::kInt},
                            {"one_hot", CategoryMode::kOneHot},
                            {"multi_hot", CategoryMode::kMultiHot},
                            {"count", CategoryMode::kCount}};

bool loses_last_axis(const Shape& input) { return input.rank() > 1 && input[-1] == 1; }

}  // namespace

CategoryMode category_mode(const std::string& name, bool numbers) {
  if (name == "binary") return CategoryMode::kMultiHot;
  std::vector<std::string> known;
  for (const Named& one : kModes) {
    if (one.mode == CategoryMode::kInt && !numbers) continue;
    if (name == one.name) return one.mode;
    known.emplace_back(one.name);
  }
  throw InvalidArgument("unknown output_mode '" + name + "'" + suggest(name, known));
}

std::string name(CategoryMode mode) {
  for (const Named& one : kModes) {
    if (one.mode == mode) return one.name;
  }
  return {};
}

Shape category_shape(const Shape& input, CategoryMode mode, int64_t depth, std::string& problem) {
  if (mode == CategoryMode::kInt) return input;
  if (mode == CategoryMode::kOneHot) {
    Shape output;
    for (int axis = 0; axis < input.rank() - (loses_last_axis(input) ? 1 : 0); ++axis)
      output.push_back(input[axis]);
    output.push_back(depth);
    return output;
  }
  if (input.rank() != 2) problem = "expected input (batch, n), received shape " + input.str();
  return {input.rank() > 0 ? input[0] : -1, depth};
}

Tensor encode_categories(const Tensor& numbers, CategoryMode mode, int64_t depth, DType dtype) {
  switch (mode) {
    case CategoryMode::kInt:
      return numbers;
    case CategoryMode::kOneHot:
      return one_hot(loses_last_axis(numbers.shape()) ? squeeze(numbers, {-1}) : numbers, depth, dtype);
    case CategoryMode::kMultiHot:
      return multi_hot(numbers, depth, dtype);
    case CategoryMode::kCount:
      return sum(one_hot(numbers, depth, dtype), {1});
  }
  return numbers;
}

}  // namespace lamina::detail
