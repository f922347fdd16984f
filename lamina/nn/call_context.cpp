// What layers see of the pass they are called in.
#include "lamina/nn/call_context.h"

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "lamina/base/error.h"
#include "lamina/core/trace.h"
#include "lamina/nn/detail/another_handle.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/nn/layer.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/slice.h"

namespace lamina {

struct CallContext::Bindings {
  std::unordered_map<const Weight*, Tensor> values;
  std::unordered_set<const Weight*> assigned;
};

struct CallContext::Watch {
  std::set<std::string> names;
  std::vector<std::pair<std::string, Tensor>> reported;
};

CallContext::CallContext(bool is_training) : training(is_training), bindings_(std::make_shared<Bindings>()) {
  const CallContext* const around = detail::Pass::current();
  unmasked_ = around ? around->unmasked_ : std::make_shared<std::map<const void*, Tensor>>();
  watch_ = around ? around->watch_ : std::make_shared<Watch>();
}

CallContext::CallContext(bool is_training, const CallContext& around)
    : training(is_training),
      bindings_(std::make_shared<Bindings>(*around.bindings_)),
      losses_(around.losses_),
      unmasked_(around.unmasked_),
      watch_(around.watch_),
      trainable_layers_(around.trainable_layers_),
      key_(around.key_),
      next_stream_(around.next_stream_) {}

void CallContext::continue_from(CallContext&& part) {
  bindings_ = std::move(part.bindings_);
  losses_ = std::move(part.losses_);
  key_ = std::move(part.key_);
  next_stream_ = part.next_stream_;
}

void CallContext::bind(const Weight& weight, Tensor value) {
  detail::TracedFunction::name(value, weight.path);
  bindings_->values[&weight] = std::move(value);
}

namespace {

const Weight& made(const WeightPtr& weight) {
  if (weight) return *weight;
  throw InvalidArgument(
      "a layer's call uses a weight that was never made: let create_weights set it with add_weight, and use "
      "it only "
      "there and in call");
}

}  // namespace

const Tensor* CallContext::bound(const Weight& weight) const {
  const auto found = bindings_->values.find(&weight);
  return found == bindings_->values.end() ? nullptr : &found->second;
}

bool CallContext::assigned(const Weight& weight) const { return bindings_->assigned.contains(&weight); }

void CallContext::watch(const std::vector<std::string>& names) {
  watch_->names.insert(names.begin(), names.end());
}

bool CallContext::watched(const std::string& name) const { return watch_->names.contains(name); }

void CallContext::report(const std::string& name, const Tensor& value) {
  if (watched(name)) watch_->reported.emplace_back(name, value);
}

std::vector<std::pair<std::string, Tensor>> CallContext::reported() const { return watch_->reported; }

void CallContext::set_key(Tensor key) { key_ = std::move(key); }

Tensor CallContext::value(const WeightPtr& weight) const { return value(made(weight)); }

Tensor CallContext::value(const WeightPtr& weight, DType dtype) const { return value(made(weight), dtype); }

Tensor CallContext::value(const Weight& weight) const {
  if (const Tensor* own = bound(weight)) return *own;
  return detail::Pass::value(*this, weight);
}

void CallContext::assign(const WeightPtr& weight, Tensor value) { assign(made(weight), std::move(value)); }

void CallContext::assign(const Weight& weight, Tensor value) {
  if (value.shape() != weight.type.shape) {
    throw InvalidArgument("weight '" + weight.path + "': assigned shape " + value.shape().str() +
                          ", expected " + weight.type.shape.str());
  }
  if (!bound(weight)) detail::Pass::require_kept(*this, weight);
  bindings_->assigned.insert(&weight);
  bindings_->values[&weight] = cast(value, weight.type.dtype);
}

Tensor CallContext::value(const Weight& weight, DType dtype) const { return cast(value(weight), dtype); }

bool CallContext::trainable(const Layer& layer) const {
  if (trainable_layers_) {
    const auto found = trainable_layers_->find(layer.identity());
    if (found != trainable_layers_->end()) return found->second;
  }
  return layer.trainable();
}

void CallContext::add_loss(const Tensor& loss) {
  if (loss.rank() != 0)
    throw InvalidArgument("add_loss takes a scalar; received shape " + loss.shape().str());
  losses_.push_back(loss);
}

void CallContext::take_mask_away(const Tensor& x) {
  if (mask_of(x).defined()) unmasked_->emplace(x.node().get(), x);
}

Tensor CallContext::as_masked(const Tensor& x) const {
  if (!mask_of(x).defined() || !unmasked_->contains(x.node().get())) return x;
  return detail::another_handle(x);
}

CallContext::Random CallContext::random(std::optional<int64_t> seed) {
  if (!key_.defined()) {
    CallContext* const around = detail::Pass::current();
    if (around && around != this) return around->random(seed);
    key_ = random_key(0);
  }
  const int stream = next_stream_++;
  if (!seed) return {key_, stream};
  const Tensor own = full({1}, static_cast<double>(*seed), DType::kInt64);
  return {concatenate({own, slice(key_, {1}, {2})}, 0), 0};
}

}  // namespace lamina
