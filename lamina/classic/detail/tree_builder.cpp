// Depth first and in order, so that a tree follows from its data and its random numbers alone. CART: Breiman,
// Friedman, Olshen and Stone, "Classification and Regression Trees", 1984. Which features a split looks at,
// and where a threshold lies between two values, as in scikit-learn's best splitter.
#include "lamina/classic/detail/tree_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lamina/base/threads.h"

namespace lamina::classic::detail {

RankedFeatures::RankedFeatures(const Matrix& x)
    : samples(x.rows),
      features(x.columns),
      ranks(static_cast<size_t>(x.rows * x.columns)),
      values(static_cast<size_t>(x.columns)) {
  parallel_for(features, 1 + 2000 / samples, [&](int64_t begin, int64_t end) {
    std::vector<float> column(static_cast<size_t>(samples));
    for (int64_t f = begin; f < end; ++f) {
      for (int64_t i = 0; i < samples; ++i) column[static_cast<size_t>(i)] = x.row(i)[f];
      std::vector<float> sorted = column;
      std::sort(sorted.begin(), sorted.end());
      sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
      sorted.shrink_to_fit();
      uint32_t* rank = ranks.data() + f * samples;
      for (int64_t i = 0; i < samples; ++i)
        rank[i] = static_cast<uint32_t>(
            std::lower_bound(sorted.begin(), sorted.end(), column[static_cast<size_t>(i)]) - sorted.begin());
      values[static_cast<size_t>(f)] = std::move(sorted);
    }
  });
}

namespace {

// Values that are closer count as one, as in scikit-learn.
constexpr double kSameValue = 1e-7;

// Classes: a cell for each class's weight and one for the samples.
class ClassTarget {
 public:
  using Cell = int32_t;
  ClassTarget(std::span<const int32_t> y, int64_t classes, std::span<const int32_t> weights, bool entropy)
      : y_(y), weights_(weights), classes_(static_cast<size_t>(classes)), entropy_(entropy) {}

  size_t cells() const { return classes_ + 1; }
  size_t width() const { return classes_; }
  void gather(std::span<const uint32_t> samples) {
    near_.clear();
    for (const uint32_t s : samples) near_.push_back({y_[s], weights_[s]});
  }
  void add(Cell* bin, size_t i) const {
    bin[near_[i].y] += near_[i].weight;
    ++bin[classes_];
  }
  int64_t samples(const Cell* bin) const { return bin[classes_]; }
  bool pure(const Cell* bin) const {
    size_t seen = 0;
    for (size_t c = 0; c < classes_; ++c) seen += bin[c] > 0;
    return seen < 2;
  }
  // The weight times (1 - impurity), or minus the entropy: the more the better.
  double quality(const Cell* bin) const {
    double weight = 0, sum = 0;
    for (size_t c = 0; c < classes_; ++c) weight += bin[c];
    for (size_t c = 0; c < classes_; ++c) {
      const double n = bin[c];
      if (entropy_) {
        if (n > 0) sum += n * std::log2(n / weight);
      } else {
        sum += n * n;
      }
    }
    return entropy_ ? sum : sum / weight;
  }
  void value(const Cell* bin, double* out) const {
    double weight = 0;
    for (size_t c = 0; c < classes_; ++c) weight += bin[c];
    for (size_t c = 0; c < classes_; ++c) out[c] = bin[c] / weight;
  }

 private:
  struct Near {
    int32_t y, weight;
  };
  std::span<const int32_t> y_, weights_;
  size_t classes_;
  bool entropy_;
  std::vector<Near> near_;
};

// Numbers: weighted sum, weight, samples.
class ValueTarget {
 public:
  using Cell = double;
  ValueTarget(std::span<const double> y, std::span<const int32_t> weights) : y_(y), weights_(weights) {}

  size_t cells() const { return 3; }
  size_t width() const { return 1; }
  void gather(std::span<const uint32_t> samples) {
    near_.clear();
    low_ = high_ = y_[samples[0]];
    for (const uint32_t s : samples) {
      near_.push_back({y_[s] * weights_[s], static_cast<double>(weights_[s])});
      low_ = std::min(low_, y_[s]);
      high_ = std::max(high_, y_[s]);
    }
  }
  void add(Cell* bin, size_t i) const {
    bin[0] += near_[i].sum;
    bin[1] += near_[i].weight;
    bin[2] += 1;
  }
  int64_t samples(const Cell* bin) const { return static_cast<int64_t>(bin[2]); }
  bool pure(const Cell*) const { return low_ == high_; }
  // The square that the mean explains.
  double quality(const Cell* bin) const { return bin[0] * bin[0] / bin[1]; }
  void value(const Cell* bin, double* out) const { *out = bin[0] / bin[1]; }

 private:
  struct Near {
    double sum, weight;
  };
  std::span<const double> y_;
  std::span<const int32_t> weights_;
  std::vector<Near> near_;
  double low_ = 0, high_ = 0;
};

struct Split {
  double quality = -std::numeric_limits<double>::infinity();
  int64_t feature = -1;
  uint32_t low = 0;  // ranks on both sides of it
  uint32_t high = 0;
};

// What the search in one feature needs; kept, so that it allocates once.
template <class Cell>
struct Scratch {
  std::vector<uint32_t> ranks;
  std::vector<uint64_t> keys, other;
  std::vector<Cell> bins, left, rest;
};

// Ascending by the upper half, equal ones in their order. `highest`: of the upper halves.
void sort_keys(std::vector<uint64_t>& keys, std::vector<uint64_t>& other, uint32_t highest) {
  if (keys.size() < 128) {
    std::sort(keys.begin(), keys.end());
    return;
  }
  other.resize(keys.size());
  for (int shift = 32; shift < 64 && (uint64_t{highest} << 32) >> shift; shift += 8) {
    size_t places[257] = {};
    for (const uint64_t key : keys) ++places[((key >> shift) & 255) + 1];
    for (int i = 0; i < 256; ++i) places[i + 1] += places[i];
    for (const uint64_t key : keys) other[places[(key >> shift) & 255]++] = key;
    keys.swap(other);
  }
}

template <class Target>
class Grower {
  using Cell = typename Target::Cell;

 public:
  Grower(const RankedFeatures& x, Target target, const GrowOptions& options, RandomWords random)
      : x_(x),
        target_(std::move(target)),
        options_(options),
        random_(random),
        order_(static_cast<size_t>(x.features)),
        constant_(static_cast<size_t>(x.features)) {
    std::iota(order_.begin(), order_.end(), 0);
    tree_.width = static_cast<int64_t>(target_.width());
    tree_.importance.assign(order_.size(), 0.0);
  }

  Tree grow(std::vector<uint32_t> samples, bool leaves) {
    samples_ = std::move(samples);
    if (leaves) tree_.leaf_of.assign(static_cast<size_t>(x_.samples), 0);
    std::vector<Node> waiting = {{0, samples_.size(), 0, -1}};
    while (!waiting.empty()) {
      const Node node = waiting.back();
      waiting.pop_back();
      grow_node(node, waiting, leaves);
    }
    return std::move(tree_);
  }

 private:
  struct Node {
    size_t begin, end;
    int64_t depth;
    int32_t parent;  // of a right child; else -1
  };
  struct Range {
    size_t begin = 0, end = 0;
  };

  void grow_node(const Node& node, std::vector<Node>& waiting, bool leaves) {
    const auto id = static_cast<int32_t>(tree_.nodes());
    if (node.parent >= 0) tree_.right[static_cast<size_t>(node.parent)] = id;
    const std::span<uint32_t> samples(samples_.data() + node.begin, node.end - node.begin);
    target_.gather(samples);
    total_.assign(target_.cells(), Cell{});
    for (size_t i = 0; i < samples.size(); ++i) target_.add(total_.data(), i);
    tree_.feature.push_back(-1);
    tree_.threshold.push_back(0);
    tree_.right.push_back(-1);
    tree_.value.resize(tree_.value.size() + target_.width());
    target_.value(total_.data(), tree_.value.data() + tree_.value.size() - target_.width());
    const Split split = find_split(node, samples);
    if (split.feature < 0) {
      if (leaves) {
        for (const uint32_t s : samples) tree_.leaf_of[s] = id;
      }
      return;
    }
    const auto& values = x_.values[static_cast<size_t>(split.feature)];
    const float low = values[split.low], high = values[split.high];
    const double middle = low / 2.0 + high / 2.0;
    tree_.feature.back() = static_cast<int32_t>(split.feature);
    tree_.threshold.back() = middle == high ? low : middle;
    tree_.importance[static_cast<size_t>(split.feature)] += split.quality - target_.quality(total_.data());
    const size_t middle_at = node.begin + partition(samples, split);
    waiting.push_back({middle_at, node.end, node.depth + 1, id});
    waiting.push_back({node.begin, middle_at, node.depth + 1, -1});
  }

  // Keeps the order on both sides: sums depend on it.
  size_t partition(std::span<uint32_t> samples, const Split& split) {
    const uint32_t* column = x_.column(split.feature);
    right_.clear();
    size_t left = 0;
    for (const uint32_t s : samples) {
      if (column[s] <= split.low) {
        samples[left++] = s;
      } else {
        right_.push_back(s);
      }
    }
    std::copy(right_.begin(), right_.end(), samples.begin() + static_cast<std::ptrdiff_t>(left));
    return left;
  }

  Split find_split(const Node& node, std::span<const uint32_t> samples) {
    const auto count = static_cast<int64_t>(samples.size());
    if ((options_.max_depth >= 0 && node.depth >= options_.max_depth) || count < options_.min_samples_split ||
        count < 2 * options_.min_samples_leaf || target_.pure(total_.data()))
      return {};
    return options_.max_features >= x_.features ? of_all(node, samples) : of_some(node, samples);
  }

  // One feature after the other out of a random order: max_features of them, and on until one of them was not
  // constant.
  Split of_some(const Node& node, std::span<const uint32_t> samples) {
    Split best;
    bool constant = true;
    for (int64_t i = 0; i < x_.features && (i < options_.max_features || constant); ++i) {
      const auto left = static_cast<uint32_t>(x_.features - i);
      std::swap(order_[static_cast<size_t>(i)], order_[static_cast<size_t>(i + random_.below(left))]);
      constant &= !search_in(node, order_[static_cast<size_t>(i)], samples, scratch_, best);
    }
    return best;
  }

  Split of_all(const Node& node, std::span<const uint32_t> samples) {
    for (uint32_t i = static_cast<uint32_t>(x_.features); i > 1; --i)
      std::swap(order_[i - 1], order_[random_.below(i)]);
    std::vector<Split> found(order_.size());
    const int64_t grain = 1 + 20000 / static_cast<int64_t>(samples.size());
    parallel_for(x_.features, grain, [&](int64_t begin, int64_t end) {
      Scratch<Cell> own;
      for (int64_t i = begin; i < end; ++i)
        search_in(node, order_[static_cast<size_t>(i)], samples, own, found[static_cast<size_t>(i)]);
    });
    Split best;
    for (const Split& each : found) {
      if (each.quality > best.quality) best = each;
    }
    return best;
  }

  // As search, and without a look at a feature that is constant in a node around this one: most are, deep in
  // a tree of zeros and ones. Nodes within a node come one after the other, so that one range a feature will
  // do.
  bool search_in(const Node& node, int64_t feature, std::span<const uint32_t> samples, Scratch<Cell>& scratch,
                 Split& best) {
    Range& constant = constant_[static_cast<size_t>(feature)];
    if (constant.begin <= node.begin && node.end <= constant.end) return false;
    if (search(feature, samples, scratch, best)) return true;
    constant = {node.begin, node.end};
    return false;
  }

  // Betters `best` by splits of one feature; false when all its values are the same.
  bool search(int64_t feature, std::span<const uint32_t> samples, Scratch<Cell>& scratch, Split& best) const {
    const uint32_t* column = x_.column(feature);
    scratch.ranks.resize(samples.size());
    uint32_t lowest = std::numeric_limits<uint32_t>::max(), highest = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      const uint32_t rank = column[samples[i]];
      scratch.ranks[i] = rank;
      lowest = std::min(lowest, rank);
      highest = std::max(highest, rank);
    }
    if (lowest == highest) return false;
    scratch.left.assign(target_.cells(), Cell{});
    scratch.rest.resize(target_.cells());
    if (highest - lowest < 4 * samples.size()) {
      count(feature, lowest, highest, scratch, best);
    } else {
      sort(feature, lowest, highest, scratch, best);
    }
    return true;
  }

  void count(int64_t feature, uint32_t lowest, uint32_t highest, Scratch<Cell>& scratch, Split& best) const {
    const size_t cells = target_.cells();
    scratch.bins.assign((highest - lowest + size_t{1}) * cells, Cell{});
    for (size_t i = 0; i < scratch.ranks.size(); ++i)
      target_.add(scratch.bins.data() + (scratch.ranks[i] - lowest) * cells, i);
    uint32_t before = lowest;
    for (uint32_t rank = lowest; rank <= highest; ++rank) {
      const Cell* bin = scratch.bins.data() + (rank - lowest) * cells;
      if (target_.samples(bin) == 0) continue;
      if (rank > lowest) consider(feature, before, rank, scratch, best);
      for (size_t c = 0; c < cells; ++c) scratch.left[c] += bin[c];
      before = rank;
    }
  }

  void sort(int64_t feature, uint32_t lowest, uint32_t highest, Scratch<Cell>& scratch, Split& best) const {
    scratch.keys.resize(scratch.ranks.size());
    for (size_t i = 0; i < scratch.ranks.size(); ++i)
      scratch.keys[i] = uint64_t{scratch.ranks[i] - lowest} << 32 | i;
    sort_keys(scratch.keys, scratch.other, highest - lowest);
    uint32_t before = 0;
    for (const uint64_t key : scratch.keys) {
      const auto rank = static_cast<uint32_t>(key >> 32);
      if (rank != before) consider(feature, before + lowest, rank + lowest, scratch, best);
      target_.add(scratch.left.data(), static_cast<uint32_t>(key));
      before = rank;
    }
  }

  // The split between these ranks, with scratch.left on the left of it.
  void consider(int64_t feature, uint32_t low, uint32_t high, Scratch<Cell>& scratch, Split& best) const {
    for (size_t c = 0; c < total_.size(); ++c) scratch.rest[c] = total_[c] - scratch.left[c];
    if (options_.min_samples_leaf > 1 && (target_.samples(scratch.left.data()) < options_.min_samples_leaf ||
                                          target_.samples(scratch.rest.data()) < options_.min_samples_leaf))
      return;
    const double quality = target_.quality(scratch.left.data()) + target_.quality(scratch.rest.data());
    if (!(quality > best.quality)) return;
    const auto& values = x_.values[static_cast<size_t>(feature)];
    if (static_cast<double>(values[high]) <= static_cast<double>(values[low]) + kSameValue) return;
    best = {quality, feature, low, high};
  }

  const RankedFeatures& x_;
  Target target_;
  const GrowOptions options_;
  RandomWords random_;
  std::vector<int64_t> order_;   // of the features
  std::vector<Range> constant_;  // of samples, in which a feature is known to be constant
  std::vector<uint32_t> samples_, right_;
  std::vector<Cell> total_;  // of the node
  Scratch<Cell> scratch_;
  Tree tree_;
};

std::vector<uint32_t> counted(std::span<const int32_t> weights) {
  std::vector<uint32_t> samples;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0) samples.push_back(static_cast<uint32_t>(i));
  }
  return samples;
}

}  // namespace

Tree grow_class_tree(const RankedFeatures& x, std::span<const int32_t> y, int64_t classes,
                     std::span<const int32_t> weights, const GrowOptions& options, RandomWords random) {
  ClassTarget target(y, classes, weights, options.criterion == Criterion::kEntropy);
  return Grower<ClassTarget>(x, std::move(target), options, random).grow(counted(weights), false);
}

Tree grow_value_tree(const RankedFeatures& x, std::span<const double> y, std::span<const int32_t> weights,
                     const GrowOptions& options, RandomWords random, bool leaves) {
  return Grower<ValueTarget>(x, ValueTarget(y, weights), options, random).grow(counted(weights), leaves);
}

}  // namespace lamina::classic::detail
