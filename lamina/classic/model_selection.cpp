// Splits, and what is measured over them.
#include "lamina/classic/model_selection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/state.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/ops/take.h"

namespace lamina::classic {

namespace {

// 0 ... n - 1 in a drawn order; `use` keeps draws of one seed apart.
std::vector<int64_t> drawn(int64_t n, int64_t seed, int use) {
  const std::vector<uint32_t> order = lamina::detail::permutation(n, static_cast<uint64_t>(seed), use);
  return {order.begin(), order.end()};
}

// How many of each class are drawn when `draw` of all are: the shares, rounded so that they add up, the
// largest remainders first.
std::vector<int64_t> shares_of(const std::vector<int64_t>& counts, int64_t draw) {
  const int64_t all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  std::vector<int64_t> shares;
  std::vector<std::pair<double, size_t>> remainders;
  for (size_t c = 0; c < counts.size(); ++c) {
    const double exact =
        static_cast<double>(counts[c]) * static_cast<double>(draw) / static_cast<double>(all);
    shares.push_back(static_cast<int64_t>(exact));
    remainders.emplace_back(static_cast<double>(shares.back()) - exact, c);
  }
  std::sort(remainders.begin(), remainders.end());
  int64_t left = draw - std::accumulate(shares.begin(), shares.end(), int64_t{0});
  for (size_t i = 0; left > 0; i = (i + 1) % remainders.size()) {
    int64_t& share = shares[remainders[i].second];
    if (share >= counts[remainders[i].second]) continue;
    ++share;
    --left;
  }
  return shares;
}

Split stratified(int64_t samples, int64_t test, const TrainTestSplitOptions& options) {
  const std::string where = "train_test_split";
  const std::vector<int32_t> labels = detail::labels_of(options.stratify, samples, where + ": stratify");
  const std::vector<int32_t> classes = detail::distinct(labels);
  if (!options.shuffle) throw InvalidArgument(where + ": stratify needs shuffle");
  std::vector<std::vector<int64_t>> members(classes.size());
  for (const int64_t i : drawn(samples, options.random_state, 0)) {
    const auto at = std::lower_bound(classes.begin(), classes.end(), labels[static_cast<size_t>(i)]);
    members[static_cast<size_t>(at - classes.begin())].push_back(i);
  }
  std::vector<int64_t> counts;
  for (size_t c = 0; c < members.size(); ++c) {
    counts.push_back(static_cast<int64_t>(members[c].size()));
    if (counts.back() < 2)
      throw InvalidArgument(
          where + ": class " + std::to_string(classes[c]) +
          " has one sample, which cannot be on both sides; stratify needs two of each class");
  }
  const auto needed = static_cast<int64_t>(classes.size());
  if (test < needed || samples - test < needed)
    throw InvalidArgument(where + ": stratify needs at least one sample of each of the " +
                          std::to_string(needed) + " classes on both sides, but they have " +
                          std::to_string(samples - test) + " and " + std::to_string(test));
  const std::vector<int64_t> of_test = shares_of(counts, test);
  Split split;
  for (size_t c = 0; c < members.size(); ++c) {
    const auto middle = members[c].begin() + of_test[c];
    split.test.insert(split.test.end(), members[c].begin(), middle);
    split.train.insert(split.train.end(), middle, members[c].end());
  }
  for (auto* side : {&split.train, &split.test}) {
    std::vector<int64_t> mixed;
    for (const int64_t i : drawn(static_cast<int64_t>(side->size()), options.random_state, 1))
      mixed.push_back((*side)[static_cast<size_t>(i)]);
    side->swap(mixed);
  }
  return split;
}

void check_folds(int64_t samples, const KFoldOptions& options) {
  detail::require(options.n_splits >= 2, "cross-validation", "n_splits", "at least 2", options.n_splits);
  if (samples < options.n_splits)
    throw InvalidArgument("cross-validation: n_splits = " + std::to_string(options.n_splits) +
                          " needs as many samples, received " + std::to_string(samples));
}

std::vector<Split> splits_of(const std::vector<int64_t>& fold, int64_t n_splits) {
  std::vector<Split> splits(static_cast<size_t>(n_splits));
  for (size_t i = 0; i < fold.size(); ++i) {
    for (int64_t s = 0; s < n_splits; ++s) {
      Split& split = splits[static_cast<size_t>(s)];
      (fold[i] == s ? split.test : split.train).push_back(static_cast<int64_t>(i));
    }
  }
  return splits;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Split split_indices(int64_t samples, const TrainTestSplitOptions& options) {
  detail::require(options.test_size > 0 && options.test_size < 1, "train_test_split", "test_size",
                  "between 0 and 1", options.test_size);
  const auto test = static_cast<int64_t>(std::ceil(options.test_size * static_cast<double>(samples)));
  if (test < 1 || test >= samples)
    throw InvalidArgument("train_test_split: of " + std::to_string(samples) + " samples, test_size = " +
                          Json(options.test_size).dump() + " leaves one side empty");
  if (options.stratify.defined()) return stratified(samples, test, options);
  std::vector<int64_t> order(static_cast<size_t>(samples));
  if (options.shuffle) {
    // Those for testing first, as scikit-learn draws them.
    order = drawn(samples, options.random_state, 0);
    return {{order.begin() + test, order.end()}, {order.begin(), order.begin() + test}};
  }
  std::iota(order.begin(), order.end(), int64_t{0});
  return {{order.begin(), order.end() - test}, {order.end() - test, order.end()}};
}

Tensor take_samples(const Tensor& x, const std::vector<int64_t>& numbers) {
  if (!x.defined() || x.rank() == 0) throw InvalidArgument("take_samples: x has no samples");
  for (const int64_t i : numbers) {
    if (i < 0 || i >= x.shape()[0])
      throw InvalidArgument("take_samples: there is no sample " + std::to_string(i) + " in " +
                            x.shape().str());
  }
  return take(x, Tensor::from(numbers, {static_cast<int64_t>(numbers.size())}), 0).eval();
}

TrainTestSplit train_test_split(const Tensor& x, const Tensor& y, const TrainTestSplitOptions& options) {
  if (!x.defined() || !y.defined() || x.rank() == 0 || y.rank() == 0 || x.shape()[0] != y.shape()[0])
    throw InvalidArgument("train_test_split: x and y need as many samples, received " +
                          (x.defined() ? x.shape().str() : "no tensor") + " and " +
                          (y.defined() ? y.shape().str() : "no tensor"));
  const Split split = split_indices(x.shape()[0], options);
  return {take_samples(x, split.train), take_samples(x, split.test), take_samples(y, split.train),
          take_samples(y, split.test)};
}

std::vector<Split> k_fold(int64_t samples, const KFoldOptions& options) {
  check_folds(samples, options);
  std::vector<int64_t> order(static_cast<size_t>(samples)), fold(order.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  if (options.shuffle) order = drawn(samples, options.random_state, 0);
  size_t at = 0;
  for (int64_t s = 0; s < options.n_splits; ++s) {
    const int64_t size = samples / options.n_splits + (s < samples % options.n_splits ? 1 : 0);
    for (int64_t i = 0; i < size; ++i) fold[static_cast<size_t>(order[at++])] = s;
  }
  return splits_of(fold, options.n_splits);
}

std::vector<Split> stratified_k_fold(const Tensor& y, const KFoldOptions& options) {
  const int64_t samples = y.defined() && y.rank() > 0 ? y.shape()[0] : 0;
  check_folds(samples, options);
  const std::vector<int32_t> labels = detail::labels_of(y, samples, "cross-validation");
  // Classes in the order in which they first occur, as scikit-learn deals them.
  std::vector<std::vector<int64_t>> members;
  std::map<int32_t, size_t> known;
  for (int64_t i = 0; i < samples; ++i) {
    const auto [found, first] = known.try_emplace(labels[static_cast<size_t>(i)], members.size());
    if (first) members.emplace_back();
    members[found->second].push_back(i);
  }
  size_t most = 0, least = static_cast<size_t>(samples);
  for (const auto& each : members) {
    most = std::max(most, each.size());
    least = std::min(least, each.size());
  }
  if (static_cast<int64_t>(most) < options.n_splits)
    throw InvalidArgument("cross-validation: n_splits = " + std::to_string(options.n_splits) +
                          " is more than any class has samples (" + std::to_string(most) + " at most)");
  if (static_cast<int64_t>(least) < options.n_splits)
    warn("cross-validation: a class has only " + std::to_string(least) + " samples, fewer than the " +
         std::to_string(options.n_splits) + " splits, and is missing from some of them");
  std::vector<int64_t> fold(static_cast<size_t>(samples));
  size_t place = 0;  // among the samples sorted by class
  for (size_t c = 0; c < members.size(); ++c) {
    std::vector<int64_t> counts(static_cast<size_t>(options.n_splits), 0), dealt;
    for (size_t i = 0; i < members[c].size(); ++i, ++place)
      ++counts[place % static_cast<size_t>(options.n_splits)];
    for (size_t s = 0; s < counts.size(); ++s)
      dealt.insert(dealt.end(), static_cast<size_t>(counts[s]), static_cast<int64_t>(s));
    std::vector<int64_t> order(dealt.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    if (options.shuffle)
      order = drawn(static_cast<int64_t>(dealt.size()), options.random_state, static_cast<int>(c));
    for (size_t i = 0; i < dealt.size(); ++i)
      fold[static_cast<size_t>(members[c][i])] = dealt[static_cast<size_t>(order[i])];
  }
  return splits_of(fold, options.n_splits);
}

std::vector<double> cross_val_score(const Predictor& estimator, const Tensor& x, const Tensor& y,
                                    const KFoldOptions& cv) {
  if (!x.defined() || x.rank() == 0) throw InvalidArgument("cross_val_score: x has no samples");
  std::vector<double> scores;
  for (const Split& split : estimator.is_classifier() ? stratified_k_fold(y, cv) : k_fold(x.shape()[0], cv)) {
    const std::shared_ptr<Predictor> model = clone(estimator);
    model->fit(take_samples(x, split.train), take_samples(y, split.train));
    scores.push_back(model->score(take_samples(x, split.test), take_samples(y, split.test)));
  }
  return scores;
}

GridSearchCV::GridSearchCV(const Predictor& estimator,
                           const std::map<std::string, std::vector<Json>>& param_grid, KFoldOptions cv)
    : estimator_(clone(estimator)), cv_(cv) {
  size_t combinations = 1;
  for (const auto& [name, values] : param_grid) {
    detail::require(!values.empty(), "GridSearchCV", "each list of values", "not empty", name);
    combinations *= values.size();
    detail::require(combinations <= 10'000, "GridSearchCV", "the number of combinations", "at most 10000",
                    combinations);
    for (const Json& value : values) clone(*estimator_)->set_params(Json::object({{name, value}}));
  }
  for (size_t i = 0; i < combinations; ++i) {
    Json params = Json::object();
    size_t left = combinations, place = i;
    for (const auto& [name, values] : param_grid) {
      left /= values.size();
      params[name] = values[place / left];
      place %= left;
    }
    results_.push_back({std::move(params), {}, 0});
  }
}

GridSearchCV& GridSearchCV::fit(const Tensor& x, const Tensor& y) {
  best_estimator_ = nullptr;
  for (Result& result : results_) {
    const std::shared_ptr<Predictor> model = clone(*estimator_);
    model->set_params(result.params);
    result.scores = cross_val_score(*model, x, y, cv_);
    result.mean = mean(result.scores);
  }
  best_estimator_ = clone(*estimator_);
  best_estimator_->set_params(best().params);
  best_estimator_->fit(x, y);
  return *this;
}

const GridSearchCV::Result& GridSearchCV::best() const {
  return *std::max_element(results_.begin(), results_.end(),
                           [](const Result& a, const Result& b) { return a.mean < b.mean; });
}

const Predictor& GridSearchCV::best_estimator() const {
  if (!best_estimator_) throw InvalidArgument("GridSearchCV has learned nothing yet: call fit first");
  return *best_estimator_;
}

const Json& GridSearchCV::best_params() const {
  best_estimator();
  return best().params;
}

double GridSearchCV::best_score() const {
  best_estimator();
  return best().mean;
}

}  // namespace lamina::classic
