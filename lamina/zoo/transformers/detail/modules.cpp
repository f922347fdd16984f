// Parameters are made when a module is built; what modules compute is a line each.
#include "lamina/zoo/transformers/detail/modules.h"

#include <utility>

#include "lamina/nn/detail/dropped.h"
#include "lamina/nn/initializers/random.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/normalization.h"
#include "lamina/ops/take.h"

namespace lamina::detail {
namespace {

std::vector<Module::Parameter> linear_parameters(int64_t inputs, int64_t outputs, bool bias,
                                                 double deviation) {
  std::vector<Module::Parameter> all{{"weight", {outputs, inputs}, RandomNormal({.stddev = deviation})}};
  if (bias) all.push_back({"bias", {outputs}, "zeros"});
  return all;
}

std::vector<Module::Parameter> norm_parameters(int64_t width, bool bias) {
  std::vector<Module::Parameter> all{{"weight", {width}, "ones"}};
  if (bias) all.push_back({"bias", {width}, "zeros"});
  return all;
}

}  // namespace

Module::Module(const std::string& name, std::vector<Parameter> parameters)
    : Layer(name, true), parameters_(std::move(parameters)) {}

std::vector<Tensor> Module::forward(const LayerCall&, CallContext&) const {
  fail("is a part of a model and has no call of its own");
}

void Module::create_weights_for(const TensorSpecs&) {
  weights_.clear();
  for (const Parameter& parameter : parameters_)
    weights_.push_back(add_weight(parameter.name, parameter.shape, parameter.first));
}

Tensor Module::value(size_t i, const CallContext& context) const {
  return context.value(weights_.at(i), compute_dtype());
}

void Product::adapt(std::shared_ptr<Linear> a, std::shared_ptr<Linear> b, double scale, double dropout) {
  a_ = std::move(a);
  b_ = std::move(b);
  scale_ = scale;
  dropout_ = dropout;
}

Tensor Product::adapted(const Tensor& product, const Tensor& x, CallContext& context) const {
  if (!a_) return product;
  return product + (*b_)((*a_)(drop(x, dropout_, context), context), context) * scale_;
}

void Product::merge() {
  if (!a_) return;
  const Tensor &a = a_->own_weights().at(0)->value, &b = b_->own_weights().at(0)->value;
  const Tensor added = (input_major() ? matmul(a, b, true, true) : matmul(b, a)) * scale_;
  const WeightPtr& weight = own_weights().at(0);
  weight->assign(weight->value + added);
  adapt(nullptr, nullptr, 1, 0);
}

Linear::Linear(const std::string& name, int64_t inputs, int64_t outputs, bool bias, double deviation)
    : Product(name, linear_parameters(inputs, outputs, bias, deviation)), bias_(bias) {}

Tensor Linear::operator()(const Tensor& x, CallContext& context) const {
  const Tensor product = matmul(x, value(0, context), false, true);
  return adapted(bias_ ? product + value(1, context) : product, x, context);
}

InputMajorLinear::InputMajorLinear(const std::string& name, int64_t inputs, int64_t outputs, double deviation)
    : Product(name, {{"weight", {inputs, outputs}, RandomNormal({.stddev = deviation})},
                     {"bias", {outputs}, "zeros"}}) {}

Tensor InputMajorLinear::operator()(const Tensor& x, CallContext& context) const {
  return adapted(matmul(x, value(0, context)) + value(1, context), x, context);
}

Bias::Bias(const std::string& name, const Shape& shape) : Module(name, {{"bias", shape, "zeros"}}) {}

TokenTable::TokenTable(const std::string& name, int64_t rows, int64_t width, double deviation)
    : Module(name, linear_parameters(width, rows, false, deviation)) {}

Tensor TokenTable::operator()(const Tensor& ids, const CallContext& context) const {
  return embedding_lookup(value(0, context), ids);
}

Tensor TokenTable::scores(const Tensor& x, const CallContext& context) const {
  return matmul(x, value(0, context), false, true);
}

Norm::Norm(const std::string& name, int64_t width, Kind kind, double epsilon)
    : Module(name, norm_parameters(width, kind == Kind::kLayer)), kind_(kind), epsilon_(epsilon) {}

Tensor Norm::operator()(const Tensor& x, const CallContext& context) const {
  if (kind_ == Kind::kRootMeanSquare) return rms_normalization(x, value(0, context), -1, epsilon_);
  return layer_normalization(x, value(0, context), value(1, context), -1, epsilon_);
}

ModuleScope ModuleScope::operator/(const std::string& name) const {
  ModuleScope below = *this;
  below.prefix_ = full(name);
  return below;
}

ModuleScope ModuleScope::drawn(double deviation) const {
  ModuleScope same = *this;
  same.deviation_ = deviation;
  return same;
}

std::shared_ptr<Linear> ModuleScope::linear(const std::string& name, int64_t inputs, int64_t outputs,
                                            bool bias) const {
  return made(std::make_shared<Linear>(full(name), inputs, outputs, bias, deviation_));
}

std::shared_ptr<InputMajorLinear> ModuleScope::input_major_linear(const std::string& name, int64_t inputs,
                                                                  int64_t outputs) const {
  return made(std::make_shared<InputMajorLinear>(full(name), inputs, outputs, deviation_));
}

std::shared_ptr<Bias> ModuleScope::bias(const std::string& name, const Shape& shape) const {
  return made(std::make_shared<Bias>(full(name), shape));
}

std::shared_ptr<TokenTable> ModuleScope::table(const std::string& name, int64_t rows, int64_t width) const {
  return made(std::make_shared<TokenTable>(full(name), rows, width, deviation_));
}

std::shared_ptr<Norm> ModuleScope::norm(const std::string& name, int64_t width, Norm::Kind kind,
                                        double epsilon) const {
  return made(std::make_shared<Norm>(full(name), width, kind, epsilon));
}

Tensor drop(const Tensor& x, double rate, CallContext& context) {
  if (!context.training || rate == 0) return x;
  return dropped(x, rate, context.random(), x.shape());
}

}  // namespace lamina::detail
