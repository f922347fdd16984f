// The stack of passes of a thread.
#include "lamina/nn/detail/pass.h"

#include "lamina/base/error.h"
#include "lamina/core/trace.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/model.h"

namespace lamina::detail {
namespace {

thread_local Pass* innermost_pass = nullptr;

std::string described(const Layer& layer) {
  return "'" + (layer.path().empty() ? layer.name() : layer.path()) + "' (" + layer.class_name() + ")";
}

}  // namespace

Pass::Pass(CallContext& context, const Layer& layer)
    : context_(context), layer_(&layer), traced_(TracedFunction::current()), outer_(innermost_pass) {
  innermost_pass = this;
  if (OpScope::wanted()) place_.emplace("layer " + described(layer));
}

Pass::Pass(CallContext& context, const Model* model, std::string name, bool own_call)
    : context_(context),
      model_(model),
      name_(std::move(name)),
      root_(true),
      own_call_(own_call),
      traced_(TracedFunction::current()),
      outer_(innermost_pass) {
  innermost_pass = this;
}

Pass::~Pass() { innermost_pass = outer_; }

const Pass* Pass::innermost() {
  const bool visible = innermost_pass && innermost_pass->traced_ == TracedFunction::current();
  return visible ? innermost_pass : nullptr;
}

CallContext* Pass::current() {
  const Pass* pass = innermost();
  return pass ? &pass->context_ : nullptr;
}

bool Pass::mode() {
  const Pass* pass = innermost();
  return pass && !pass->root_ && pass->context_.training;
}

Tensor Pass::value(const CallContext& context, const Weight& weight) {
  const Pass* const inner = innermost();
  bool own_call = false;
  for (const Pass* pass = inner; pass && pass->traced_ == inner->traced_; pass = pass->outer_) {
    if (&pass->context_ != &context) {
      if (const Tensor* bound = pass->context_.bound(weight)) return *bound;
    }
    if (pass->root_) {
      own_call = own_call || pass->own_call_;
      const bool trained = weight.trainable && inner->layer_ && context.trainable(*inner->layer_);
      if (own_call && trained) inner->refuse(weight, *pass);
      break;
    }
    const Pass* root = pass->outer_;
    while (root && !root->root_) root = root->outer_;
    own_call = own_call || (root && root->model_ && root->model_->identity() == pass->layer_->identity());
  }
  return weight.value;
}

void Pass::require_kept(const CallContext& context, const Weight& weight) {
  const Pass* const inner = innermost();
  for (const Pass* pass = inner; pass && pass->traced_ == inner->traced_; pass = pass->outer_) {
    if (&pass->context_ != &context && pass->context_.bound(weight)) return;
    if (pass->root_) inner->refuse(weight, *pass);
  }
}

void Pass::refuse(const Weight& weight, const Pass& root) const {
  const std::string layer = layer_ ? "layer " + described(*layer_) + ": " : "";
  const std::string what = layer + "its weight '" + weight.path + "' is none of the weights of model '" +
                           root.name_ + "', which calls it: neither training nor files would know it. ";
  if (layer_ && root.model_ && holds(*root.model_, layer_->identity())) {
    throw InvalidArgument(what +
                          "It was made after the model counted its weights: build the layer with the model, "
                          "in create_weights or by a call in the model's own call");
  }
  throw InvalidArgument(what +
                        "Let the constructor of the layer that calls it track() it, or, where it is to stay "
                        "as it is, call set_trainable(false) on it");
}

}  // namespace lamina::detail
