// BackupAndRestore: a training that broke off and one that did not end with the same weights.
#include "lamina/formats/backup_and_restore.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <stdexcept>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

Sequential network(int64_t units = 4) {
  Sequential model({Input({2}), Dense(units, {.activation = "relu"}), Dropout(0.25), Dense(1)}, {.seed = 3});
  model.compile({.optimizer = "adam", .loss = "mse"});
  return model;
}

Tensor numbers(int64_t rows, int64_t columns) {
  std::vector<float> values(static_cast<size_t>(rows * columns));
  std::iota(values.begin(), values.end(), -5.0F);
  for (float& value : values) value /= 7;
  return Tensor::from(values, {rows, columns});
}

const Tensor kX = numbers(10, 2), kY = numbers(10, 1);

// Ends a training as a kill does, but for the destructors.
class Break final : public Callback {
 public:
  explicit Break(int epoch, int64_t batch) : epoch_(epoch), batch_(batch) {}
  void on_epoch_begin(int epoch, const Logs&) override { now_ = epoch; }
  void on_batch_begin(int64_t batch, const Logs&) override {
    if (now_ == epoch_ && batch == batch_) throw std::runtime_error("broken");
  }

 private:
  int epoch_, now_ = 0;
  int64_t batch_;
};

std::vector<std::vector<float>> values_of(const Model& model) {
  std::vector<std::vector<float>> all;
  for (const Tensor& weight : model.get_weights()) all.push_back(weight.to_vector<float>());
  return all;
}

FitOptions options(std::vector<AnyCallback> callbacks) {
  FitOptions result;
  result.epochs = 5;
  result.batch_size = 4;
  result.callbacks = std::move(callbacks);
  result.verbose = 0;
  return result;
}

void expect_same_after_a_break(int64_t save_freq) {
  Sequential whole = network();
  const History expected = whole.fit(kX, kY, options({}));
  const TemporaryFolder folder;
  const BackupAndRestore backup(folder / "backup", {.save_freq = save_freq});
  Sequential broken = network();
  EXPECT_THROW(broken.fit(kX, kY, options({Break(3, 1), backup})), std::runtime_error);
  EXPECT_TRUE(std::filesystem::exists(backup.path()));
  Sequential again = network();
  const History history = again.fit(kX, kY, options({backup}));
  EXPECT_EQ(values_of(again), values_of(whole));
  EXPECT_EQ(history["loss"], expected["loss"]);
  EXPECT_EQ(history.epochs(), (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(std::filesystem::exists(backup.path()));
}

TEST(BackupAndRestore, GoesOnAtTheEpochThatBrokeOff) { expect_same_after_a_break(0); }

TEST(BackupAndRestore, GoesOnInTheMiddleOfAnEpoch) { expect_same_after_a_break(2); }

TEST(BackupAndRestore, KeepsTheBackupIfAsked) {
  const TemporaryFolder folder;
  const BackupAndRestore backup(folder / "backup", {.delete_checkpoint = false});
  Sequential model = network(), again = network();
  model.fit(kX, kY, options({backup}));
  again.fit(kX, kY, options({backup}));  // nothing is left to do
  EXPECT_EQ(values_of(again), values_of(model));
}

TEST(BackupAndRestore, RefusesWhatIsNoBackupOfThisTraining) {
  EXPECT_THROW(BackupAndRestore(""), InvalidArgument);
  EXPECT_THROW(BackupAndRestore("x", {.save_freq = -1}), InvalidArgument);
  const TemporaryFolder folder;
  const BackupAndRestore backup(folder / "backup", {.delete_checkpoint = false});
  network().fit(kX, kY, options({backup}));
  EXPECT_THROW(network(5).fit(kX, kY, options({backup})), InvalidArgument);
  network().save(backup.path());
  auto message = message_of<FileError>([&] { network().fit(kX, kY, options({backup})); });
  EXPECT_NE(message.find("without the state of a training"), std::string::npos) << message;
  write_file(backup.path(), "no archive");
  message = message_of<FileError>([&] { network().fit(kX, kY, options({backup})); });
  EXPECT_NE(message.find("remove the file to begin anew"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina::test
