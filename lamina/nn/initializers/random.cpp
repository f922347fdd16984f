// RandomUniform, RandomNormal, TruncatedNormal, Orthogonal.
#include "lamina/nn/initializers/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/initializers/detail/draw.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

std::shared_ptr<Initializer> make_uniform(const Json& config) {
  ConfigReader reader(config, "RandomUniform");
  RandomUniformOptions options;
  options.minval = reader.number("minval", options.minval);
  options.maxval = reader.number("maxval", options.maxval);
  options.seed = reader.optional_integer("seed");
  reader.done();
  return std::make_shared<RandomUniform>(options);
}

RandomNormalOptions normal_options(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  RandomNormalOptions options;
  options.mean = reader.number("mean", options.mean);
  options.stddev = reader.number("stddev", options.stddev);
  options.seed = reader.optional_integer("seed");
  reader.done();
  return options;
}

std::shared_ptr<Initializer> make_normal(const Json& config) {
  return std::make_shared<RandomNormal>(normal_options(config, "RandomNormal"));
}

std::shared_ptr<Initializer> make_truncated_normal(const Json& config) {
  return std::make_shared<TruncatedNormal>(normal_options(config, "TruncatedNormal"));
}

std::shared_ptr<Initializer> make_orthogonal(const Json& config) {
  ConfigReader reader(config, "Orthogonal");
  OrthogonalOptions options;
  options.gain = reader.number("gain", options.gain);
  options.seed = reader.optional_integer("seed");
  reader.done();
  return std::make_shared<Orthogonal>(options);
}

const bool random_registered = [] {
  using Known = Registry<Initializer>;
  Known::add("RandomUniform", make_uniform, {"random_uniform", "uniform"});
  Known::add("RandomNormal", make_normal, {"random_normal", "normal"});
  Known::add("TruncatedNormal", make_truncated_normal, {"truncated_normal"});
  Known::add("Orthogonal", make_orthogonal, {"orthogonal", "OrthogonalInitializer"});
  return true;
}();

Json seed_json(const std::optional<int64_t>& seed) { return seed ? Json(*seed) : Json(); }

// Makes the columns of the row-major `rows` x `columns` matrix orthonormal, in order (Gram and Schmidt's
// process, done twice for each column so that rounding leaves no component). This is the Q of the QR
// decomposition whose R has a positive diagonal.
void orthonormalise(std::vector<double>& a, size_t rows, size_t columns) {
  for (size_t j = 0; j < columns; ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t k = 0; k < j; ++k) {
        double dot = 0;
        for (size_t i = 0; i < rows; ++i) dot += a[i * columns + k] * a[i * columns + j];
        for (size_t i = 0; i < rows; ++i) a[i * columns + j] -= dot * a[i * columns + k];
      }
    }
    double square = 0;
    for (size_t i = 0; i < rows; ++i) square += a[i * columns + j] * a[i * columns + j];
    for (size_t i = 0; i < rows; ++i) a[i * columns + j] /= std::sqrt(square);
  }
}

}  // namespace

Json RandomUniform::config() const {
  return Json::object(
      {{"seed", seed_json(options_.seed)}, {"minval", options_.minval}, {"maxval", options_.maxval}});
}

Tensor RandomUniform::operator()(const TensorType& type, uint64_t seed, int stream) const {
  detail::require_floating("RandomUniform", type);
  return detail::Draw(options_.seed, seed, stream).uniform(type, options_.minval, options_.maxval);
}

Json RandomNormal::config() const {
  return Json::object(
      {{"seed", seed_json(options_.seed)}, {"mean", options_.mean}, {"stddev", options_.stddev}});
}

Tensor RandomNormal::operator()(const TensorType& type, uint64_t seed, int stream) const {
  detail::require_floating("RandomNormal", type);
  return detail::Draw(options_.seed, seed, stream).normal(type, options_.mean, options_.stddev);
}

Json TruncatedNormal::config() const {
  return Json::object(
      {{"seed", seed_json(options_.seed)}, {"mean", options_.mean}, {"stddev", options_.stddev}});
}

Tensor TruncatedNormal::operator()(const TensorType& type, uint64_t seed, int stream) const {
  detail::require_floating("TruncatedNormal", type);
  return detail::Draw(options_.seed, seed, stream).truncated_normal(type, options_.mean, options_.stddev);
}

Json Orthogonal::config() const {
  return Json::object({{"seed", seed_json(options_.seed)}, {"gain", options_.gain}});
}

Tensor Orthogonal::operator()(const TensorType& type, uint64_t seed, int stream) const {
  detail::require_floating("Orthogonal", type);
  if (type.shape.rank() < 2) {
    throw InvalidArgument("Orthogonal: at least two axes are needed; received the shape " + type.shape.str());
  }
  const int64_t columns = type.shape[-1], rows = columns ? type.shape.size() / columns : 0;
  const auto tall = static_cast<size_t>(std::max(rows, columns)),
             narrow = static_cast<size_t>(std::min(rows, columns));
  const TensorType drawn{DType::kFloat32, {std::max(rows, columns), std::min(rows, columns)}};
  std::vector<double> q = detail::Draw(options_.seed, seed, stream).normal(drawn, 0, 1).to_vector<double>();
  orthonormalise(q, tall, narrow);
  std::vector<double> values(q.size());
  for (size_t i = 0; i < tall; ++i) {
    for (size_t j = 0; j < narrow; ++j)
      values[rows < columns ? j * tall + i : i * narrow + j] = options_.gain * q[i * narrow + j];
  }
  return cast(Tensor::from(values, type.shape), type.dtype);
}

}  // namespace lamina
