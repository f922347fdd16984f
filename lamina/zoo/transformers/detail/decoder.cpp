// Which tensors go where: the cache is the state of a step, the weights come first in the batch.
#include "lamina/zoo/transformers/detail/decoder.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/take.h"
#include "lamina/zoo/transformers/detail/asking.h"

namespace lamina::detail {
namespace {

/// Lengths are rounded up to these, so that few programs serve all.
constexpr int64_t kSourceStep = 16, kCacheStep = 64, kLongCacheStep = 256, kLongCache = 512;
/// Tokens of a prompt that are taken at a time: the largest first.
constexpr int64_t kChunks[] = {128, 32, 8, 1};

int64_t rounded(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

Decoder::Decoder(const PretrainedModel& model, const StepWeights::Stored& stored)
    : weights_(model.Layer::weights(), stored),
      caches_(model.cache_types(1, 1).size()),
      encode_(
          [this](const std::vector<Tensor>& given) {
            CallContext context(false);
            const std::span<const Tensor> rest = weights_.bind(context, given);
            return AskingModel::model().encode(rest[0], rest[1], context);
          },
          0, "encode", nullptr, weights_.count()),
      decode_(
          [this](const std::vector<Tensor>& given) {
            CallContext context(false);
            const std::span<const Tensor> all = given;
            const std::span<const Tensor> rest = weights_.bind(context, all.subspan(caches_));
            DecodeInputs inputs{rest[0], rest[1], rest[2], {rest.begin() + 4, rest.end()}, rest[3]};
            if (inputs.padding.size() == 0) inputs.padding = Tensor();
            std::vector<Tensor> results(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(caches_));
            const Tensor logits = AskingModel::model().decode(inputs, results, context);
            results.push_back(cast(logits, DType::kFloat32));
            return results;
          },
          caches_, "decode", nullptr, weights_.count()),
      reorder_(
          [this](const std::vector<Tensor>& given) {
            std::vector<Tensor> results;
            for (size_t i = 0; i < caches_; ++i) results.push_back(take(given[i], given[caches_], 0));
            return results;
          },
          caches_, "reorder") {}

int Decoder::programs() const { return encode_.statistics().programs + decode_.statistics().programs; }

std::vector<Tensor> Decoder::encode(const PretrainedModel& model,
                                    const std::vector<std::vector<int32_t>>& sources, int64_t pad,
                                    int64_t copies) {
  size_t longest = 0;
  for (const auto& source : sources) longest = std::max(longest, source.size());
  const int64_t length = rounded(static_cast<int64_t>(longest), kSourceStep),
                rows = static_cast<int64_t>(sources.size());
  std::vector<int32_t> ids;
  std::vector<uint8_t> mask;
  for (const auto& source : sources) {
    const size_t end = ids.size() + static_cast<size_t>(length);
    ids.insert(ids.end(), source.begin(), source.end());
    mask.insert(mask.end(), source.size(), 1);
    ids.resize(end, static_cast<int32_t>(pad));
    mask.resize(end, 0);
  }
  const std::vector<bool> bits(mask.begin(), mask.end());
  const Tensor id_tensor = Tensor::from(ids, {rows, length}),
               mask_tensor = Tensor::from(bits, {rows, length});
  std::vector<const Tensor*> batch;
  weights_.add_to(batch);
  batch.push_back(&id_tensor);
  batch.push_back(&mask_tensor);
  std::vector<Tensor> memory;
  const AskingModel scope(model);
  encode_({}, batch, memory);
  if (copies == 1) return memory;
  std::vector<int32_t> order;
  for (int32_t row = 0; row < rows; ++row) order.insert(order.end(), static_cast<size_t>(copies), row);
  const Tensor index = Tensor::from(order, {static_cast<int64_t>(order.size())});
  for (Tensor& part : memory) part = take(part, index, 0).eval();
  return memory;
}

DecoderState Decoder::begin(const PretrainedModel& model, int64_t rows, int64_t positions) {
  DecoderState state;
  state.length = rounded(positions, positions <= kLongCache ? kCacheStep : kLongCacheStep);
  for (const TensorType& type : model.cache_types(rows, state.length))
    state.cache.push_back(zeros(type.shape, type.dtype).eval());
  return state;
}

std::span<const float> Decoder::step(const PretrainedModel& model, DecoderState& state,
                                     std::span<const int32_t> ids) {
  const int64_t rows = state.cache.at(0).shape()[0], count = static_cast<int64_t>(ids.size()) / rows;
  const Tensor none = zeros({0}, DType::kInt32).eval();
  const Tensor end(static_cast<int32_t>(state.position + count));
  const AskingModel scope(model);
  for (int64_t done = 0; done < count;) {
    const int64_t chunk =
        *std::find_if(std::begin(kChunks), std::end(kChunks), [&](int64_t n) { return n <= count - done; });
    if (state.position + chunk > state.length) throw InternalError("a generation has more tokens than room");
    std::vector<int32_t> part;
    for (int64_t row = 0; row < rows; ++row) {
      const std::span<const int32_t> of_row =
          ids.subspan(static_cast<size_t>(row * count + done), static_cast<size_t>(chunk));
      part.insert(part.end(), of_row.begin(), of_row.end());
    }
    const Tensor tokens = Tensor::from(part, {rows, chunk}), position(static_cast<int32_t>(state.position));
    std::vector<const Tensor*> batch;
    weights_.add_to(batch);
    for (const Tensor* tensor : {&tokens, &position, state.padding.defined() ? &state.padding : &none, &end})
      batch.push_back(tensor);
    for (const Tensor& part_of_source : state.memory) batch.push_back(&part_of_source);
    decode_(state.cache, batch, state.outputs);
    state.position += chunk;
    done += chunk;
  }
  const Tensor& logits = state.outputs.at(0);
  return {logits.data<float>(), static_cast<size_t>(logits.size())};
}

void Decoder::reorder(const PretrainedModel& model, DecoderState& state, const std::vector<int32_t>& rows) {
  bool same = true;
  for (size_t i = 0; i < rows.size(); ++i) same = same && rows[i] == static_cast<int32_t>(i);
  if (same) return;
  const AskingModel scope(model);
  const Tensor order = Tensor::from(rows, {static_cast<int64_t>(rows.size())});
  const Tensor* const batch[] = {&order};
  std::vector<Tensor> none;
  reorder_(state.cache, batch, none);
}

}  // namespace lamina::detail
