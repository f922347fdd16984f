// Arrays of older files in the orders of today: one rule for each kind of layer.
#include <algorithm>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::detail {
namespace {

using Arrays = std::vector<Tensor>;

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* one) { return name == one; });
}

Tensor columns(const Tensor& x, int64_t from, int64_t to) {
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops;
  for (const int64_t extent : x.shape()) stops.push_back(extent);
  starts.back() = from;
  stops.back() = to;
  return slice(x, starts, stops);
}

// Arrays in the order that Keras 1 kept them, three for each gate, as one kernel, one recurrent kernel and
// one bias of the gates that `order` lists.
Arrays join_gates(const Arrays& arrays, const std::vector<size_t>& order) {
  Arrays joined;
  for (size_t kind = 0; kind < 3; ++kind) {
    Arrays gates;
    for (const size_t gate : order) gates.push_back(arrays[3 * gate + kind]);
    joined.push_back(concatenate(gates, -1));
  }
  return joined;
}

// cuDNN keeps each gate's kernels transposed, and two biases.
Arrays from_cudnn(const Arrays& arrays, int64_t gates, bool add_biases) {
  const int64_t units = arrays[1].shape()[0];
  const auto each = [&](const Tensor& kernel, bool recurrent) {
    Arrays parts;
    for (int64_t gate = 0; gate < gates; ++gate) {
      const Tensor part = columns(kernel, gate * units, (gate + 1) * units);
      const int64_t rows = kernel.shape()[0];
      parts.push_back(recurrent ? transpose(part, {1, 0})
                                : transpose(reshape(part, Shape{units, rows}), {1, 0}));
    }
    return concatenate(parts, -1);
  };
  const int64_t half = gates * units;
  const Tensor bias = add_biases ? columns(arrays[2], 0, half) + columns(arrays[2], half, 2 * half)
                                 : reshape(arrays[2], Shape{2, half});
  return {each(arrays[0], false), each(arrays[1], true), bias};
}

Arrays recurrent(const std::string& class_name, Arrays arrays) {
  const bool lstm = class_name.starts_with("LSTM");
  // Keras 1: i, c, f, o of an LSTM; z, r, h of a GRU.
  if (lstm && arrays.size() == 12) arrays = join_gates(arrays, {0, 2, 1, 3});
  if (!lstm && arrays.size() == 9) arrays = join_gates(arrays, {0, 1, 2});
  const int64_t gates = lstm ? 4 : 3;
  const bool cudnn = arrays.size() == 3 && arrays[0].rank() == 2 && arrays[1].rank() == 2 &&
                     arrays[2].rank() == 1 && arrays[1].shape()[1] == gates * arrays[1].shape()[0] &&
                     arrays[0].shape()[1] == arrays[1].shape()[1] &&
                     arrays[2].shape()[0] == 2 * gates * arrays[1].shape()[0];
  return cudnn ? from_cudnn(arrays, gates, lstm) : arrays;
}

std::vector<int> reversed_spatial(int rank) {
  std::vector<int> axes;
  for (int axis = 0; axis < rank - 2; ++axis) axes.push_back(axis);
  return axes;
}

Tensor reordered(const Tensor& x, const std::vector<int>& axes) { return transpose(x, axes); }

Arrays convolution(const std::string& class_name, Arrays arrays, const std::vector<WeightPtr>& weights,
                   const LegacyWriter& writer) {
  if (arrays.empty() || weights.empty()) return arrays;
  const Shape& wanted = weights[0]->type.shape;
  Tensor& kernel = arrays[0];
  const bool keras1 = writer.version.empty() || writer.version.starts_with("1.");
  if (class_name == "Conv1D" && kernel.rank() == 4) {
    // (steps, 1, in, out), or (out, in, steps, 1) before Keras 1.2.
    const Shape& shape = kernel.shape();
    const bool newer = shape[0] == wanted[0] && shape[1] == 1 && shape[3] == wanted[2];
    if (!newer) kernel = reordered(kernel, {2, 3, 1, 0});
    if (kernel.shape()[1] == 1)
      kernel = reshape(kernel, Shape{kernel.shape()[0], kernel.shape()[2], kernel.shape()[3]});
  }
  if (class_name == "Conv2D" && kernel.rank() == 4 && keras1 && kernel.shape() != wanted)
    kernel = reordered(kernel, {2, 3, 1, 0});  // (out, in, rows, columns)
  if (class_name == "Conv2DTranspose" && kernel.rank() == 4 && keras1 && kernel.shape() != wanted) {
    const Tensor last = reordered(kernel, {0, 1, 3, 2});
    kernel = last.shape() == wanted ? last : reordered(kernel, {2, 3, 0, 1});
  }
  if (kernel.rank() == 4 && !keras1 && kernel.shape() != wanted) kernel = reordered(kernel, {3, 2, 0, 1});
  // Theano turned kernels around: what it calls a convolution is one.
  if (writer.backend == "theano" && kernel.rank() > 2) kernel = flip(kernel, reversed_spatial(kernel.rank()));
  return arrays;
}

Arrays for_layer(const Layer& layer, Arrays arrays, const std::vector<WeightPtr>& weights,
                 const LegacyWriter& writer) {
  const std::string class_name = layer.class_name();
  if (is_one_of(class_name, {"LSTM", "GRU", "LSTMCell", "GRUCell"}))
    return recurrent(class_name, std::move(arrays));
  if (is_one_of(class_name,
                {"Conv1D", "Conv2D", "Conv2DTranspose", "Conv3D", "SeparableConv2D", "DepthwiseConv2D"}))
    return convolution(class_name, std::move(arrays), weights, writer);
  if (class_name == "Bidirectional" && layer.sublayers().size() == 2 && arrays.size() % 2 == 0) {
    Arrays both;
    const auto half = static_cast<std::ptrdiff_t>(arrays.size() / 2);
    for (size_t side = 0; side < 2; ++side) {
      const auto begin = arrays.begin() + (side == 0 ? 0 : half);
      const Layer& inner = *layer.sublayers()[side].second;
      for (Tensor& one : for_layer(inner, Arrays(begin, begin + half), legacy_order(inner), writer))
        both.push_back(std::move(one));
    }
    return both;
  }
  if (class_name == "TimeDistributed" && layer.sublayers().size() == 1)
    return for_layer(*layer.sublayers()[0].second, std::move(arrays), weights, writer);
  return arrays;
}

}  // namespace

std::vector<Tensor> legacy_arrays(const Layer& layer, std::vector<Tensor> arrays,
                                  const LegacyWriter& writer) {
  if (writer.version.starts_with("3.")) return arrays;
  return for_layer(layer, std::move(arrays), legacy_order(layer), writer);
}

}  // namespace lamina::detail
