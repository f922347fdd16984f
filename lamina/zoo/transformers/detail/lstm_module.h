// LstmModule: a layer of LSTM among the modules of language models. Internal header.
#pragma once

#include <string>

#include "lamina/ops/recurrent.h"
#include "lamina/zoo/transformers/detail/modules.h"

namespace lamina::detail {

/// The weights, names and order of gates of Keras's LSTM: kernel (inputs, 4 units), recurrent_kernel
/// (units, 4 units), bias (4 units).
class LstmModule final : public Module {
 public:
  LstmModule(const std::string& name, int64_t inputs, int64_t units);
  std::string class_name() const override { return "LstmModule"; }
  int64_t units() const { return parameters()[1].shape[0]; }
  /// Over x (rows, tokens, inputs) from the states h and c (rows, units) on. Steps where `mask` is false
  /// change nothing.
  /// @param go_backwards  the last token first; outputs stand where their tokens do either way
  RecurrentResult operator()(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& mask,
                             const CallContext& context, bool go_backwards = false) const;
  /// The same from states of zeros on.
  RecurrentResult from_zeros(const Tensor& x, const Tensor& mask, const CallContext& context,
                             bool go_backwards = false) const;
};

}  // namespace lamina::detail
