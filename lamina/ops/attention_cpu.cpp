// The kernels of attention in float32, of keys and values that are floats or int8 with a scale for each head.
// A block of queries meets all its keys: their scores are in the nearest caches from the first product to the
// second, and are never a tensor. Integers become floats block by block.
#include <algorithm>
#include <cstring>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/attention.h"
#include "lamina/ops/detail/dequantized_rows.h"
#include "lamina/ops/detail/few_rows.h"
#include "lamina/ops/detail/softmax_rows.h"
#include "lamina/ops/detail/through_float32.h"

namespace lamina {
namespace {

using detail::FewRows;

/// Elements from one to the next along batch, heads, queries and keys: 0 where an operand is broadcast.
struct ScoreSteps {
  bool given = false;
  int64_t batch = 0, head = 0, query = 0, key = 0;

  explicit ScoreSteps(const Shape& shape) {
    if (shape == Shape{0}) return;
    given = true;
    int64_t* const steps[] = {&key, &query, &head, &batch};
    int64_t step = 1;
    for (int axis = 1; axis <= shape.rank(); ++axis) {
      if (shape[-axis] != 1) *steps[axis - 1] = step;
      step *= shape[-axis];
    }
  }

  int64_t at(int64_t b, int64_t h, int64_t q) const { return b * batch + h * head + q * query; }
};

/// Queries at a time: what registers hold, several times.
constexpr int64_t kRows = 24;
/// Keys, or values, of a head that are floats at a time where they were integers.
constexpr int64_t kFloatsAtATime = 256;
/// Queries from which on the keys are transposed first: their products need no sums within vectors.
constexpr int64_t kManyQueries = 16;

/// Which input is what: of dot_product_attention, or of attention_of_integers, which has scales behind keys
/// and behind values.
struct Places {
  bool integers;
  size_t keys = 1, values = integers ? 3 : 2, bias = values + (integers ? 2 : 1), mask = bias + 1;
};

struct Attention {
  Places at;
  int64_t batch, queries, keys, heads, key_heads, width;
  float scale;
  bool causal, weights;
  ScoreSteps bias, mask;
  int64_t rows;     ///< of a block: queries of one head, or the heads of one query that share keys
  int64_t blocks;   ///< of one head of queries, or of keys
  bool share_keys;  ///< the rows of a block are heads
  bool transposed;  ///< keys are

  Attention(const KernelDesc& desc, bool integers)
      : at{integers}, bias(desc.inputs[at.bias].type.shape), mask(desc.inputs[at.mask].type.shape) {
    const auto& attrs = desc.attrs.as<detail::AttentionAttrs>();
    const Shape &q = desc.inputs[0].type.shape, &k = desc.inputs[1].type.shape;
    batch = q[0], queries = q[1], heads = q[2], width = q[3], keys = k[1], key_heads = k[2];
    scale = static_cast<float>(attrs.scale);
    causal = attrs.is_causal, weights = attrs.weights;
    share_keys = queries == 1;
    transposed = queries >= kManyQueries;
    rows = std::min(share_keys ? heads / key_heads : queries, kRows);
    blocks = ((share_keys ? heads / key_heads : queries) + rows - 1) / rows;
  }

  int64_t tasks() const { return batch * (share_keys ? key_heads : heads) * blocks; }
  /// Floats that one thread works in: queries times scale, scores, and, of integers, some keys or values of
  /// one head and what these values add.
  int64_t scratch() const {
    const int64_t floats = at.integers ? (kFloatsAtATime + rows) * width : 0;
    return (rows * (keys + width) + floats + 15) / 16 * 16;
  }
  int64_t query_step() const { return heads * width; }
  int64_t key_step() const { return key_heads * width; }
  double nanoseconds() const {
    return static_cast<double>(batch * heads * queries * keys) * static_cast<double>(width) / 15;
  }
};

/// One block: which rows, and where their operands start.
struct Block {
  int64_t batch, head, query;  ///< of the first row
  int64_t rows;
  int64_t row_step;   ///< of queries and results
  int64_t first_key;  ///< in elements of keys and values; scales have one for each head
  const float* query_rows;
  float* out;
};

Block block_of(const Attention& a, const KernelArgs& args, int64_t task) {
  const int64_t lanes = a.share_keys ? a.key_heads : a.heads, group = a.heads / a.key_heads;
  const int64_t block = task % a.blocks, lane = task / a.blocks % lanes;
  const int64_t b = task / a.blocks / lanes, first = block * a.rows;
  Block result{};
  result.batch = b;
  result.head = a.share_keys ? lane * group + first : lane;
  result.query = a.share_keys ? 0 : first;
  result.rows = std::min(a.rows, (a.share_keys ? group : a.queries) - first);
  result.row_step = a.share_keys ? a.width : a.query_step();
  const int64_t at = (b * a.queries + result.query) * a.query_step() + result.head * a.width;
  result.first_key = b * a.keys * a.key_step() + result.head / group * a.width;
  result.query_rows = args.input<float>(0) + at;
  result.out = args.output<float>(0) + at;
  return result;
}

class BlockRun {
 public:
  BlockRun(const Attention& a, const KernelArgs& args, const Block& block, const float* transposed,
           float* scratch)
      : a_(a),
        args_(args),
        block_(block),
        transposed_(transposed),
        bias_(a.bias.given ? args.input<float>(static_cast<int>(a.at.bias)) : nullptr),
        mask_(a.mask.given ? args.input<uint8_t>(static_cast<int>(a.at.mask)) : nullptr),
        queries_(scratch),
        scores_(scratch + a.rows * a.width),
        floats_(scores_ + a.rows * a.keys) {
    if (a.weights)
      scores_ =
          args.output<float>(1) + ((block.batch * a.heads + block.head) * a.queries + block.query) * a.keys;
  }

  void run() {
    for (int64_t i = 0; i < block_.rows; ++i) {
      const float* const row = block_.query_rows + i * block_.row_step;
      for (int64_t j = 0; j < a_.width; ++j) queries_[i * a_.width + j] = row[j] * a_.scale;
    }
    find_range();
    // Masked keys weigh nothing where another key scores far more than they do. Else all count.
    if (!score()) {
      begin_ = 0, end_ = a_.keys;
      score();
    }
    const int64_t n = end_ - begin_;
    for (int64_t i = 0; i < block_.rows; ++i) detail::softmax_row(row_of(i), n, row_of(i));
    if (a_.at.integers) {
      add_up_integers();
    } else {
      add_up(begin_, end_, args_.input<float>(2) + first_of(begin_), a_.key_step(), block_.out,
             block_.row_step);
    }
    if (!a_.weights) return;
    for (int64_t i = 0; i < block_.rows; ++i) {
      std::fill_n(scores_ + i * a_.keys, begin_, 0.0f);
      std::fill_n(scores_ + i * a_.keys + end_, a_.keys - end_, 0.0f);
    }
  }

 private:
  /// Where that key of the head stands, in elements.
  int64_t first_of(int64_t key) const { return block_.first_key + key * a_.key_step(); }
  /// Some keys, or values, of what were integers.
  const float* floats_of(size_t operand, int64_t begin, int64_t end) const {
    const auto at = static_cast<int>(operand);
    const int64_t first = first_of(begin);
    detail::dequantized_rows(args_.input<int8_t>(at) + first, args_.input<float>(at + 1) + first / a_.width,
                             end - begin, a_.width, a_.key_step(), a_.key_heads, floats_);
    return floats_;
  }
  /// The values, by their weights, from key `begin` to `end`.
  void add_up(int64_t begin, int64_t end, const float* values, int64_t step, float* to,
              int64_t to_step) const {
    detail::few_rows_by_columns({block_.rows, a_.width, end - begin, a_.keys, step, to_step, false},
                                scores_ + begin, values, nullptr, to, 0, a_.width);
  }
  void add_up_integers() const {
    float* const part = floats_ + kFloatsAtATime * a_.width;
    for (int64_t key = begin_; key < end_; key += kFloatsAtATime) {
      const int64_t last = std::min(end_, key + kFloatsAtATime);
      add_up(key, last, floats_of(a_.at.values, key, last), a_.width, part, a_.width);
      for (int64_t i = 0; i < block_.rows; ++i) {
        float* const out = block_.out + i * block_.row_step;
        const float* const added = part + i * a_.width;
        for (int64_t j = 0; j < a_.width; ++j) out[j] = key == begin_ ? added[j] : out[j] + added[j];
      }
    }
  }
  /// The scores of the queries and keys `begin` to `end`.
  void score_keys(int64_t begin, int64_t end, const float* keys, int64_t step) const {
    detail::few_rows_by_lines({block_.rows, end - begin, a_.width, a_.width, step, a_.keys, false}, queries_,
                              keys, nullptr, scores_ + begin, 0, end - begin);
  }
  /// The scores, and weights, of a row in the range.
  float* row_of(int64_t row) const { return scores_ + row * a_.keys + begin_; }
  int64_t head_of(int64_t row) const { return a_.share_keys ? block_.head + row : block_.head; }
  int64_t query_of(int64_t row) const { return a_.share_keys ? 0 : block_.query + row; }
  const uint8_t* mask_row(int64_t row) const {
    return mask_ + a_.mask.at(block_.batch, head_of(row), query_of(row));
  }
  /// Keys that a causal row may look at.
  int64_t seen(int64_t row) const { return a_.causal ? std::min(a_.keys, query_of(row) + 1) : a_.keys; }

  /// The keys between the first and the last one that some row may look at.
  void find_range() {
    begin_ = 0, end_ = seen(block_.rows - 1);
    if (!mask_) return;
    const auto masked = [&](int64_t key) {
      for (int64_t i = 0; i < block_.rows; ++i) {
        if (mask_row(i)[key * a_.mask.key]) return false;
        if (a_.mask.query == 0 && a_.mask.head == 0) break;  // one for all rows
      }
      return true;
    };
    while (begin_ < end_ && masked(begin_)) ++begin_;
    while (begin_ < end_ && masked(end_ - 1)) --end_;
  }

  /// The scores of the range; false where a row may count keys outside of it.
  bool score() {
    const int64_t n = end_ - begin_;
    if (n == 0) return false;
    if (transposed_) {
      detail::few_rows_by_columns({block_.rows, n, a_.width, a_.width, a_.keys, a_.keys, false}, queries_,
                                  transposed_ + begin_, nullptr, row_of(0), 0, n);
    } else if (a_.at.integers) {
      for (int64_t key = begin_; key < end_; key += kFloatsAtATime) {
        const int64_t last = std::min(end_, key + kFloatsAtATime);
        score_keys(key, last, floats_of(a_.at.keys, key, last), a_.width);
      }
    } else {
      score_keys(begin_, end_, args_.input<float>(1) + first_of(begin_), a_.key_step());
    }
    bool sure = true;
    for (int64_t i = 0; i < block_.rows; ++i) sure = finish(i, row_of(i), n) && sure;
    return sure || n == a_.keys;
  }

  /// Bias and masks. Whether some key scores so much that masked ones weigh nothing.
  bool finish(int64_t row, float* scores, int64_t n) const {
    constexpr auto kLow = static_cast<float>(detail::kMaskedScore);
    if (bias_) {
      const float* const bias = bias_ + a_.bias.at(block_.batch, head_of(row), query_of(row));
      if (a_.bias.key) {
        for (int64_t s = 0; s < n; ++s) scores[s] += bias[begin_ + s];
      } else {
        for (int64_t s = 0; s < n; ++s) scores[s] += bias[0];
      }
    }
    if (mask_) {
      const uint8_t* const mask = mask_row(row);
      if (a_.mask.key) {
        for (int64_t s = 0; s < n; ++s) scores[s] = mask[begin_ + s] ? scores[s] : kLow;
      } else if (!mask[0]) {
        std::fill_n(scores, n, kLow);
      }
    }
    if (const int64_t left = seen(row) - begin_; left < n)
      std::fill_n(scores + std::max<int64_t>(left, 0), n - std::max<int64_t>(left, 0), kLow);
    if (n == a_.keys) return true;
    return std::any_of(scores, scores + n, [](float score) { return !(score < 0.5f * kLow); });
  }

  const Attention& a_;
  const KernelArgs& args_;
  const Block& block_;
  const float* transposed_;
  const float* bias_;
  const uint8_t* mask_;
  float* queries_;
  float* scores_;
  float* floats_;
  int64_t begin_ = 0, end_ = 0;
};

/// keys (batch, keys, key heads, width) as (batch, key heads, width, keys).
void transpose_keys(const Attention& a, const float* from, float* to) {
  constexpr int64_t kTile = 16;
  const int64_t tiles = (a.keys + kTile - 1) / kTile, parts = a.batch * a.key_heads * tiles;
  parallel_for(parts, 32, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t head = part / tiles, first = part % tiles * kTile, n = std::min(kTile, a.keys - first);
      const float* const x = from + head / a.key_heads * a.keys * a.key_step() + head % a.key_heads * a.width;
      float* const y = to + head * a.width * a.keys + first;
      for (int64_t j = 0; j < a.width; ++j) {
        for (int64_t s = 0; s < n; ++s) y[j * a.keys + s] = x[(first + s) * a.key_step() + j];
      }
    }
  });
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  if (desc.inputs[3].type.dtype != DType::kFloat32) return "only for a bias of float32";
  for (const int i : {0, 1}) {
    if (desc.inputs[static_cast<size_t>(i)].type.shape.size() == 0) return "an operand is empty";
  }
  return std::nullopt;
}

std::unique_ptr<Kernel> prepared(const Attention& a) {
  const int64_t parts = std::min<int64_t>(a.tasks(), 4 * num_threads());
  const int64_t turned = a.transposed ? a.batch * a.key_heads * a.width * a.keys : 0;
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const memory = static_cast<float*>(args.workspace);
        if (a.transposed) transpose_keys(a, args.input<float>(1), memory);
        parallel_parts(parts, a.nanoseconds(), [&](int64_t begin, int64_t end) {
          for (int64_t task = a.tasks() * begin / parts; task < a.tasks() * end / parts; ++task) {
            const Block block = block_of(a, args, task);
            const int64_t key_head = block.batch * a.key_heads + block.head / (a.heads / a.key_heads);
            BlockRun(a, args, block, a.transposed ? memory + key_head * a.width * a.keys : nullptr,
                     memory + turned + begin * a.scratch())
                .run();
          }
        });
      },
      static_cast<size_t>(turned + parts * a.scratch()) * sizeof(float));
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) { return prepared(Attention(desc, false)); }

const KernelRegistration kernels("dot_product_attention", DeviceKind::kCpu,
                                 {{.name = "blocks", .refuses = refuses, .prepare = prepare},
                                  detail::through_float32()});

std::optional<std::string> refuses_integers(const KernelDesc& desc) {
  for (const size_t i : {0, 2, 4, 5}) {
    if (desc.inputs[i].type.dtype != DType::kFloat32) return "only for float32";
  }
  if (desc.inputs[0].type.shape.size() == 0 || desc.inputs[1].type.shape.size() == 0)
    return "an operand is empty";
  if (desc.inputs[0].type.shape[1] >= kManyQueries) return "many queries want the keys transposed";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_integers(const KernelDesc& desc) { return prepared(Attention(desc, true)); }

const KernelRegistration of_integers(
    "attention_of_integers", DeviceKind::kCpu,
    {{.name = "blocks", .refuses = refuses_integers, .prepare = prepare_integers}});

}  // namespace
}  // namespace lamina
