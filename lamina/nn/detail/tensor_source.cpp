// Batches from tensors.
#include "lamina/nn/detail/tensor_source.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina::detail {

int64_t count_samples(const Tensors& x, const Tensors& y, const Tensors& sample_weight, const char* what) {
  const auto rows = [&](const Tensor& tensor, const char* name) {
    if (!tensor.defined()) throw InvalidArgument(std::string(what) + ": " + name + " is no tensor");
    if (tensor.rank() == 0)
      throw InvalidArgument(std::string(what) + ": " + name +
                            " needs samples along its first axis, received ()");
    return tensor.shape()[0];
  };
  if (x.empty()) throw InvalidArgument(std::string(what) + ": x is no tensor");
  const int64_t samples = rows(x[0], "x");
  const auto check = [&](const Tensors& tensors, const char* name) {
    for (const Tensor& tensor : tensors) {
      if (rows(tensor, name) == samples) continue;
      throw InvalidArgument("x and " + std::string(name) + " must have as many samples: x has " +
                            std::to_string(samples) + " (shape " + x[0].shape().str() + "), " + name +
                            " has " + std::to_string(tensor.shape()[0]) + " (shape " + tensor.shape().str() +
                            ")");
    }
  };
  check(x, "x");
  check(y, "y");
  check(sample_weight, "sample_weight");
  return samples;
}

TensorSource::TensorSource(const Tensors& x, const Tensors& y, const Tensors& sample_weight,
                           const TensorSourceOptions& options, const char* what)
    : options_(options) {
  const int64_t samples = count_samples(x, y, sample_weight, what);
  if (options_.last < 0) options_.last = samples;
  x_ = part(x);
  y_ = part(y);
  weight_ = part(sample_weight);
}

TensorSource::Part TensorSource::part(const Tensors& tensors) const {
  Part result;
  result.like = tensors;
  for (const Tensor& tensor : tensors) result.rows.emplace_back(tensor, options_.batch_size);
  return result;
}

void TensorSource::begin(int epoch, uint64_t seed, int64_t first_step) {
  order_.clear();
  if (options_.shuffle) order_ = permutation(options_.last - options_.first, seed, epoch);
  step_ = first_step;
}

std::optional<int64_t> TensorSource::steps() const {
  return (options_.last - options_.first + options_.batch_size - 1) / options_.batch_size;
}

Json TensorSource::identity() const {
  return Json::object(
      {{"samples", *samples()}, {"batch_size", options_.batch_size}, {"shuffle", options_.shuffle}});
}

void TensorSource::fill(Part& part, Tensors& to, int64_t first, int64_t count) {
  if (to.size() != part.rows.size() || to.names() != part.like.names())
    to = part.like.with_values(std::vector<Tensor>(part.rows.size()));
  for (size_t i = 0; i < part.rows.size(); ++i) {
    to.set(i, Tensor());  // the buffer is written over only when nobody holds the batch before
    to.set(i, order_.empty() ? part.rows[i].range(options_.first + first, count)
                             : part.rows[i].gather(std::span(order_).subspan(static_cast<size_t>(first),
                                                                             static_cast<size_t>(count))));
  }
}

bool TensorSource::next(Batch& batch) {
  const int64_t samples = options_.last - options_.first;
  const int64_t first = step_ * options_.batch_size;
  if (first >= samples) return false;
  const int64_t count = std::min(options_.batch_size, samples - first);
  fill(x_, batch.x, first, count);
  fill(y_, batch.y, first, count);
  fill(weight_, batch.sample_weight, first, count);
  ++step_;
  return true;
}

Tensor weights_of_classes(const Tensors& y, const std::map<int64_t, double>& class_weight) {
  if (y.size() != 1) {
    throw InvalidArgument("class_weight is for a model of one output; " + std::to_string(y.size()) +
                          " targets were given: use sample_weight");
  }
  const Tensor& targets = y[0];
  const int64_t samples = targets.shape()[0];
  const int64_t columns = samples == 0 ? 1 : targets.size() / std::max<int64_t>(samples, 1);
  if (targets.rank() > 2 || (targets.rank() == 1 && columns != 1)) {
    throw InvalidArgument(
        "class_weight needs targets (samples,), (samples, 1) or (samples, classes), received shape " +
        targets.shape().str() + ": use sample_weight");
  }
  const std::vector<double> values = targets.to_vector<double>();
  std::vector<float> weights;
  for (int64_t i = 0; i < samples; ++i) {
    const auto row = values.begin() + i * columns;
    const int64_t label = columns == 1 ? static_cast<int64_t>(*row)
                                       : static_cast<int64_t>(std::max_element(row, row + columns) - row);
    if (columns == 1 && static_cast<double>(label) != *row) {
      throw InvalidArgument("class_weight: target number " + std::to_string(i) + " is " + Json(*row).dump() +
                            ", no class index");
    }
    const auto found = class_weight.find(label);
    // As Keras: classes that are not listed weigh 1.
    weights.push_back(found == class_weight.end() ? 1.0f : static_cast<float>(found->second));
  }
  return Tensor::from(weights, Shape{samples});
}

Tensors with_class_weight(const Tensors& y, const Tensors& sample_weight,
                          const std::map<int64_t, double>& class_weight) {
  if (class_weight.empty()) return sample_weight;
  if (!sample_weight.empty()) {
    throw InvalidArgument("sample_weight and class_weight cannot both be given: multiply them yourself");
  }
  return weights_of_classes(y, class_weight);
}

}  // namespace lamina::detail
