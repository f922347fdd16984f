// Stateful recurrent layers in models: the batch size is part of the build, and files hold no state.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/random.h"
#include "lamina/ops/slice.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int64_t seed) { return random_normal(random_key(seed), shape).eval(); }

TEST(StatefulLayers, GoOnFromBatchToBatchOfAModel) {
  const Tensor x = normal({2, 6, 3}, 1);
  Sequential model({Input({3, 3}, {.batch_size = 2}), GRU(4, {.stateful = true})}, {.seed = 1});
  Sequential whole({Input({6, 3}), GRU(4)}, {.seed = 1});
  const std::vector<WeightPtr> from = model.layer("gru").sublayers()[0].second->weights();
  const std::vector<WeightPtr> to = whole.layer("gru").weights();
  for (size_t i = 0; i < to.size(); ++i) to[i]->assign(from[i]->value);
  model.predict(slice(x, {0, 0}, {2, 3}));
  test::expect_close(model.predict(slice(x, {0, 3}, {2, 6})), whole.predict(x), "the second half");

  model.compile({.optimizer = "sgd", .loss = "mse"});
  const auto history =
      model.fit(slice(x, {0, 0}, {2, 3}), normal({2, 4}, 2), {.batch_size = 2, .verbose = 0});
  EXPECT_EQ(history["loss"].size(), 1u);
  const std::string message = test::message_of<InvalidArgument>([&] { model.predict(normal({3, 3, 3}, 1)); });
  EXPECT_NE(message.find("batches of 2 samples, received 3"), std::string::npos) << message;
}

TEST(StatefulLayers, BothDirectionsKeepTheirState) {
  const Bidirectional both(LSTM(3, {.stateful = true}));
  EXPECT_EQ(both(normal({2, 6, 3}, 1)).shape(), (Shape{2, 6}));
  both.reset_states();
}

TEST(StackedCells, HaveNamesOfTheirOwn) {
  const Sequential model({Input({5, 3}), RNN({LSTMCell(2), LSTMCell(3)})}, {.seed = 1});
  EXPECT_EQ(model.weights()[0]->path, "sequential/rnn/stacked_rnn_cells/lstm_cell/kernel");
  EXPECT_EQ(model.weights()[3]->path, "sequential/rnn/stacked_rnn_cells/lstm_cell_1/kernel");
}

}  // namespace
}  // namespace lamina
