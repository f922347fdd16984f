// TensorScatter: new keys and values written into a cache, for each sample at its own place.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/scatter_update.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<Value> tensor_scatter(Call& call) {
  const Tensor &cache = call[0], &update = call[1];
  const std::string mode = call.text("mode", "linear");
  if (mode != "linear" && mode != "circular") call.fail("attribute 'mode' is '" + mode + "'");
  const int axis = cache.shape().normalize(static_cast<int>(call.integer("axis", -2)));
  if (axis == 0) call.fail("axis 0 is that of the samples");
  bool fits = update.rank() == cache.rank();
  for (int i = 0; fits && i < cache.rank(); ++i)
    fits = i == axis ? update.shape()[i] <= cache.shape()[i] : update.shape()[i] == cache.shape()[i];
  const int64_t batch = cache.shape()[0], size = cache.shape()[axis];
  if (!fits || (call.has(2) && call[2].shape() != Shape{batch}))
    call.fail(fmt::format("a cache of shape {} and an update of {} do not fit", cache.shape().str(),
                          update.shape().str()));
  const int64_t length = update.shape()[axis];
  // Samples and places in front.
  std::vector<int> order{0, axis}, back(static_cast<size_t>(cache.rank()));
  for (int i = 1; i < cache.rank(); ++i) {
    if (i != axis) order.push_back(i);
  }
  for (size_t i = 0; i < order.size(); ++i) back[static_cast<size_t>(order[i])] = static_cast<int>(i);
  Tensor place = reshape(arange(length, DType::kInt64), {1, length});
  if (call.has(2)) place = add(place, reshape(cast(call[2], DType::kInt64), {batch, 1}));
  if (mode == "circular") place = mod(place, static_cast<double>(size));
  place = broadcast_to(place, {batch, length});
  const Tensor sample = broadcast_to(reshape(arange(batch, DType::kInt64), {batch, 1}), {batch, length});
  const Tensor result =
      scatter_update(transpose(cache, order), stack({sample, place}, 2), transpose(update, order));
  return {Value(transpose(result, back), call.element())};
}

const bool kTensorScatterRegistered = register_operator("TensorScatter", 24, tensor_scatter);

}  // namespace
}  // namespace lamina::onnx
