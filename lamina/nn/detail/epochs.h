// EpochIterator: the batches of one epoch after another, whatever the source. Internal header.
#pragma once

#include <optional>

#include "lamina/nn/detail/model_impl.h"

namespace lamina::detail {

/// Without a number of steps an epoch is one pass through the source. With one, passes go on where the epoch
/// before stopped; a source that ends in the middle ends the epoch, with a warning, and begins anew in the
/// next, as in Keras.
class EpochIterator {
 public:
  EpochIterator(Model& model, BatchSource& source, std::optional<int64_t> steps_per_epoch, bool arranged)
      : model_(model), source_(source), steps_(steps_per_epoch), arranged_(arranged) {}

  /// Goes to where `position` stands.
  void begin(const Position& position);
  /// The same, whatever was fetched ahead.
  void restart(const Position& position);
  /// The next batch of the epoch, arranged for the model; nullptr at its end. Valid until the next call.
  const Batch* next(Position& position);
  /// The first batch of what begin() began, without taking it; nullptr when there is none.
  const Batch* peek();

 private:
  bool fetch();

  Model& model_;
  BatchSource& source_;
  std::optional<int64_t> steps_;
  bool arranged_;  // whether batches come in the model's order already
  bool begun_ = false, ahead_ = false;
  int pass_ = 0;
  int64_t pass_step_ = 0;
  Batch given_, arranged_batch_;
};

}  // namespace lamina::detail
