// AverageWeights: the mean of the weights after the last epochs.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// Adds up the trainable weights after each of the last `epochs` epochs of a training, for apply(): the mean
/// of several checkpoints translates better than any of them (Vaswani et al., 2017). Its sums are part of the
/// training's state.
class AverageWeights : public Callback {
 public:
  /// @param epochs  how many, from 1 on; all, where the training has fewer
  explicit AverageWeights(int epochs = 5);
  std::string class_name() const override { return "AverageWeights"; }
  void on_epoch_end(int epoch, const Logs& logs) override;
  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

  /// Epochs that were added up so far.
  int64_t count() const { return count_; }
  /// Gives the model the mean; nothing happens where no epoch was added up.
  void apply(Model& model) const;

 private:
  int epochs_;
  int64_t count_ = 0;
  std::vector<Tensor> sums_;
};

}  // namespace lamina
