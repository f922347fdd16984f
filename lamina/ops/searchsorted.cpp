// Record of searchsorted; digitize in terms of it.
#include "lamina/ops/searchsorted.h"

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/nested_lists.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_places(const InferArgs& args) {
  detail::check_one_dtype(args);
  const Shape& sequence = args.inputs[0].shape;
  if (sequence.rank() != 1) args.fail("the sorted sequence must have one axis");
  if (sequence[0] > std::numeric_limits<int32_t>::max())
    args.fail("the sequence is too long for int32 places");
  return {{DType::kInt32, args.inputs[1].shape}};
}

double search_flops(const CostArgs& args) {
  const auto steps = std::log2(static_cast<double>(args.inputs[0].shape[0]) + 1);
  return static_cast<double>(args.inputs[1].shape.size()) * steps;
}

const Op& searchsorted_op =
    register_op<SearchSortedAttrs>({.name = "searchsorted",
                                    .doc = "The place of each value in an ascending sequence",
                                    .inputs = {{"sorted_sequence"}, {"values"}},
                                    .outputs = {"places"},
                                    .infer = infer_places,
                                    .flops = search_flops,
                                    .no_gradient = "the result is an integer"});

/// The tensor at that place, or that of the lists of numbers there.
Tensor numbers_at(const OperationCall& call, size_t place) {
  const Json json = call.value(place);
  if (json.is_null()) return call.tensor(place);
  return detail::from_nested_lists(json, DType::kFloat32, call.class_name + ": the numbers are");
}

}  // namespace

Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, const std::string& side) {
  if (side != "left" && side != "right")
    throw InvalidArgument("searchsorted: side must be \"left\" or \"right\", not \"" + side + "\"");
  if (is_symbolic(sorted_sequence) || is_symbolic(values))
    return detail::recorded("SearchSorted", {sorted_sequence, values}, Json::object({{"side", side}}));
  return apply(searchsorted_op, SearchSortedAttrs{side == "right"},
               detail::in_one_dtype({sorted_sequence, values}))[0];
}

Tensor digitize(const Tensor& x, const Tensor& bins) {
  if (is_symbolic(x) || is_symbolic(bins)) return detail::recorded("Digitize", {x, bins});
  return searchsorted(bins, x, "right");
}

namespace {

const bool searchsorted_recorded = detail::register_operations(
    detail::kNumpyOps,
    {{"SearchSorted",
      [](const OperationCall& call) {
        const Json* side = call.config.find("side");
        return searchsorted(numbers_at(call, 0), numbers_at(call, 1), side ? side->as_string() : "left");
      },
      {"sorted_sequence", "values"}},
     {"Digitize",
      [](const OperationCall& call) { return digitize(call.tensor(0), numbers_at(call, 1)); },
      {"x", "bins"}}});

}  // namespace

}  // namespace lamina
