// A folder in which the command line trains within milliseconds: a small model, and data for it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {

/// Holds "net.keras" (4 inputs, 3 classes, Adam, made from seed 1) and "data.npz" (48 samples that its first
/// input tells apart).
class Training : public ::testing::Test {
 protected:
  Training();

  /// Writes a model like net.keras, with another activation, optimizer, name of the hidden layer.
  struct Net {
    std::string activation = "relu", optimizer = "adam", layer = "hidden";
    double learning_rate = 0.01;
  };
  void write_net(const std::string& name, const Net& net) const;
  /// Writes `samples` samples; the first input of the first one is `first`, whose class is `label`.
  void write_data(const std::string& name, int samples = 48, float first = 0.5f, int label = 0) const;

  /// `lamina train net.keras --data data.npz --out OUT --epochs N --run-dir OUT.run` and `more`, which may
  /// hold other values of the same options.
  std::vector<std::string> command(const std::string& out, int epochs,
                                   const std::vector<std::string>& more = {}) const;
  Outcome train(const std::string& out, int epochs, const std::vector<std::string>& more = {},
                const std::vector<std::string>& environment = {}) const;

  std::string file(const std::string& name) const { return folder_ / name; }
  /// Epochs completed of the training in the checkpoint beside `out`.
  int64_t epochs_of(const std::string& out) const;
  /// Names of all files and folders below, hidden ones too.
  std::vector<std::string> everything() const;

  TemporaryFolder folder_;
};

/// Expects failure with one line that holds all of `words`.
void expect_refused(const Outcome& outcome, const std::vector<std::string>& words);

}  // namespace lamina::test
