// Operands of elementwise ops, and the two families: one operator, and a formula of several.
#include "lamina/formats/onnx/export/writers/elementwise.h"

#include "lamina/formats/onnx/export/graph_writer.h"
#include "lamina/ops/reshape.h"

namespace lamina::onnx {
namespace {

// An operand of fewer axes than the images that it goes with, as (batch, channels, ...).
std::string beside_images(Writing& w, size_t i, int rank) {
  if (w.rank(i) == rank) return w.channels_first(i);
  if (w.rank(i) == 0) return w.in(i);
  if (w.constant(i).defined()) {
    std::vector<int64_t> dims(static_cast<size_t>(rank - w.rank(i)), 1);
    for (const int64_t extent : w.shape(i, 0)) dims.push_back(extent);
    Written whole = *written_constant(reshape(w.constant(i), Shape(dims)).eval(), w.input(i)->wish, w.traces());
    return channels_first_name(w.builder(), whole);
  }
  // Broadcasting aligns the last axes, which are the channels' and those before them.
  std::vector<int64_t> leading;
  for (int axis = 0; axis < rank - w.rank(i); ++axis) leading.push_back(axis);
  if (w.rank(i) == 1) {
    leading.clear();
    for (int axis = 0; axis + 1 < rank - 1; ++axis) leading.push_back(axis + 1);  // (channels, 1, ...)
    return w.over_axes("Unsqueeze", w.in(i), leading, 13);
  }
  const std::string whole = w.over_axes("Unsqueeze", w.in(i), leading, 13);
  std::vector<int64_t> order{0, rank - 1};
  for (int axis = 1; axis + 1 < rank; ++axis) order.push_back(axis);
  return w.node("Transpose", {whole}, {{"perm", order}});
}

}  // namespace

Operands operands(Writing& w) {
  Operands result;
  const int rank = w.out_rank(0);
  for (size_t i = 0; i < w.size(); ++i)
    result.channels_first = result.channels_first || (rank > 2 && w.rank(i) == rank && w.lies_channels_first(i));
  for (size_t i = 0; i < w.size(); ++i)
    result.names.push_back(result.channels_first ? beside_images(w, i, rank) : w.in(i));
  return result;
}

void out(Writing& w, const Operands& operands, const std::string& name) {
  if (operands.channels_first) {
    w.out_channels_first(0, name);
  } else {
    w.out(0, name);
  }
}

bool elementwise(const char* op, Formula formula, bool bools) {
  return register_writer(op, [formula = std::move(formula), bools](Writing& w) {
    Operands x = operands(w);
    const DType given = w.dtype(0);
    const DType wide = bools && given == DType::kBool ? DType::kInt32 : Writing::wide(given);
    for (std::string& name : x.names) name = w.as(name, given, wide);
    const std::string y = formula(w, x.names, wide);
    const DType result = w.out_dtype(0);
    out(w, x, result == given && wide != given ? w.cast(y, given) : y);
  });
}

bool elementwise(const char* op, const char* operator_type, bool bools) {
  return elementwise(
      op,
      [type = std::string(operator_type)](Writing& w, const Names& x, DType) { return w.node(type, x); },
      bools);
}

std::string by_float32(Writing& w, const std::string& type, const std::string& x, DType dtype) {
  const DType computed = dtype == DType::kFloat64 ? DType::kFloat32 : dtype;
  return w.as(w.node(type, {w.as(x, dtype, computed)}), computed, dtype);
}

bool elementwise_by_float32(const char* op, const char* operator_type) {
  return elementwise(op, [type = std::string(operator_type)](Writing& w, const Names& x, DType dtype) {
    return by_float32(w, type, x[0], dtype);
  });
}

}  // namespace lamina::onnx
