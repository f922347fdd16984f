// Reductions over axes, places of extremes, cumulative sums, softmax.
#include "lamina/ops/reduce.h"
#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/top_k.h"

namespace lamina::tensorflow {
namespace {

// As the operator of ONNX: an empty list of axes is none here, and all there.
std::vector<Value> reduced(Call& call, const char* op) {
  const bool keep = call.integer("keep_dims", 0) != 0;
  const std::vector<int64_t> axes = call.known_integers(1);
  if (axes.empty()) return {call.value(0)};
  return apply_onnx(call, op, {call.value(0), integers_value(axes)}, {{"keepdims", int64_t{keep}}});
}

template <Tensor (*f)(const Tensor&, const Axes&, bool)>
std::vector<Value> of_truths(Call& call) {
  const bool keep = call.integer("keep_dims", 0) != 0;
  const std::vector<int> axes = axes_of(call, 1, call[0].rank());
  return {axes.empty() ? call.value(0) : Value(f(call[0], axes, keep))};
}

template <bool largest>
std::vector<Value> place(Call& call) {
  const auto type =
      static_cast<ElementType>(call.integer("output_type", static_cast<int64_t>(ElementType::kInt64)));
  const int axis = call.size() > 1 ? onnx::axis_of(call.known_integer(1), call[0].rank()) : 0;
  return {like(largest ? argmax(call[0], axis) : argmin(call[0], axis), type)};
}

std::vector<Value> cumulated(Call& call, const char* op) {
  return apply_onnx(call, op, {call.value(0), integers_value(call.known_integers(1))},
                    {{"exclusive", call.integer("exclusive", 0)}, {"reverse", call.integer("reverse", 0)}});
}

std::vector<Value> largest_of_each(Call& call) {
  const bool sorted = call.integer("sorted", 1) != 0;
  const auto type =
      static_cast<ElementType>(call.integer("index_type", static_cast<int64_t>(ElementType::kInt32)));
  const int64_t k = call.size() > 1 ? call.known_integer(1) : call.integer("k");
  const std::vector<Tensor> found = top_k(call[0], k, sorted);
  return {like(found[0], call.element()), like(found[1], type)};
}

const bool kReduceRegistered[] = {
    register_operator("Sum", [](Call& call) { return reduced(call, "ReduceSum"); }),
    register_operator("Mean", [](Call& call) { return reduced(call, "ReduceMean"); }),
    register_operator("Prod", [](Call& call) { return reduced(call, "ReduceProd"); }),
    register_operator("Max", [](Call& call) { return reduced(call, "ReduceMax"); }),
    register_operator("Min", [](Call& call) { return reduced(call, "ReduceMin"); }),
    register_operator("EuclideanNorm", [](Call& call) { return reduced(call, "ReduceL2"); }),
    register_operator("All", of_truths<ops::all>),
    register_operator("Any", of_truths<ops::any>),
    register_operator("ArgMax", place<true>),
    register_operator("ArgMin", place<false>),
    register_operator("Cumsum", [](Call& call) { return cumulated(call, "CumSum"); }),
    register_operator("Cumprod", [](Call& call) { return cumulated(call, "CumProd"); }),
    register_operator("TopK", largest_of_each, {"values", "indices"}),
    register_operator("TopKV2", largest_of_each, {"values", "indices"}),
    register_operator(
        "Softmax", [](Call& call) -> std::vector<Value> { return {like(softmax(call[0]), call.element())}; }),
    register_operator("LogSoftmax", [](Call& call) -> std::vector<Value> {
      return {like(log_softmax(call[0]), call.element())};
    })};

}  // namespace
}  // namespace lamina::tensorflow
