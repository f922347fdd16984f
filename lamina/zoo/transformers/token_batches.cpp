// Every batch of one length has the same number of rows: what is left over goes with the next longer texts,
// and only the last batch of all is filled up with rows that do not count.
#include "lamina/zoo/transformers/token_batches.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {
namespace {

/// std::shuffle is another one in each standard library.
void shuffle(auto& values, std::mt19937_64& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random() % i]);
}

}  // namespace

TokenBatches::TokenBatches(std::vector<std::vector<int32_t>> sources,
                           std::vector<std::vector<int32_t>> targets, const TokenBatchesOptions& options)
    : sources_(std::move(sources)), targets_(std::move(targets)), options_(options) {
  if (sources_.size() != targets_.size())
    throw InvalidArgument("TokenBatches: there are " + std::to_string(sources_.size()) + " sources and " +
                          std::to_string(targets_.size()) + " targets");
  if (options.tokens < 1 || options.length_step < 1 || options.max_length < 1)
    throw InvalidArgument("TokenBatches: tokens, length_step and max_length must be at least 1");
  for (auto* const texts : {&sources_, &targets_}) {
    for (size_t i = 0; i < texts->size(); ++i) {
      std::vector<int32_t>& text = (*texts)[i];
      if (text.empty()) throw InvalidArgument("TokenBatches: text " + std::to_string(i) + " is empty");
      const auto most = static_cast<size_t>(options.max_length);
      if (text.size() > most)
        text = [&] {  // its end goes on to be its end
          std::vector<int32_t> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(most));
          cut.back() = text.back();
          return cut;
        }();
    }
  }
  std::vector<size_t> order(sources_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  batches_ = groups(order);
}

int64_t TokenBatches::rows_for(int64_t length) const {
  return std::max<int64_t>(1, options_.tokens / length);
}

std::vector<TokenBatches::Group> TokenBatches::groups(std::vector<size_t> order) const {
  std::map<int64_t, std::vector<size_t>> by_length;
  for (const size_t i : order) {
    const auto longest = static_cast<int64_t>(std::max(sources_[i].size(), targets_[i].size()));
    by_length[(longest + options_.length_step - 1) / options_.length_step * options_.length_step].push_back(
        i);
  }
  std::vector<Group> all;
  std::vector<size_t> left;
  for (auto& [length, rows] : by_length) {
    left.insert(left.end(), rows.begin(), rows.end());
    const auto each = static_cast<size_t>(rows_for(length));
    size_t done = 0;
    for (; done + each <= left.size(); done += each)
      all.push_back({length,
                     {left.begin() + static_cast<std::ptrdiff_t>(done),
                      left.begin() + static_cast<std::ptrdiff_t>(done + each)}});
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(done));
  }
  if (!left.empty()) all.push_back({by_length.rbegin()->first, left});
  return all;
}

void TokenBatches::begin(int epoch, uint64_t seed, int64_t first_step) {
  std::vector<size_t> order(sources_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (options_.shuffle) {
    std::mt19937_64 random(seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(epoch));
    shuffle(order, random);
    batches_ = groups(order);
    shuffle(batches_, random);
  }
  at_ = static_cast<size_t>(first_step);
}

bool TokenBatches::next(Batch& batch) {
  if (at_ >= batches_.size()) return false;
  fill(batches_[at_++], batch);
  return true;
}

std::optional<int64_t> TokenBatches::steps() const { return static_cast<int64_t>(batches_.size()); }

int64_t TokenBatches::tokens() const {
  size_t count = 0;
  for (const auto* const texts : {&sources_, &targets_}) {
    for (const std::vector<int32_t>& text : *texts) count += text.size();
  }
  return static_cast<int64_t>(count);
}

Json TokenBatches::identity() const {
  return Json::object({{"texts", static_cast<int64_t>(sources_.size())},
                       {"tokens", options_.tokens},
                       {"length_step", options_.length_step},
                       {"max_length", options_.max_length},
                       {"shuffle", options_.shuffle}});
}

void TokenBatches::fill(const Group& group, Batch& batch) const {
  const int64_t rows = rows_for(group.length);
  const auto size = static_cast<size_t>(rows * group.length), length = static_cast<size_t>(group.length);
  std::vector<int32_t> ids(size, options_.pad_token_id), mask(size, 0), targets(size, options_.pad_token_id),
      labels(size, kIgnoredLabel);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    const size_t at = row * length;
    targets[at] = options_.decoder_start_token_id;
    if (row >= group.rows.size()) continue;
    const std::vector<int32_t>&source = sources_[group.rows[row]], &target = targets_[group.rows[row]];
    std::copy(source.begin(), source.end(), ids.begin() + static_cast<std::ptrdiff_t>(at));
    std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(at), source.size(), 1);
    std::copy(target.begin(), target.end() - 1, targets.begin() + static_cast<std::ptrdiff_t>(at + 1));
    std::copy(target.begin(), target.end(), labels.begin() + static_cast<std::ptrdiff_t>(at));
  }
  const Shape shape{rows, group.length};
  batch.x = Tensors({Tensor::from(ids, shape), Tensor::from(mask, shape), Tensor::from(targets, shape)});
  batch.y = Tensor::from(labels, shape);
  batch.sample_weight = Tensors();
}

}  // namespace lamina
