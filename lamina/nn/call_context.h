// CallContext: what a layer's call may know and change, so that it stays a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lamina/nn/weight.h"

namespace lamina {

/// One pass through the layers. While a step is traced, weights stand for tensors of the trace and
/// assignments are collected; outside of a trace a weight stands for its value.
class CallContext {
 public:
  explicit CallContext(bool is_training = false);

  /// Whether this pass trains: Dropout drops and BatchNormalization takes the batch's statistics.
  const bool training;

  /// The tensor that `weight` stands for in this pass.
  Tensor value(const Weight& weight) const;
  /// Gives a non-trainable weight a new value for after this pass (moving statistics).
  void assign(const Weight& weight, Tensor value);

  /// What random ops take: `key` is int64[2], `stream` tells this use from all others of the pass.
  struct Random {
    Tensor key;
    int stream = 0;
  };
  /// A fresh source of random numbers. With a `seed`, one that does not depend on the model's seed.
  Random random(std::optional<int64_t> seed = std::nullopt);

  // For the trainer: binds weights to tensors of the trace and collects what was assigned.
  void bind(const Weight& weight, Tensor value);
  void set_key(Tensor key) { key_ = std::move(key); }

 private:
  std::unordered_map<const Weight*, Tensor> values_;
  Tensor key_;
  int next_stream_ = 0;
};

}  // namespace lamina
