// The token is chosen before the product, which the others do not need.
#include "lamina/zoo/transformers/detail/class_scores.h"

#include "lamina/base/error.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/family.h"

namespace lamina::detail {

ClassScores::ClassScores(const ModuleScope& scope, const Json& json, const std::string& name, int64_t width) {
  const ConfigValues values(json, name);
  score_ = scope.linear("score", width, number_of_labels(values), false);
  int64_t padding = -1;
  values.integer("pad_token_id", padding);
  if (padding >= 0) padding_ = padding;
}

Tensor ClassScores::operator()(const Tensor& x, const Tensor& ids, CallContext& context) const {
  const int64_t rows = x.shape()[0], length = x.shape()[1], width = x.shape()[2];
  if (!padding_) {
    if (rows > 1)
      throw InvalidArgument(
          "config.json has no pad_token_id, which tells where each of several texts ends: state it, or give "
          "one text at a time");
    return (*score_)(reshape(slice(x, {0, length - 1}, {rows, length}), {rows, width}), context);
  }
  const Tensor is_text = cast(not_equal(ids, static_cast<double>(*padding_)), DType::kInt32);
  const Tensor last = argmax(is_text * reshape(arange(ids.shape()[1], DType::kInt32), {1, -1}), 1);
  const Tensor chosen = broadcast_to(reshape(last, {rows, 1, 1}), {rows, 1, width});
  return (*score_)(reshape(take_along_axis(x, chosen, 1), {rows, width}), context);
}

}  // namespace lamina::detail
