// A shuffled pass draws twice: the order of texts, which decides who shares a batch, and that of the batches.
#include "lamina/zoo/transformers/detail/length_groups.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "lamina/zoo/detail/shuffle.h"

namespace lamina::detail {
LengthGroups::LengthGroups(std::vector<int64_t> lengths, int64_t step, int64_t longest,
                           std::function<int64_t(int64_t)> rows_for, bool shuffle)
    : lengths_(std::move(lengths)),
      step_(step),
      longest_(longest),
      rows_for_(std::move(rows_for)),
      shuffle_(shuffle) {
  std::vector<size_t> order(lengths_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  groups_ = groups_of(order);
}

int64_t LengthGroups::filled_up(int64_t length) const {
  const int64_t multiple = (length + step_ - 1) / step_ * step_;
  return longest_ > 0 ? std::max(length, std::min(multiple, longest_)) : multiple;
}

std::vector<LengthGroup> LengthGroups::groups_of(const std::vector<size_t>& order) const {
  std::map<int64_t, std::vector<size_t>> by_length;
  for (const size_t i : order) by_length[filled_up(lengths_[i])].push_back(i);
  std::vector<LengthGroup> all;
  std::vector<size_t> left;
  for (auto& [length, texts] : by_length) {
    left.insert(left.end(), texts.begin(), texts.end());
    const auto each = static_cast<size_t>(rows_for_(length));
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

void LengthGroups::begin(int epoch, uint64_t seed, int64_t first_step) {
  if (shuffle_) {
    std::vector<size_t> order(lengths_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::mt19937_64 random(seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(epoch));
    shuffle(order, random);
    groups_ = groups_of(order);
    shuffle(groups_, random);
  }
  at_ = static_cast<size_t>(first_step);
}

}  // namespace lamina::detail
