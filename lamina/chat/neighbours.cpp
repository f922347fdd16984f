// Exact search, and inverted lists around the centres of k-means.
#include "lamina/chat/neighbours.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina {
namespace {

constexpr int64_t kGrain = 2048;  // products that are worth a thread

bool nearer(const std::pair<int64_t, float>& a, const std::pair<int64_t, float>& b) {
  return a.second != b.second ? a.second > b.second : a.first < b.first;
}

void keep_nearest(std::vector<std::pair<int64_t, float>>& all, int64_t count) {
  const auto kept = static_cast<std::ptrdiff_t>(std::min<int64_t>(count, static_cast<int64_t>(all.size())));
  std::partial_sort(all.begin(), all.begin() + kept, all.end(), nearer);
  all.resize(static_cast<size_t>(kept));
}

}  // namespace

float Neighbours::product(const float* vector, const float* query) const {
  // Eight sums that the compiler keeps in one register; their order is fixed.
  float sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= dimensions_; i += 8) {
    for (int k = 0; k < 8; ++k) sums[k] += vector[i + k] * query[i + k];
  }
  float sum = 0;
  for (; i < dimensions_; ++i) sum += vector[i] * query[i];
  for (const float part : sums) sum += part;
  return sum;
}

float Neighbours::product(int64_t number, const std::vector<float>& query) const {
  return product(&values_[static_cast<size_t>(number * dimensions_)], query.data());
}

Neighbours::Neighbours(const Tensor& vectors, const NeighboursOptions& options) {
  if (vectors.shape().rank() != 2 || vectors.dtype() != DType::kFloat32 || vectors.shape()[0] < 1 ||
      vectors.shape()[1] < 1)
    throw InvalidArgument("Neighbours: expected float32 vectors (vectors, dimensions); got shape " +
                          vectors.shape().str());
  if (options.lists < 0 || options.probes < 0 || options.rounds < 1)
    throw InvalidArgument("Neighbours: lists and probes are at least 0, rounds at least 1");
  values_ = vectors.to_vector<float>();
  size_ = vectors.shape()[0], dimensions_ = vectors.shape()[1];
  if (options.approximate) make_lists(options);
}

void Neighbours::make_lists(const NeighboursOptions& options) {
  const auto root = static_cast<int64_t>(std::sqrt(static_cast<double>(size_)));
  const int64_t lists = std::min(size_, options.lists > 0 ? options.lists : std::max<int64_t>(root, 1));
  probes_ = std::min(lists, options.probes > 0 ? options.probes : std::max<int64_t>(8, lists / 6));
  std::mt19937_64 random(options.seed);
  const auto width = static_cast<size_t>(dimensions_);
  centres_.resize(static_cast<size_t>(lists) * width);
  for (int64_t i = 0; i < lists; ++i) {
    const auto from = static_cast<std::ptrdiff_t>((random() % static_cast<uint64_t>(size_)) * width);
    std::copy_n(values_.begin() + from, width, centres_.begin() + i * dimensions_);
  }
  std::vector<int64_t> list_of(static_cast<size_t>(size_));
  for (int round = 0; round < options.rounds; ++round) {
    parallel_for(size_, std::max<int64_t>(1, kGrain / lists), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float* vector = &values_[static_cast<size_t>(i) * width];
        int64_t best = 0;
        float most = -INFINITY;
        for (int64_t k = 0; k < lists; ++k) {
          const float value = product(&centres_[static_cast<size_t>(k) * width], vector);
          if (value > most) most = value, best = k;
        }
        list_of[static_cast<size_t>(i)] = best;
      }
    });
    std::vector<double> sums(centres_.size());
    for (size_t i = 0; i < list_of.size(); ++i) {
      for (size_t k = 0; k < width; ++k)
        sums[static_cast<size_t>(list_of[i]) * width + k] += values_[i * width + k];
    }
    // Centres are unit vectors, as means of vectors by their directions; an empty list keeps its own.
    for (int64_t i = 0; i < lists; ++i) {
      const double* sum = &sums[static_cast<size_t>(i) * width];
      double square = 0;
      for (size_t k = 0; k < width; ++k) square += sum[k] * sum[k];
      if (square == 0) continue;
      for (size_t k = 0; k < width; ++k)
        centres_[static_cast<size_t>(i) * width + k] = static_cast<float>(sum[k] / std::sqrt(square));
    }
  }
  lists_.resize(static_cast<size_t>(lists));
  for (size_t i = 0; i < list_of.size(); ++i)
    lists_[static_cast<size_t>(list_of[i])].push_back(static_cast<int64_t>(i));
}

std::vector<std::pair<int64_t, float>> Neighbours::nearest(const std::vector<float>& query,
                                                           int64_t count) const {
  if (static_cast<int64_t>(query.size()) != dimensions_)
    throw InvalidArgument("Neighbours: expected a query of " + std::to_string(dimensions_) +
                          " dimensions; got " + std::to_string(query.size()));
  std::vector<std::pair<int64_t, float>> all;
  if (lists_.empty()) {
    all.resize(static_cast<size_t>(size_));
    parallel_for(size_, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) all[static_cast<size_t>(i)] = {i, product(i, query)};
    });
  } else {
    std::vector<std::pair<int64_t, float>> near;
    for (size_t i = 0; i < lists_.size(); ++i) {
      const float* centre = &centres_[i * static_cast<size_t>(dimensions_)];
      near.emplace_back(static_cast<int64_t>(i), product(centre, query.data()));
    }
    keep_nearest(near, probes_);
    for (const auto& [list, value] : near) {
      for (const int64_t i : lists_[static_cast<size_t>(list)]) all.emplace_back(i, product(i, query));
    }
  }
  keep_nearest(all, std::max<int64_t>(count, 0));
  return all;
}

}  // namespace lamina
