// LayerCall: everything that one call of a layer is given.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensors.h"

namespace lamina {

/// Arguments of a call by keyword, as Keras's layers take them: tensors (`mask`, `initial_state`,
/// `attention_mask`) and plain values (`use_causal_mask`).
///
///   lstm(x, {.tensors = {{"initial_state", {h, c}}}})
struct CallArguments {
  std::vector<std::pair<std::string, std::vector<Tensor>>> tensors = {};
  Json flags = Json::object();  ///< {"use_causal_mask": true}
};

/// One call: the inputs in order and the arguments by keyword.
struct LayerCall {
  std::vector<Tensor> inputs;
  /// Whether the inputs are one argument, a list, as merging layers and models of several inputs take them.
  bool list = false;
  CallArguments arguments = {};

  /// The tensors of that keyword, or nullptr.
  const std::vector<Tensor>* find(std::string_view keyword) const;
  /// The only tensor of that keyword; undefined when it is absent.
  Tensor tensor(std::string_view keyword) const;
  /// The mask of input number `i`: the i-th of keyword "mask"; undefined when there is none.
  Tensor mask(size_t i = 0) const;
  /// Gives a keyword its tensors, in place of what it had.
  void set(const std::string& keyword, std::vector<Tensor> tensors);
  /// The value of a flag, or false.
  bool flag(const std::string& keyword) const;
  /// Every tensor of the call: inputs, then those by keyword; undefined ones left out.
  std::vector<Tensor> all() const;
  /// The call with every defined tensor replaced, in the order of all().
  LayerCall with(const std::vector<Tensor>& tensors) const;
};

}  // namespace lamina
