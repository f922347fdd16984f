// ForgetBias: the bias that an LSTM begins with. Internal header.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "lamina/nn/initializers/initializer.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"

namespace lamina::detail {

/// A bias of four gates side by side whose second begins with ones: what is there is not forgotten at first.
class ForgetBias final : public Initializer {
 public:
  explicit ForgetBias(std::shared_ptr<const Initializer> others) : others_(std::move(others)) {}
  std::string class_name() const override { return others_->class_name(); }
  Json config() const override { return others_->config(); }
  Tensor operator()(const TensorType& type, uint64_t seed, int stream) const override {
    const int64_t units = type.shape[0] / 4;
    const TensorType one{type.dtype, {units}}, two{type.dtype, {2 * units}};
    return concatenate(
        {(*others_)(one, seed, stream), ones(one.shape, type.dtype), (*others_)(two, seed, stream)}, 0);
  }

 private:
  std::shared_ptr<const Initializer> others_;
};

}  // namespace lamina::detail
