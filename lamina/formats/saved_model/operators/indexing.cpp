// Elements by their places: gathering, scattering, one-hot, places of truths, counting.
#include <fmt/format.h>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::tensorflow {
namespace {

std::vector<Value> gathered(Call& call, int64_t axis, int64_t batch) {
  const Value& x = call.value(0);
  if (batch == 0) return apply_onnx(call, "Gather", {x, call.value(1)}, {{"axis", axis}});
  // Each row of the indices is for its own row of x.
  const int rank = x.rank(), at = onnx::axis_of(axis, rank);
  const Tensor& indices = call[1];
  if (batch < 0) batch += indices.rank();
  if (batch < 0 || batch > at || batch > indices.rank()) call.fail("attribute 'batch_dims' is out of range");
  Shape rows{1}, picks{1}, result;
  for (int i = 0; i < batch; ++i) {
    if (x.shape()[i] != indices.shape()[i]) call.fail("its batch axes differ");
    rows.set(0, rows[0] * x.shape()[i]);
    result.push_back(x.shape()[i]);
  }
  int64_t between = 1, behind = 1;
  for (int i = static_cast<int>(batch); i < at; ++i) {
    between *= x.shape()[i];
    result.push_back(x.shape()[i]);
  }
  for (int i = static_cast<int>(batch); i < indices.rank(); ++i) {
    picks.set(0, picks[0] * indices.shape()[i]);
    result.push_back(indices.shape()[i]);
  }
  for (int i = at + 1; i < rank; ++i) {
    behind *= x.shape()[i];
    result.push_back(x.shape()[i]);
  }
  const Tensor wide = reshape(x.tensor(), {rows[0], between, x.shape()[at], behind});
  const Tensor places = reshape(indices, {rows[0], 1, picks[0], 1});
  const Tensor all = add(places, zeros({rows[0], between, picks[0], behind}, indices.dtype()));
  return {Value(reshape(take_along_axis(wide, all, 2), result), x.type())};
}

std::vector<Value> gather(Call& call) {
  call.ignore({"validate_indices", "dtype"});
  const int64_t batch = call.integer("batch_dims", 0);
  return gathered(call, call.size() > 2 ? call.known_integer(2) : 0, batch);
}

std::vector<Value> gather_nd(Call& call) {
  call.ignore({"dtype", "bad_indices_policy"});
  return apply_onnx(call, "GatherND", {call.value(0), call.value(1)});
}

std::vector<Value> scattered(Call& call, const char* how) {
  call.ignore({"bad_indices_policy"});
  return apply_onnx(call, "ScatterND", {call.value(0), call.value(1), call.value(2)},
                    {{"reduction", std::string(how)}});
}

// Sums in a tensor of zeros.
std::vector<Value> scatter_nd(Call& call) {
  call.ignore({"bad_indices_policy"});
  const Value none = like(zeros(shape_in(call, 2), call[1].dtype()), call.element(1));
  return apply_onnx(call, "ScatterND", {none, call.value(0), call.value(1)},
                    {{"reduction", std::string("add")}});
}

std::vector<Value> one_hot_operator(Call& call) {
  const int64_t depth = call.known_integer(1), axis = call.integer("axis", -1);
  constexpr int64_t kMost = int64_t{1} << 31;
  if (depth < 0 || depth > kMost) call.fail(fmt::format("a depth of {}", depth));
  const Tensor& indices = call[0];
  const int rank = indices.rank() + 1, at = onnx::axis_of(axis, rank);
  Shape line;
  for (int i = at + 1; i < rank; ++i) line.push_back(1);
  Shape depths{depth};
  for (const int64_t extent : line) depths.push_back(extent);
  const Tensor hit =
      equal(expand_dims(cast(indices, DType::kInt64), at), reshape(arange(depth, DType::kInt64), depths));
  return {like(where(hit, call[2], call[3]), call.element(2))};
}

std::vector<Value> places_of_truths(Call& call) {
  const Value found = apply_onnx(call, "NonZero", {call.value(0)})[0];  // (axes, places)
  return {Value(transpose(found.tensor(), {1, 0}))};
}

std::vector<Value> bucketized(Call& call) {
  const auto bounds = call.number_list("boundaries");
  if (!bounds || bounds->empty()) return {like(zeros_like(call[0]), ElementType::kInt32)};
  const Tensor edges = cast(Tensor::from(*bounds), call[0].dtype());
  return {like(searchsorted(edges, call[0], "right"), ElementType::kInt32)};
}

std::vector<Value> counted(Call& call) {
  const bool binary = call.integer("binary_output", 0) != 0;
  const int64_t size = call.known_integer(1);
  constexpr int64_t kMost = int64_t{1} << 31;
  if (size < 0 || size > kMost) call.fail(fmt::format("{} bins", size));
  const Tensor& x = call[0];
  if (x.rank() != 1 && x.rank() != 2) call.fail("takes one or two axes, received " + x.shape().str());
  const DType dtype = call[2].dtype();
  const Tensor hits = one_hot(x, size, dtype);  // (..., n, bins)
  Tensor y;
  if (call[2].size() > 0 && !binary) {
    y = sum(multiply(hits, expand_dims(call[2], x.rank())), {x.rank() - 1});
  } else {
    y = binary ? max(hits, {x.rank() - 1}) : sum(hits, {x.rank() - 1});
  }
  return {like(y, call.element(2))};
}

std::vector<Value> inverse_permutation(Call& call) {
  const std::vector<int64_t> order = call.known_integers(0);
  std::vector<int64_t> back(order.size(), -1);
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] < 0 || order[i] >= static_cast<int64_t>(order.size()) ||
        back[static_cast<size_t>(order[i])] >= 0)
      call.fail("its numbers are no order");
    back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  return {like(integers_value(back).tensor(), call.element())};
}

const bool kIndexingRegistered[] = {
    register_operator("Gather", gather),
    register_operator("GatherV2", gather),
    register_operator("ResourceGather", gather),
    register_operator("GatherNd", gather_nd),
    register_operator("ResourceGatherNd", gather_nd),
    register_operator("ScatterNd", scatter_nd),
    register_operator("TensorScatterUpdate", [](Call& call) { return scattered(call, "none"); }),
    register_operator("TensorScatterAdd", [](Call& call) { return scattered(call, "add"); }),
    register_operator("TensorScatterMax", [](Call& call) { return scattered(call, "max"); }),
    register_operator("TensorScatterMin", [](Call& call) { return scattered(call, "min"); }),
    register_operator("OneHot", one_hot_operator),
    register_operator("Where", places_of_truths),
    register_operator("Bucketize", bucketized),
    register_operator("DenseBincount", counted),
    register_operator("InvertPermutation", inverse_permutation)};

}  // namespace
}  // namespace lamina::tensorflow
