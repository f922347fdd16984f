// History: the logs of every epoch, which fit returns.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// The record of a training (Keras: keras.callbacks.History). fit always keeps one and returns it.
class History : public Callback {
 public:
  /// Where the loss first was not a number.
  struct BadLoss {
    int epoch = 0;
    int64_t step = 0;  ///< within the epoch, from 0
  };

  std::string class_name() const override { return "History"; }
  void on_train_begin(const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;

  /// Epochs recorded, by number.
  const std::vector<int>& epochs() const { return epochs_; }
  /// Names of the logs, in the order of first appearance.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;
  /// The values of one log, one per epoch; NaN for an epoch that lacks it. Throws InvalidArgument, listing
  /// the names.
  const std::vector<double>& operator[](const std::string& name) const;
  /// Of a log that is a row (a number for each class, say), the rows, one per epoch, whose means operator[]
  /// gives; empty for an epoch that lacks it. No rows for a log that is a number.
  const std::vector<std::vector<double>>& rows(const std::string& name) const;

  /// Whether the stop flag ended the training before its last step; Model::snapshot then says where.
  bool interrupted = false;
  /// Where the loss first was NaN or infinite, if it was.
  std::optional<BadLoss> bad_loss;

  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

 private:
  std::vector<int> epochs_;
  std::vector<std::pair<std::string, std::vector<double>>> values_;
  std::vector<std::pair<std::string, std::vector<std::vector<double>>>> rows_;
};

}  // namespace lamina
