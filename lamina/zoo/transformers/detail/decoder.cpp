// Which tensors go where: the cache is the state of a step, the weights come first in the batch.
#include "lamina/zoo/transformers/detail/decoder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/system.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/dynamic_slice.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/zoo/transformers/detail/asking.h"
#include "lamina/zoo/transformers/detail/attention.h"

namespace lamina::detail {
namespace {

/// Lengths are rounded up to these, so that few programs serve all.
constexpr int64_t kSourceStep = 16, kCacheStep = 64, kLongCacheStep = 256, kLongCache = 512;
/// Tokens of a prompt that are read at a time.
constexpr size_t kChunks[] = {1, 2, 8, 32, 128};
/// Bytes that are had without asking whether they can be.
constexpr double kUnasked = 64 << 20;

int64_t rounded(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

int64_t rounded_length(int64_t n) { return rounded(n, n <= kLongCache ? kCacheStep : kLongCacheStep); }

/// Of so many tokens that are left. Few are read with room for more, which costs less than another step;
/// many are arithmetic.
size_t chunk_of(size_t left) {
  constexpr size_t kMany = 32;
  if (left <= kMany)
    return *std::find_if(std::begin(kChunks), std::end(kChunks), [&](size_t n) { return n >= left; });
  return *std::find_if(std::rbegin(kChunks), std::rend(kChunks), [&](size_t n) { return n <= left; });
}

size_t longest_of(const NewTokens& tokens) {
  size_t longest = 0;
  for (const auto& of_row : tokens) longest = std::max(longest, of_row.size());
  return longest;
}

/// `x` with zeros behind, up to `shape`.
Tensor filled_up(const Tensor& x, const Shape& shape) {
  Tensor y = x;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    Shape rest = y.shape();
    if (rest[axis] >= shape[axis]) continue;
    rest.set(axis, shape[axis] - rest[axis]);
    y = concatenate({y, zeros(rest, x.dtype())}, axis);
  }
  return y.eval();
}

/// state[i] with batch[1 + i], one row, in place of row batch[0].
std::vector<Tensor> with_row(std::span<const Tensor> given) {
  const size_t count = given.size() / 2;
  std::vector<Tensor> results;
  for (size_t i = 0; i < count; ++i) {
    const Tensor start = concatenate({given[count], zeros({given[i].rank() - 1}, DType::kInt32)}, 0);
    results.push_back(slice_update(given[i], start, given[count + 1 + i]));
  }
  return results;
}

}  // namespace

uint64_t DecoderState::cache_bytes() const {
  return std::accumulate(cache.begin(), cache.end(), uint64_t{0},
                         [](uint64_t sum, const Tensor& part) { return sum + part.type().bytes(); });
}

Decoder::Decoder(const PretrainedModel& model, const StepWeights::Stored& stored, const std::string& cache)
    : weights_(model.Layer::weights(), stored),
      layout_(model, cache),
      encode_(
          [this](const std::vector<Tensor>& given) {
            CallContext context(false);
            const std::span<const Tensor> rest = weights_.bind(context, given);
            return AskingModel::model().encode(rest[0], rest[1], context);
          },
          0, "encode", nullptr, weights_.count()),
      decode_([this](const std::vector<Tensor>& given) { return decoded(given, false); }, layout_.count(),
              "decode", nullptr, weights_.count()),
      decode_each_([this](const std::vector<Tensor>& given) { return decoded(given, true); }, layout_.count(),
                   "decode_each", nullptr, weights_.count()),
      reorder_(
          [this](const std::vector<Tensor>& given) {
            std::vector<Tensor> results;
            for (size_t i = 0; i < layout_.count(); ++i)
              results.push_back(take(given[i], given[layout_.count()], 0));
            return results;
          },
          layout_.count(), "reorder"),
      place_([](const std::vector<Tensor>& given) { return with_row(given); }, layout_.count(), "place") {}

std::vector<Tensor> Decoder::decoded(std::span<const Tensor> given, bool each) {
  CallContext context(false);
  const std::span<const Tensor> rest = weights_.bind(context, given.subspan(layout_.count()));
  DecodeInputs inputs{rest[0], rest[1], rest[2], rest[3], {rest.begin() + 4, rest.end()}, each};
  if (inputs.counts.size() == 0) inputs.counts = Tensor();
  inputs.lengths = each ? places_of(inputs) + 1 : reshape(inputs.lengths, {inputs.lengths.shape()[0], 1});
  TokenCache cache(layout_, {given.begin(), given.begin() + static_cast<std::ptrdiff_t>(layout_.count())},
                   inputs.positions);
  const Tensor logits = AskingModel::model().decode(inputs, cache, context);
  std::vector<Tensor> results = cache.parts();
  results.push_back(cast(logits, DType::kFloat32));
  return results;
}

std::vector<Tensor> Decoder::weights() const {
  std::vector<const Tensor*> all;
  weights_.add_to(all);
  std::vector<Tensor> copies;
  for (const Tensor* const weight : all) copies.push_back(*weight);
  return copies;
}

int Decoder::programs() const {
  return encode_.statistics().programs + decode_.statistics().programs + decode_each_.statistics().programs;
}

std::vector<Tensor> Decoder::encode(const PretrainedModel& model,
                                    const std::vector<std::vector<int32_t>>& sources, int64_t pad) {
  const int64_t length = rounded(static_cast<int64_t>(longest_of(sources)), kSourceStep),
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
  return memory;
}

void Decoder::check_memory(const PretrainedModel& model, double rows, int64_t length) const {
  length = std::max(length, kCacheStep);
  // Beside what is kept, the scores of all tokens, twice.
  double bytes = rows * 2 * sizeof(float) * static_cast<double>(model.vocab_size());
  for (const TensorType& type : layout_.types(model, 1, length))
    bytes += rows * static_cast<double>(type.bytes());
  if (bytes <= kUnasked) return;
  const auto available = static_cast<double>(system_info().available_bytes);
  if (available == 0 || bytes <= available) return;
  const auto megabytes = [](double n) { return std::to_string(static_cast<int64_t>(n / 1e6)) + " MB"; };
  throw InvalidArgument("generate: " + std::to_string(static_cast<int64_t>(rows)) + " texts of " +
                        std::to_string(length) + " tokens at a time need " + megabytes(bytes) +
                        " for what is kept of them, and " + megabytes(available) +
                        " can be had; take fewer prompts, beams or sequences, or fewer tokens");
}

DecoderState Decoder::begin(const PretrainedModel& model, int64_t rows, int64_t most) {
  DecoderState state;
  state.lengths.assign(static_cast<size_t>(rows), 0);
  state.most = most;
  make_room(model, state, 1);
  return state;
}

// Twice as much each time: a text costs the copies of what it is long.
void Decoder::make_room(const PretrainedModel& model, DecoderState& state, int64_t places) {
  if (places <= state.room) return;
  int64_t room = std::max(2 * state.room, kCacheStep);
  while (room < places) room *= 2;
  if (state.most > 0) room = std::min(room, rounded_length(std::max(state.most, places)));
  check_memory(model, static_cast<double>(state.rows()), room);
  const std::vector<TensorType> types = layout_.types(model, state.rows(), room);
  for (size_t i = 0; i < types.size(); ++i) {
    if (i >= state.cache.size()) {
      state.cache.push_back(zeros(types[i].shape, types[i].dtype).eval());
    } else if (layout_.grows(i)) {
      state.cache[i] = filled_up(state.cache[i], types[i].shape);
    }
  }
  state.room = room;
}

void Decoder::run(Step& step, const PretrainedModel& model, DecoderState& state, const NewTokens& tokens,
                  size_t done, size_t count, std::span<const int64_t> ends) {
  std::vector<int32_t> ids, positions, counts, lengths;
  int64_t needed = 0;
  bool whole = true;
  const bool goes_back = layout_.goes_back();
  for (size_t row = 0; row < tokens.size(); ++row) {
    const size_t there = std::min(tokens[row].size() - std::min(done, tokens[row].size()), count);
    const auto first = tokens[row].begin() + static_cast<std::ptrdiff_t>(done);
    if (there > 0) ids.insert(ids.end(), first, first + static_cast<std::ptrdiff_t>(there));
    ids.resize(ids.size() + count - there, tokens[row].empty() ? 0 : tokens[row].back());
    // A row that rests is written where it goes on, or, when it is over, where it does not matter.
    const int64_t position = state.lengths[row];
    positions.push_back(static_cast<int32_t>(position));
    counts.push_back(static_cast<int32_t>(there));
    lengths.push_back(static_cast<int32_t>(ends[row]));
    needed = std::max(needed, position + static_cast<int64_t>(count));
    whole = whole && (there == count || (there == 0 && goes_back && count == 1));
    state.read += static_cast<int64_t>(there);
    state.lengths[row] += static_cast<int64_t>(there);
  }
  make_room(model, state, needed);
  const int64_t rows = state.rows();
  const Tensor id_tensor = Tensor::from(ids, {rows, static_cast<int64_t>(count)}),
               position_tensor = Tensor::from(positions, {rows}),
               count_tensor = whole ? zeros({0}, DType::kInt32).eval() : Tensor::from(counts, {rows}),
               length_tensor = Tensor::from(lengths, {rows});
  std::vector<const Tensor*> batch;
  weights_.add_to(batch);
  for (const Tensor* tensor : {&id_tensor, &position_tensor, &count_tensor, &length_tensor})
    batch.push_back(tensor);
  for (const Tensor& part_of_source : state.memory) batch.push_back(&part_of_source);
  const AskingModel scope(model);
  step(state.cache, batch, state.outputs);
  ++state.steps;
}

std::span<const float> Decoder::step(const PretrainedModel& model, DecoderState& state,
                                     const NewTokens& tokens) {
  const size_t longest = longest_of(tokens);
  std::vector<int64_t> ends;
  for (size_t row = 0; row < tokens.size(); ++row)
    ends.push_back(state.lengths[row] + static_cast<int64_t>(tokens[row].size()));
  const auto logits = [&] {
    const Tensor& all = state.outputs.at(0);
    return std::span<const float>(all.data<float>(), static_cast<size_t>(all.size()));
  };
  bool gathered = false;
  for (size_t done = 0; done < longest;) {
    const size_t chunk = chunk_of(longest - done);
    run(decode_, model, state, tokens, done, chunk, ends);
    const size_t before = std::exchange(done, done + chunk);
    for (size_t row = 0; row < tokens.size(); ++row) {
      const size_t size = tokens[row].size();
      if (size <= before || size > done || (done >= longest && !gathered)) continue;
      const std::span<const float> all = logits();
      const size_t vocabulary = all.size() / tokens.size();
      state.gathered.resize(all.size());
      const std::span<const float> own = all.subspan(row * vocabulary, vocabulary);
      std::copy(own.begin(), own.end(),
                state.gathered.begin() + static_cast<std::ptrdiff_t>(row * vocabulary));
      gathered = true;
    }
  }
  return gathered ? std::span<const float>(state.gathered) : logits();
}

std::span<const float> Decoder::step_each(const PretrainedModel& model, DecoderState& state,
                                          const NewTokens& tokens, size_t count) {
  const std::vector<int64_t> ends(tokens.size(), 0);  // texts end with each token
  run(decode_each_, model, state, tokens, 0, count, ends);
  const Tensor& logits = state.outputs.at(0);
  return {logits.data<float>(), static_cast<size_t>(logits.size())};
}

void Decoder::select(const PretrainedModel& model, DecoderState& state, const std::vector<int32_t>& rows) {
  bool same = rows.size() == state.lengths.size();
  for (size_t i = 0; i < rows.size() && same; ++i) same = rows[i] == static_cast<int32_t>(i);
  if (same) return;
  std::vector<int32_t> sources;
  std::vector<int64_t> lengths;
  for (const int32_t row : rows) {
    sources.push_back(std::max(row, 0));
    lengths.push_back(row < 0 ? 0 : state.lengths[static_cast<size_t>(row)]);
  }
  const Tensor order = Tensor::from(sources, {static_cast<int64_t>(rows.size())});
  if (rows.size() == state.lengths.size()) {
    const AskingModel scope(model);
    const Tensor* const batch[] = {&order};
    std::vector<Tensor> none;
    reorder_(state.cache, batch, none);
  } else {
    for (std::vector<Tensor>* const parts : {&state.cache, &state.memory}) {
      for (Tensor& part : *parts) part = take(part, order, 0).eval();
    }
  }
  state.lengths = std::move(lengths);
}

void Decoder::place(const PretrainedModel& model, DecoderState& state, int64_t row, DecoderState one) {
  make_room(model, state, one.room);
  one.most = 0;
  for (size_t i = 0; i < one.cache.size(); ++i) {
    if (!layout_.grows(i)) continue;
    Shape shape = state.cache[i].shape();
    shape.set(0, 1);
    one.cache[i] = filled_up(one.cache[i], shape);
  }
  const Tensor at = Tensor::from(std::vector<int32_t>{static_cast<int32_t>(row)}, {1});
  const auto put = [&](Step& step, std::vector<Tensor>& parts, std::vector<Tensor>& of_one) {
    std::vector<const Tensor*> batch{&at};
    for (const Tensor& part : of_one) batch.push_back(&part);
    std::vector<Tensor> none;
    step(parts, batch, none);
  };
  const AskingModel scope(model);
  put(place_, state.cache, one.cache);
  state.lengths[static_cast<size_t>(row)] = one.lengths.at(0);
  if (one.memory.empty()) return;
  {
    const std::lock_guard lock(making_);
    if (!place_memory_)
      place_memory_ = std::make_unique<Step>([](const std::vector<Tensor>& given) { return with_row(given); },
                                             one.memory.size(), "place_memory");
  }
  // Sources of unequal length: what is behind the shorter ones is masked, the masks being filled with false.
  if (state.memory.empty()) {
    for (const Tensor& part : one.memory) {
      Shape shape = part.shape();
      shape.set(0, state.rows());
      state.memory.push_back(zeros(shape, part.dtype()).eval());
    }
  }
  for (size_t i = 0; i < one.memory.size(); ++i) {
    Shape shape = state.memory[i].shape();
    for (int axis = 1; axis < shape.rank(); ++axis)
      shape.set(axis, std::max(shape[axis], one.memory[i].shape()[axis]));
    state.memory[i] = filled_up(state.memory[i], shape);
    shape.set(0, 1);
    one.memory[i] = filled_up(one.memory[i], shape);
  }
  put(*place_memory_, state.memory, one.memory);
}

}  // namespace lamina::detail
