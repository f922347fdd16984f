// Muon.
#include "lamina/nn/optimizers/muon.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make_muon(const Json& config) {
  ConfigReader reader(config, "Muon");
  MuonOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.adam_beta_1 = reader.number("adam_beta_1", options.adam_beta_1);
  options.adam_beta_2 = reader.number("adam_beta_2", options.adam_beta_2);
  options.epsilon = reader.number("epsilon", options.epsilon);
  options.muon_a = reader.number("muon_a", options.muon_a);
  options.muon_b = reader.number("muon_b", options.muon_b);
  options.muon_c = reader.number("muon_c", options.muon_c);
  options.adam_lr_ratio = reader.number("adam_lr_ratio", options.adam_lr_ratio);
  options.momentum = reader.number("momentum", options.momentum);
  if (config.contains("adam_weight_decay"))
    options.adam_weight_decay = reader.optional_number("adam_weight_decay");
  if (config.contains("rms_rate")) options.rms_rate = reader.optional_number("rms_rate");
  options.ns_steps = reader.integer("ns_steps", options.ns_steps);
  options.nesterov = reader.boolean("nesterov", options.nesterov);
  options.exclude_embeddings = reader.boolean("exclude_embeddings", options.exclude_embeddings);
  if (const Json given = reader.json("exclude_layers"); given.is_list()) {
    for (const Json& text : given.as_list()) {
      if (!text.is_string()) reader.fail("exclude_layers", "must be a list of texts");
      options.exclude_layers.push_back(text.as_string());
    }
  } else if (!given.is_null()) {
    reader.fail("exclude_layers", "must be a list of texts");
  }
  reader.done();
  return std::make_shared<Muon>(options);
}

const bool muon_registered = Registry<Optimizer>::add("Muon", make_muon, {"muon"});

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

Muon::Muon(MuonOptions options)
    : SlotOptimizer("Muon", detail::arguments_of(options)), options_(std::move(options)) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw InvalidArgument(std::string("Muon: ") + what);
  };
  const auto is_decay = [](double x) { return x >= 0 && x < 1; };
  require(is_decay(options_.adam_beta_1), "adam_beta_1 must lie in [0, 1)");
  require(is_decay(options_.adam_beta_2), "adam_beta_2 must lie in [0, 1)");
  require(options_.epsilon >= 0, "epsilon must not be negative");
  require(options_.momentum >= 0 && options_.momentum <= 1, "momentum must lie in [0, 1]");
  require(options_.ns_steps >= 0 && options_.ns_steps <= 100, "ns_steps must be from 0 to 100");
  require(options_.adam_weight_decay.value_or(0) >= 0, "adam_weight_decay must not be negative");
  for (const std::string& text : options_.exclude_layers) {
    if (text.find_first_of(".*+?()[]{}|^$\\") == std::string::npos) continue;
    throw Unsupported("Muon: exclude_layers '" + text +
                      "' is a regular expression, and here they are texts that paths contain");
  }
}

Muon::Muon(LearningRate learning_rate, MuonOptions options)
    : Muon(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Muon::config() const {
  Json excluded = Json::list({});
  for (const std::string& text : options_.exclude_layers) excluded.push_back(text);
  Json config = common_config();
  config["adam_beta_1"] = options_.adam_beta_1;
  config["adam_beta_2"] = options_.adam_beta_2;
  config["epsilon"] = options_.epsilon;
  config["exclude_layers"] = excluded;
  config["muon_a"] = options_.muon_a;
  config["muon_b"] = options_.muon_b;
  config["muon_c"] = options_.muon_c;
  config["adam_lr_ratio"] = options_.adam_lr_ratio;
  config["momentum"] = options_.momentum;
  config["ns_steps"] = options_.ns_steps;
  config["nesterov"] = options_.nesterov;
  config["exclude_embeddings"] = options_.exclude_embeddings;
  config["adam_weight_decay"] = options_.adam_weight_decay ? Json(*options_.adam_weight_decay) : Json();
  config["rms_rate"] = options_.rms_rate ? Json(*options_.rms_rate) : Json();
  return config;
}

bool Muon::by_adam(const Target& target) const {
  if (target.type.shape.rank() != 2) return true;
  if (options_.exclude_embeddings && lower(target.path).find("embedding") != std::string::npos) return true;
  return std::any_of(options_.exclude_layers.begin(), options_.exclude_layers.end(),
                     [&](const std::string& text) { return target.path.find(text) != std::string::npos; });
}

std::shared_ptr<const Optimizer> Muon::for_targets(std::span<const Target> targets) const {
  auto bound = std::make_shared<Muon>(*this);
  bound->adams_.clear();
  for (const Target& target : targets) bound->adams_.push_back(by_adam(target));
  return bound;
}

std::vector<std::vector<Muon::Slot>> Muon::slots_of(const Target& target, size_t index) const {
  const bool adam = index < adams_.size() ? adams_[index] : by_adam(target);
  if (adam) return {{"momentum", "velocity"}};
  return {{"momentum"}};
}

std::optional<double> Muon::decay_of(const TensorType& type, size_t index) const {
  const bool adam = index < adams_.size() ? adams_[index] : by_adam({"", type});
  return adam ? options_.adam_weight_decay : options_.weight_decay;
}

Muon::Scalars Muon::scalars(const Tensor& learning_rate, const Tensor& step, std::vector<Tensor>&) const {
  const Tensor power_1 = power(full({}, options_.adam_beta_1), step);
  const Tensor power_2 = power(full({}, options_.adam_beta_2), step);
  return {learning_rate, learning_rate * options_.adam_lr_ratio * sqrt(1.0 - power_2) / (1.0 - power_1)};
}

// The nearest orthogonal matrix, roughly: a polynomial applied to singular values pushes them towards 1.
Tensor Muon::orthogonal(const Tensor& given) const {
  const bool tall = given.shape()[0] > given.shape()[1];
  Tensor x = tall ? transpose(given) : given;
  x = x / (sqrt(sum(square(x))) + 1e-7);
  for (int64_t i = 0; i < options_.ns_steps; ++i) {
    const Tensor a = matmul(x, transpose(x));
    x = x * options_.muon_a + matmul(a * options_.muon_b + matmul(a * options_.muon_c, a), x);
  }
  return tall ? transpose(x) : x;
}

std::vector<Tensor> Muon::step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                               const Scalars& scalars) const {
  if (slots.size() == 2) {
    const Tensor momentum = slots[0] + (gradient - slots[0]) * (1 - options_.adam_beta_1);
    const Tensor velocity = slots[1] + (square(gradient) - slots[1]) * (1 - options_.adam_beta_2);
    return {weight - momentum * scalars[1] / (sqrt(velocity) + options_.epsilon), momentum, velocity};
  }
  const Tensor momentum = slots[0] * options_.momentum + gradient;
  Tensor update =
      orthogonal(options_.nesterov ? gradient + momentum * options_.momentum : momentum) * scalars[0];
  if (options_.rms_rate) {
    const auto longest = static_cast<double>(std::max(weight.shape()[0], weight.shape()[1]));
    update = update * (std::sqrt(longest) * *options_.rms_rate);
  }
  return {weight - update, momentum};
}

}  // namespace lamina
