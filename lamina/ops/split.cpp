// split as slices, and as the operation of several outputs that graphs hold.
#include "lamina/ops/split.h"

#include <string>

#include "lamina/base/error.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

// No tensor of a graph is cut into more parts; files may say any number.
constexpr int64_t kMostParts = 1 << 16;

/// Where the parts begin and, behind the last, end: Slice::kNone on an axis of open extent.
struct Cuts {
  int axis = 0;
  std::vector<int64_t> places;
};

[[noreturn]] void fail(const TensorType& x, int axis, const std::string& what) {
  throw InvalidArgument("split: " + what + " axis " + std::to_string(axis) + " of " + x.str());
}

Cuts cuts_at(const TensorType& x, const std::vector<int64_t>& indices, int axis) {
  Cuts cuts{detail::checked_axis("split", x, axis), {0}};
  const int64_t extent = x.shape[cuts.axis];
  for (const int64_t index : indices) {
    if (index < cuts.places.back() || (extent >= 0 && index > extent)) {
      throw InvalidArgument("split: expected places that ascend from 0 to " + std::to_string(extent) +
                            ", the extent of axis " + std::to_string(axis) + " of " + x.str() +
                            ", received " + std::to_string(index));
    }
    cuts.places.push_back(index);
  }
  cuts.places.push_back(extent < 0 ? Slice::kNone : extent);
  return cuts;
}

void check_sections(const TensorType& x, int64_t sections, int axis) {
  const int64_t extent = x.shape[detail::checked_axis("split", x, axis)];
  if (sections < 1 || (extent >= 0 && extent % sections != 0))
    fail(x, axis, std::to_string(sections) + " parts of one size cannot be made of");
  if (sections > kMostParts)
    fail(x, axis,
         std::to_string(sections) + " parts are more than the " + std::to_string(kMostParts) + " for");
}

std::vector<Tensor> parts(const Tensor& x, const Cuts& cuts) {
  std::vector<IndexItem> items(static_cast<size_t>(cuts.axis) + 1, Slice{});
  std::vector<Tensor> result;
  for (size_t i = 0; i + 1 < cuts.places.size(); ++i) {
    items.back() = Slice{cuts.places[i], cuts.places[i + 1]};
    result.push_back(index(x, items));
  }
  return result;
}

std::vector<Tensor> drawn(const Tensor& x, Json where, int axis) {
  return detail::record_all(
      {"Split", Json::object({{"indices_or_sections", std::move(where)}, {"axis", axis}}), {x}});
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, const std::vector<int64_t>& indices, int axis) {
  if (is_symbolic(x)) return drawn(x, detail::integers_json(indices), axis);
  return parts(x, cuts_at(x.type(), indices, axis));
}

std::vector<Tensor> detail::split_evenly(const Tensor& x, int64_t sections, int axis) {
  if (is_symbolic(x)) return drawn(x, sections, axis);
  check_sections(x.type(), sections, axis);
  const int64_t extent = x.shape()[axis < 0 ? axis + x.rank() : axis];
  std::vector<int64_t> places;
  for (int64_t i = 1; i < sections; ++i) places.push_back(extent / sections * i);
  return parts(x, cuts_at(x.type(), places, axis));
}

namespace {

std::vector<Tensor> run_along(const OperationCall& call, int axis) {
  const Json& where = call.config.at("indices_or_sections");
  if (where.is_int()) return split(call.tensor(0), where.as_int(), axis);
  return split(call.tensor(0), detail::integers_of(call, "indices_or_sections"), axis);
}

// As Keras infers them: of an open extent, parts of one size are open, and of parts at places the last.
std::vector<TensorType> infer_along(const OperationCall& call, const TensorType& x, int axis) {
  const Json& where = call.config.at("indices_or_sections");
  std::vector<TensorType> types;
  const auto add = [&](int64_t extent) {
    types.push_back(x);
    types.back().shape.set(detail::checked_axis("split", x, axis), extent);
  };
  if (where.is_int()) {
    check_sections(x, where.as_int(), axis);
    const int64_t extent = x.shape[detail::checked_axis("split", x, axis)];
    for (int64_t i = 0; i < where.as_int(); ++i) add(extent < 0 ? -1 : extent / where.as_int());
    return types;
  }
  const Cuts cuts = cuts_at(x, detail::integers_of(call, "indices_or_sections"), axis);
  for (size_t i = 0; i + 1 < cuts.places.size(); ++i) {
    const int64_t end = cuts.places[i + 1];
    add(end == Slice::kNone ? -1 : end - cuts.places[i]);
  }
  return types;
}

std::vector<Tensor> run(const OperationCall& call) { return run_along(call, detail::axis_of(call, 0)); }
std::vector<TensorType> infer(const OperationCall& call, const std::vector<TensorType>& inputs) {
  return infer_along(call, inputs.at(0), detail::axis_of(call, 0));
}

/// NumPy's hsplit takes the first axis where there is no second one.
template <int kAxis>
int fixed_axis(const Shape& shape) {
  return kAxis == 1 && shape.rank() == 1 ? 0 : kAxis;
}
template <int kAxis>
std::vector<Tensor> run_fixed(const OperationCall& call) {
  return run_along(call, fixed_axis<kAxis>(call.tensor(0).shape()));
}
template <int kAxis>
std::vector<TensorType> infer_fixed(const OperationCall& call, const std::vector<TensorType>& inputs) {
  return infer_along(call, inputs.at(0), fixed_axis<kAxis>(inputs.at(0).shape));
}

template <int kAxis>
bool register_fixed(const char* class_name) {
  return register_operation({.class_name = class_name,
                             .module = detail::kNumpyOps,
                             .run_all = run_fixed<kAxis>,
                             .infer = infer_fixed<kAxis>});
}

const bool split_recorded =
    register_operation(
        {.class_name = "Split", .module = detail::kNumpyOps, .run_all = run, .infer = infer}) &&
    register_fixed<0>("Vsplit") && register_fixed<1>("Hsplit") && register_fixed<2>("Dsplit");

}  // namespace

}  // namespace lamina
