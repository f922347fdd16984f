// Pass: the passes through layers that a thread is in. Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/core/op_scope.h"
#include "lamina/nn/call_context.h"

namespace lamina {

class Layer;
class Model;

namespace detail {

/// While it lives, this thread runs layers in `context`: what is called without a context of its own takes
/// part in that pass, and what a context of its own does not know of weights is asked of the passes around.
class Pass {
 public:
  /// `layer` runs.
  Pass(CallContext& context, const Layer& layer);
  /// A function of the weights that `context` binds is traced for `model`, which is called `name`. From the
  /// model's own call on, and from the beginning with `own_call`, no trainable weight may be missing there.
  Pass(CallContext& context, const Model* model, std::string name, bool own_call = false);
  ~Pass();
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  /// The innermost pass of the function that is traced, if any is; null outside of passes.
  static CallContext* current();
  /// The mode of a call that does not say one: that of the layer around, or false, as in Keras.
  static bool mode();
  /// What `weight`, which `context` itself does not bind, stands for. Throws InvalidArgument for a weight
  /// that is trainable and none of those of the model that is traced: it would be a constant of the program.
  static Tensor value(const CallContext& context, const Weight& weight);
  /// Throws InvalidArgument when a new value of `weight` would be lost, since the model that is traced does
  /// not have it.
  static void require_kept(const CallContext& context, const Weight& weight);

 private:
  static const Pass* innermost();
  [[noreturn]] void refuse(const Weight& weight, const Pass& root) const;

  CallContext& context_;
  const Layer* const layer_ = nullptr;  ///< that runs; null where a function is traced
  const Model* const model_ = nullptr;
  const std::string name_;
  const bool root_ = false, own_call_ = false;
  std::optional<OpScope> place_;  ///< of what the layer records
  const uint64_t traced_;         ///< which function: a compiled one within it is another program
  Pass* const outer_;
};

/// Runs `f(CallContext&)` as part of the pass that this thread is in, or, outside of any, in one of its own.
/// `training` absent: Pass::mode().
template <class F>
auto in_pass(std::optional<bool> training, F&& f) {
  CallContext* const around = Pass::current();
  if (!around) {
    CallContext own(training.value_or(false));
    return f(own);
  }
  const bool mode = training.value_or(Pass::mode());
  if (mode == around->training) return f(*around);
  CallContext other(mode, *around);
  auto results = f(other);
  around->continue_from(std::move(other));
  return results;
}

}  // namespace detail
}  // namespace lamina
