// Record of reshape, and the functions that are a reshape in other words.
#include "lamina/ops/reshape.h"

#include <algorithm>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_reshape(const InferArgs& args) {
  const Shape& shape = args.attrs.as<ReshapeAttrs>().shape;
  if (std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; }) ||
      shape.size() != args.inputs[0].shape.size()) {
    args.fail("cannot reshape " + args.inputs[0].shape.str() + " to " + shape.str() + ": " +
              std::to_string(args.inputs[0].shape.size()) + " elements do not fit");
  }
  return {{args.inputs[0].dtype, shape}};
}

std::vector<Tensor> vjp_reshape(const VjpArgs& args) {
  return {reshape(args.grads[0], args.inputs[0].shape())};
}

const Op& reshape_op =
    register_op<ReshapeAttrs>({.name = "reshape",
                               .doc = "The same elements in row-major order under another shape",
                               .inputs = {{"x"}},
                               .outputs = {"y"},
                               .infer = infer_reshape,
                               .vjp = vjp_reshape,
                               .view = true,
                               .same_if_type_stays = true,
                               .moves_elements = true});

/// Fills in the extent that is given as -1, where it can be known.
Shape resolved(const Shape& from, const Shape& to) {
  const int64_t* unknown = std::find(to.begin(), to.end(), -1);
  if (unknown == to.end() || std::count(to.begin(), to.end(), -1) > 1) return to;
  const int64_t known = -to.size();
  if (known == 0 || from.size() % known != 0) return to;
  Shape shape = to;
  shape.set(static_cast<int>(unknown - to.begin()), from.size() / known);
  return shape;
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  if (is_symbolic(x))
    return detail::recorded("Reshape", {x}, Json::object({{"newshape", detail::integers_json(shape)}}));
  return apply(reshape_op, ReshapeAttrs{resolved(x.shape(), shape)}, {x})[0];
}

Tensor expand_dims(const Tensor& x, int axis) {
  if (is_symbolic(x)) return detail::recorded("ExpandDims", {x}, Json::object({{"axis", axis}}));
  std::vector<int64_t> dims = x.shape().dims();
  const int rank = x.rank() + 1;
  const int position = axis < 0 ? axis + rank : axis;
  if (position < 0 || position >= rank) {
    throw InvalidArgument("expand_dims: axis " + std::to_string(axis) + " is out of range for shape " +
                          x.shape().str() + " with one more axis");
  }
  dims.insert(dims.begin() + position, 1);
  return reshape(x, Shape(dims));
}

Tensor squeeze(const Tensor& x, const Axes& axes) {
  if (is_symbolic(x))
    return detail::recorded("Squeeze", {x}, Json::object({{"axis", detail::axes_json(axes)}}));
  std::vector<bool> drop(static_cast<size_t>(x.rank()), false);
  for (int given : axes) {
    const int axis = detail::checked_axis("squeeze", x, given);
    if (x.shape()[axis] != 1) {
      throw InvalidArgument("squeeze: axis " + std::to_string(given) + " of shape " + x.shape().str() +
                            " must have extent 1");
    }
    drop[static_cast<size_t>(axis)] = true;
  }
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t extent = x.shape()[axis];
    if (axes.empty() ? extent != 1 : !drop[static_cast<size_t>(axis)]) shape.push_back(extent);
  }
  return reshape(x, shape);
}

Tensor flatten(const Tensor& x) {
  if (is_symbolic(x)) {
    int64_t size = 1;
    for (int axis = 1; axis < x.rank(); ++axis)
      size = size < 0 || x.shape()[axis] < 0 ? -1 : size * x.shape()[axis];
    if (size < 0)
      throw InvalidArgument("flatten: of " + x.shape().str() +
                            " more than the batch is open; use the layer Flatten");
    return reshape(x, {-1, size});
  }
  if (x.rank() == 0) return reshape(x, {1, 1});
  const int64_t rows = x.shape()[0];
  int64_t columns = 1;
  for (int axis = 1; axis < x.rank(); ++axis) columns *= x.shape()[axis];
  return reshape(x, {rows, columns});
}

namespace {

const bool reshape_recorded = detail::register_operations(
    detail::kNumpyOps,
    {{"Reshape",
      [](const OperationCall& call) {
        return reshape(call.tensor(0), Shape(detail::integers_of(call, "newshape")));
      }},
     {"ExpandDims",
      [](const OperationCall& call) {
        // Places in the result, so the foremost first.
        std::vector<int> places = detail::axes_of(call).values();
        const int rank = call.tensor(0).rank() + static_cast<int>(places.size());
        for (int& place : places) place += place < 0 ? rank : 0;
        std::sort(places.begin(), places.end());
        Tensor x = call.tensor(0);
        for (const int place : places) x = expand_dims(x, place);
        return x;
      }},
     {"Squeeze", [](const OperationCall& call) { return squeeze(call.tensor(0), detail::axes_of(call)); }}});

}  // namespace

}  // namespace lamina
