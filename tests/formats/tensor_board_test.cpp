// TensorBoard: the messages are TensorFlow's, byte by byte; which logs go where.
#include "lamina/formats/tensor_board.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/wire.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/metrics/f_score.h"
#include "lamina/nn/model.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

std::string bytes_of(const Tensor& x) {
  std::string text;
  for (const int64_t byte : x.to_vector<int64_t>()) text += static_cast<char>(byte);
  return text;
}

// The only file in the folder.
std::string event_file(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path().string());
  EXPECT_EQ(paths.size(), 1U) << folder;
  return paths.at(0);
}

// The messages of an event file, whose times become 0.
std::vector<std::string> messages_of(const std::string& path) {
  const std::string bytes = read_file(path);
  std::vector<std::string> messages;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t size = 0;
    std::memcpy(&size, bytes.data() + at, sizeof size);
    std::string message = bytes.substr(at + 12, size);
    EXPECT_EQ(detail::event_record(message), bytes.substr(at, size + 16));
    std::memset(message.data() + 1, 0, 8);
    messages.push_back(message);
    at += size + 16;
  }
  return messages;
}

// Tags with their numbers in order.
std::map<std::string, std::vector<float>> curves_of(const std::string& folder) {
  std::map<std::string, std::vector<float>> curves;
  for (const std::string& message : messages_of(event_file(folder))) {
    detail::read_message(message, "event", [&](uint64_t field, uint64_t, std::string_view summary) {
      if (field != 5) return;
      detail::read_message(summary, "summary", [&](uint64_t, uint64_t, std::string_view entry) {
        std::string tag;
        float number = 0;
        detail::read_message(entry, "entry", [&](uint64_t part, uint64_t, std::string_view bytes) {
          if (part == 1) tag = bytes;
          if (part != 8) return;
          detail::read_message(bytes, "tensor", [&](uint64_t which, uint64_t, std::string_view content) {
            if (which == 4) std::memcpy(&number, content.data(), sizeof number);
          });
        });
        curves[tag].push_back(number);
      });
    });
  }
  return curves;
}

Sequential classifier() {
  Sequential model({Input({2}), Dense(3, {.activation = "softmax"})}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "categorical_crossentropy", .metrics = {metrics::F1Score()}});
  return model;
}

const Tensor kTargets = Tensor::from(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, {4, 3});

// Logs of whoever calls it.
class Told final : public Callback {
 public:
  void add_logs(int epoch, Logs& logs) override {
    if (epoch == 3) logs.set("loss", 0.5);
  }
};

TEST(TensorBoard, WritesWhatTensorFlowWrites) {
  const Golden golden("formats/tensor_board");
  const std::string first = bytes_of(golden.at("first")), second = bytes_of(golden.at("second"));
  EXPECT_EQ(detail::event_record(first) + detail::event_record(second), bytes_of(golden.at("records")));
  const TemporaryFolder folder;
  Sequential model = classifier();
  model.fit(ones({4, 2}), kTargets,
            {.epochs = 4, .callbacks = {Told(), TensorBoard(folder / "logs")}, .verbose = 0, .initial_epoch = 3});
  const std::vector<std::string> messages = messages_of(event_file(folder / "logs/train"));
  EXPECT_TRUE(first.starts_with(messages.at(0)));  // TensorFlow also says which of its writers it was
  EXPECT_NE(std::find(messages.begin(), messages.end(), second), messages.end());
}

TEST(TensorBoard, PartsLogsByWhatTheyAreOf) {
  const TemporaryFolder folder;
  Sequential model = classifier();
  const Tensor x = ones({4, 2});
  const History history =
      model.fit(x, kTargets, {.epochs = 3, .batch_size = 1, .validation_data = {x, kTargets},
                              .callbacks = {TensorBoard(folder / "logs", {.update_freq = 2})}, .verbose = 0});
  auto train = curves_of(folder / "logs/train"), validation = curves_of(folder / "logs/validation");
  ASSERT_EQ(train["epoch_loss"].size(), 3U);
  ASSERT_EQ(validation["epoch_loss"].size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(train["epoch_loss"][i], static_cast<float>(history["loss"][i]));
    EXPECT_EQ(validation["epoch_loss"][i], static_cast<float>(history["val_loss"][i]));
    EXPECT_EQ(train["epoch_f1_score/1"][i], static_cast<float>(history.rows("f1_score")[i][1]));
  }
  EXPECT_EQ(train["epoch_learning_rate"], std::vector<float>(3, 0.01F));
  EXPECT_EQ(train["batch_loss"].size(), 6U);  // 12 steps, each second one
  EXPECT_FALSE(train.contains("epoch_f1_score"));
}

TEST(TensorBoard, SaysWhatItCannotDo) {
  EXPECT_THROW(TensorBoard("logs", {.update_freq = -1}), InvalidArgument);
  EXPECT_THROW(TensorBoard(""), InvalidArgument);
  const TemporaryFolder folder;
  write_file(folder / "file", "");
  Sequential model = classifier();
  const auto message = message_of<FileError>([&] {
    model.fit(ones({4, 2}), kTargets, {.callbacks = {TensorBoard(folder / "file")}, .verbose = 0});
  });
  EXPECT_NE(message.find("file/train: cannot make this folder"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina::test
