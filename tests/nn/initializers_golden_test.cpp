// Every initialiser against Keras: configurations, limits and moments of large draws, and seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/initializers/constant.h"
#include "lamina/nn/initializers/random.h"
#include "lamina/nn/initializers/variance_scaling.h"
#include "lamina/ops/matmul.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Golden;
using test::message_of;

const Golden& golden() {
  static const Golden file("nn/initializers");
  return file;
}

struct Statistics {
  double mean = 0, stddev = 0, min = 0, max = 0;
};

Statistics statistics(const std::vector<double>& values) {
  Statistics s;
  const auto n = static_cast<double>(values.size());
  for (double value : values) s.mean += value / n;
  for (double value : values) s.stddev += (value - s.mean) * (value - s.mean) / n;
  s.stddev = std::sqrt(s.stddev);
  s.min = *std::min_element(values.begin(), values.end());
  s.max = *std::max_element(values.begin(), values.end());
  return s;
}

Shape shape_of(const Json& list) {
  Shape shape;
  for (const Json& extent : list.as_list()) shape.push_back(extent.as_int());
  return shape;
}

TEST(Initializers, DrawFromKerasDistributions) {
  int random = 0;
  const Json cases = golden().json("cases");
  for (const Json& entry : cases.as_list()) {
    const std::string& name = entry.at("name").as_string();
    const auto initializer = Registry<Initializer>::from_json(entry.at("config"));
    test::expect_same_config(initializer->serialize(), entry.at("config"), name);
    const TensorType type{DType::kFloat32, shape_of(entry.at("shape"))};
    const Tensor drawn = (*initializer)(type, 0, 0);
    ASSERT_EQ(drawn.type().str(), type.str()) << name;
    if (golden().contains(name + "_values")) {
      test::expect_close(drawn, golden().at(name + "_values"), name);
      continue;
    }
    if (name == "orthogonal") continue;  // see below
    ++random;
    const std::vector<double> values = drawn.to_vector<double>();
    const std::vector<double> keras = golden().at(name + "_statistics").to_vector<double>();
    const Statistics ours = statistics(values);
    // Five standard errors of a mean and, for at most mesokurtic draws, of a standard deviation; twice, as
    // Keras's draw errs as well.
    const double error = 10 * keras[1] / std::sqrt(static_cast<double>(values.size()));
    EXPECT_NEAR(ours.mean, keras[0], error) << name;
    EXPECT_NEAR(ours.stddev, keras[1], error) << name;
    // Extremes: bounded distributions reach their bounds, which lie at the same place; the tails of normal
    // ones end where the number of samples says, roughly.
    const bool unbounded = name == "random_normal" || name == "variance_scaling_untruncated";
    const double slack = (unbounded ? 0.15 : 0.02) * (keras[3] - keras[2]);
    EXPECT_NEAR(ours.min, keras[2], slack) << name;
    EXPECT_NEAR(ours.max, keras[3], slack) << name;
  }
  EXPECT_GE(random, 15);
}

TEST(Initializers, UniformDrawsStayWithinTheirLimit) {
  const std::vector<double> values = GlorotUniform()({DType::kFloat32, {300, 400}}, 5, 1).to_vector<double>();
  const double limit = std::sqrt(6.0 / (300 + 400));
  EXPECT_LE(statistics(values).max, limit * (1 + 1e-6));
  EXPECT_GE(statistics(values).min, -limit * (1 + 1e-6));
}

TEST(Initializers, TruncatedNormalHasItsShape) {
  const std::vector<double> values =
      TruncatedNormal({.stddev = 1.0})({DType::kFloat32, {200000}}, 3, 0).to_vector<double>();
  EXPECT_LE(statistics(values).max, 2.0);
  EXPECT_GE(statistics(values).min, -2.0);
  // Shares within +-k/2 of a normal distribution cut at +-2: erf(k / 2 / sqrt(2)) / erf(sqrt(2)).
  for (int k = 1; k < 4; ++k) {
    const double bound = k / 2.0;
    const auto within =
        std::count_if(values.begin(), values.end(), [&](double v) { return std::abs(v) < bound; });
    const double expected = std::erf(bound / std::sqrt(2.0)) / std::erf(std::sqrt(2.0));
    EXPECT_NEAR(static_cast<double>(within) / 200000, expected, 0.006) << bound;
  }
}

TEST(Initializers, OrthogonalIsOrthogonal) {
  for (const Shape& shape : {Shape{40, 60}, Shape{60, 40}, Shape{3, 3, 4, 8}}) {
    const Tensor q = Orthogonal({.gain = 1.5})({DType::kFloat32, shape}, 7, 2);
    const int64_t columns = shape[-1], rows = shape.size() / columns;
    const Tensor matrix = Tensor::from(q.to_vector<float>(), {rows, columns});
    const bool wide = columns > rows;
    const std::vector<double> product = matmul(matrix, matrix, !wide, wide).to_vector<double>();
    const auto n = static_cast<size_t>(std::min(rows, columns));
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) EXPECT_NEAR(product[i * n + j], i == j ? 2.25 : 0.0, 1e-5);
    }
  }
}

TEST(Initializers, SeedsDecide) {
  const TensorType type{DType::kFloat32, {16}};
  const auto draw = [&](const Initializer& initializer, uint64_t seed, int stream) {
    return initializer(type, seed, stream).to_vector<float>();
  };
  EXPECT_EQ(draw(RandomNormal(), 1, 0), draw(RandomNormal(), 1, 0));
  EXPECT_NE(draw(RandomNormal(), 1, 0), draw(RandomNormal(), 1, 1));
  EXPECT_NE(draw(RandomNormal(), 1, 0), draw(RandomNormal(), 2, 0));
  // A seed of its own makes an initialiser independent of the model's seed and of the weight's place.
  EXPECT_EQ(draw(HeNormal(9), 1, 0), draw(HeNormal(9), 2, 5));
  EXPECT_NE(draw(HeNormal(9), 1, 0), draw(HeNormal(8), 1, 0));
}

TEST(Initializers, AreKnownByKerasNames) {
  const Json aliases = golden().json("aliases");
  for (const Json& alias : aliases.as_list()) {
    if (alias.as_string() == "stft") continue;  // for audio models
    EXPECT_NO_THROW(Registry<Initializer>::make(alias.as_string())) << alias.as_string();
  }
  for (const char* name : {"GlorotUniform", "normal", "uniform", "zero", "one"}) {
    EXPECT_NO_THROW(Registry<Initializer>::make(name)) << name;
  }
  const auto message = message_of<InvalidArgument>([] { Registry<Initializer>::make("he_norml"); });
  EXPECT_NE(message.find("unknown initializer 'he_norml'; did you mean 'he_normal'?"), std::string::npos)
      << message;
}

TEST(Initializers, RejectWhatTheyCannotFill) {
  EXPECT_THROW(Identity()({DType::kFloat32, {2, 2, 2}}), InvalidArgument);
  EXPECT_THROW(Orthogonal()({DType::kFloat32, {4}}), InvalidArgument);
  EXPECT_THROW(RandomNormal()({DType::kInt32, {4}}), InvalidArgument);
  EXPECT_THROW(VarianceScaling({.scale = 0.0}), InvalidArgument);
  EXPECT_THROW(VarianceScaling({.mode = "fan"}), InvalidArgument);
  const auto message = message_of<InvalidArgument>([] { VarianceScaling({.distribution = "uniforms"}); });
  EXPECT_NE(message.find("did you mean 'uniform'?"), std::string::npos) << message;
}

TEST(Initializers, FillEmptyAndScalarTensors) {
  EXPECT_EQ(GlorotUniform()({DType::kFloat32, {0, 3}}).size(), 0);
  EXPECT_EQ(TruncatedNormal()({DType::kFloat32, {}}).size(), 1);
  EXPECT_EQ(Zeros()({DType::kFloat64, {2}}).dtype(), DType::kFloat64);
  EXPECT_EQ(HeUniform()({DType::kFloat64, {2, 2}}).dtype(), DType::kFloat64);
}

}  // namespace
}  // namespace lamina
