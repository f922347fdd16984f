// Blocks of pixels that become channels or entries of the batch, and back.
#include <utility>
#include <vector>

#include "lamina/formats/tflite/operators/call.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::tflite {
namespace {

using Paddings = std::vector<std::pair<int64_t, int64_t>>;

std::vector<Value> space_to_depth(Call& call) {
  const int64_t block = option(call, "block_size");
  const Shape& s = call[0].shape();
  if (s.rank() != 4 || block < 1 || s[1] % block != 0 || s[2] % block != 0)
    call.fail("its blocks do not fit its input " + s.str());
  const Tensor parts = reshape(call[0], {s[0], s[1] / block, block, s[2] / block, block, s[3]});
  return {output(call, reshape(transpose(parts, {0, 1, 3, 2, 4, 5}),
                               {s[0], s[1] / block, s[2] / block, block * block * s[3]}))};
}

std::vector<Value> depth_to_space(Call& call) {
  const int64_t block = option(call, "block_size");
  const Shape& s = call[0].shape();
  if (s.rank() != 4 || block < 1 || block > 65536 || s[3] % (block * block) != 0)
    call.fail("its blocks do not fit its input " + s.str());
  const Tensor parts = reshape(call[0], {s[0], s[1], s[2], block, block, s[3] / (block * block)});
  return {output(call, reshape(transpose(parts, {0, 1, 3, 2, 4, 5}),
                               {s[0], s[1] * block, s[2] * block, s[3] / (block * block)}))};
}

// Blocks of the spatial axes become entries of the batch; `crops` for the way back.
struct Blocks {
  std::vector<int64_t> sizes;
  Paddings ends;
};

Blocks blocks_of(const Call& call) {
  Blocks blocks{call.known_integers(1), {}};
  const std::vector<int64_t> flat = call.known_integers(2);
  if (flat.size() != 2 * blocks.sizes.size() || static_cast<int>(blocks.sizes.size()) >= call[0].rank())
    call.fail("its blocks do not fit its input");
  for (size_t i = 0; i < blocks.sizes.size(); ++i) {
    if (blocks.sizes[i] < 1 || blocks.sizes[i] > (1 << 20) || flat[2 * i] < 0 || flat[2 * i + 1] < 0 ||
        flat[2 * i] > (1 << 30) || flat[2 * i + 1] > (1 << 30))
      call.fail("a block or an end cannot be");
    blocks.ends.emplace_back(flat[2 * i], flat[2 * i + 1]);
  }
  return blocks;
}

std::vector<Value> space_to_batch(Call& call) {
  const Blocks blocks = blocks_of(call);
  const int spatial = static_cast<int>(blocks.sizes.size());
  Paddings pads{{0, 0}};
  pads.insert(pads.end(), blocks.ends.begin(), blocks.ends.end());
  while (static_cast<int>(pads.size()) < call[0].rank()) pads.emplace_back(0, 0);
  const Tensor x =
      pad(call[0], pads, quantized(call) ? static_cast<double>(output_quantization(call).zero()) : 0.0);
  Shape apart{x.shape()[0]}, result{x.shape()[0]};
  std::vector<int> order;
  for (int i = 0; i < spatial; ++i) {
    const int64_t size = blocks.sizes[static_cast<size_t>(i)];
    if (x.shape()[i + 1] % size != 0) call.fail("its blocks do not fit its input " + x.shape().str());
    apart.push_back(x.shape()[i + 1] / size);
    apart.push_back(size);
    result.set(0, result[0] * size);
    result.push_back(x.shape()[i + 1] / size);
    order.push_back(2 * i + 2);
  }
  order.push_back(0);
  for (int i = 0; i < spatial; ++i) order.push_back(2 * i + 1);
  for (int axis = spatial + 1; axis < x.rank(); ++axis) {
    order.push_back(apart.rank());
    apart.push_back(x.shape()[axis]);
    result.push_back(x.shape()[axis]);
  }
  return {output(call, reshape(transpose(reshape(x, apart), order), result))};
}

std::vector<Value> batch_to_space(Call& call) {
  const Blocks blocks = blocks_of(call);
  const int spatial = static_cast<int>(blocks.sizes.size());
  const Shape& s = call[0].shape();
  int64_t all = 1;
  Shape apart, result;
  for (const int64_t size : blocks.sizes) {
    if (__builtin_mul_overflow(all, size, &all)) call.fail("its blocks are too large");
    apart.push_back(size);
  }
  if (s[0] % all != 0) call.fail("its blocks do not fit its input " + s.str());
  apart.push_back(s[0] / all);
  result.push_back(s[0] / all);
  std::vector<int> order{spatial};
  for (int i = 0; i < spatial; ++i) {
    apart.push_back(s[i + 1]);
    order.push_back(spatial + 1 + i);
    order.push_back(i);
    result.push_back(s[i + 1] * blocks.sizes[static_cast<size_t>(i)]);
  }
  for (int axis = spatial + 1; axis < s.rank(); ++axis) {
    order.push_back(apart.rank());
    apart.push_back(s[axis]);
    result.push_back(s[axis]);
  }
  const Tensor y = reshape(transpose(reshape(call[0], apart), order), result);
  std::vector<int64_t> from{0}, to{result[0]};
  for (int i = 0; i < spatial; ++i) {
    const auto [before, after] = blocks.ends[static_cast<size_t>(i)];
    if (before + after > result[i + 1]) call.fail("its crops are larger than its result");
    from.push_back(before);
    to.push_back(result[i + 1] - after);
  }
  return {output(call, slice(y, from, to))};
}

const bool kBlocksRegistered[] = {
    builtin<space_to_depth>("SPACE_TO_DEPTH"), builtin<depth_to_space>("DEPTH_TO_SPACE"),
    builtin<space_to_batch>("SPACE_TO_BATCH_ND"), builtin<batch_to_space>("BATCH_TO_SPACE_ND")};

}  // namespace
}  // namespace lamina::tflite
