// LAMINA_DEBUG=nan names the op and the layer that made the first NaN or infinity.
#include <gtest/gtest.h>

#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/core/grad.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

class NumberWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LAMINA_DEBUG", "nan", 1);
    before_ = set_log_sink([this](LogLevel, const std::string& text) { said_.push_back(text); });
  }
  void TearDown() override {
    set_log_sink(before_);
    unsetenv("LAMINA_DEBUG");
  }

  LogSink before_;
  std::vector<std::string> said_;
};

// log(x - 1): NaN below 1, and its gradient is infinite at 1.
struct LogLayer : LayerOf<LogLayer> {
  explicit LogLayer(const std::string& name) : LayerOf<LogLayer>(name, true) {}
  std::string class_name() const override { return "LogLayer"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext&) const override { return log(x - 1.0); }
};

TEST_F(NumberWatchTest, NamesTheOpOfAnEagerTensor) {
  test::expect_words(test::message_of<InvalidArgument>([] {
                       (log(Tensor::from<float>({{1, 2}, {3, -1}})) * 2.0f).eval();
                     }),
                     {"LAMINA_DEBUG=nan", "op 'log' makes NaN", "1 of 4 elements", "float32(2, 2)", "(1, 1)",
                      "all that it was given is finite"});
}

TEST_F(NumberWatchTest, NamesTheLayerInPredictionsAndInTraining) {
  Sequential model({Input({2}), Rescaling(1.0), LogLayer("broken"), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const std::vector<std::string> words = {"op 'log' in layer 'sequential/broken' (LogLayer) makes NaN"};
  test::expect_words(test::message_of<InvalidArgument>([&] { model.predict(zeros({3, 2})); }), words);
  test::expect_words(test::message_of<InvalidArgument>([&] {
                       model.fit(zeros({3, 2}), zeros({3, 1}), {.verbose = 0});
                     }),
                     words);
}

// sqrt(0) is fine; its gradient divides by 0, and 0 * infinity is none.
TEST_F(NumberWatchTest, NamesTheOpBehindAGradient) {
  const Tensor x = Tensor::from<float>({0, 1, 0});
  const std::string message =
      test::message_of<InvalidArgument>([&] { gradients(sum(multiply(sqrt(x), x)), {x})[0].eval(); });
  test::expect_words(message, {"in the gradient of op '"});
}

TEST_F(NumberWatchTest, SaysInfinitiesOnceAndGoesOn) {
  const Tensor x = zeros({2});
  EXPECT_EQ(exp(log(x)).to_vector<float>(), (std::vector<float>{0, 0}));
  EXPECT_EQ(exp(log(x)).to_vector<float>(), (std::vector<float>{0, 0}));
  int told = 0;
  for (const std::string& text : said_)
    told += text.find("op 'log' makes infinity: 2 of 2") != std::string::npos;
  EXPECT_EQ(told, 1);
}

// What nobody in the program made: wanted constants, and what comes in.
TEST_F(NumberWatchTest, BlamesNoOpForWhatItWasGiven) {
  const Tensor mask = Tensor::from<float>({1, 0}), x = ones({2});
  EXPECT_EQ(where(greater(mask, zeros({2})), x, full({2}, -INFINITY)).to_vector<float>()[1], -INFINITY);
  const Tensor given = Tensor::from<float>({NAN, 1});
  EXPECT_EQ((given * 2.0f).to_vector<float>()[1], 2);
  ASSERT_FALSE(said_.empty());
  test::expect_words(said_.back(), {"is given with NaN: 1 of 2"});
}

TEST_F(NumberWatchTest, ChangesNoResults) {
  const Samples data = test::quadrants(32);
  const auto trained = [&] {
    Sequential model = test::small_cnn(3);
    model.fit(data.x, data.y, {.epochs = 2, .verbose = 0});
    return model.predict(data.x).to_vector<float>();
  };
  const std::vector<float> watched = trained();
  unsetenv("LAMINA_DEBUG");
  const std::vector<float> plain = trained();
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(watched[i], plain[i], 1e-4);
  for (const std::string& text : said_) ADD_FAILURE() << text;
}

}  // namespace
}  // namespace lamina
