// A recurrent cell as a user writes one: it adds what it sees, and a learned share of it.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layers/layers.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/matmul.h"

namespace lamina::test {

class AddingCell final : public LayerOf<AddingCell, RNNCell> {
 public:
  explicit AddingCell(int64_t width) : width_(width) {}
  std::string class_name() const override { return "AddingCell"; }
  std::vector<int64_t> state_sizes() const override { return {width_}; }
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>&,
                     CallContext& context) const override {
    const Tensor sum = states[0] + matmul(x, context.value(share_));
    return {sum * 2.0, {sum}};
  }

 protected:
  void create_weights(const Shape& input) override {
    share_ = add_weight("share", {input[1], width_}, "ones");
  }

 private:
  int64_t width_;
  WeightPtr share_;
};

}  // namespace lamina::test
