// Adafactor.
#include "lamina/nn/optimizers/adafactor.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make_adafactor(const Json& config) {
  ConfigReader reader(config, "Adafactor");
  AdafactorOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_2_decay = reader.number("beta_2_decay", options.beta_2_decay);
  options.epsilon_1 = reader.number("epsilon_1", options.epsilon_1);
  options.epsilon_2 = reader.number("epsilon_2", options.epsilon_2);
  options.clip_threshold = reader.number("clip_threshold", options.clip_threshold);
  options.relative_step = reader.boolean("relative_step", options.relative_step);
  reader.done();
  return std::make_shared<Adafactor>(options);
}

const bool adafactor_registered = Registry<Optimizer>::add("Adafactor", make_adafactor, {"adafactor"});

Tensor root_mean_square(const Tensor& x) { return sqrt(mean(square(x))); }

}  // namespace

Adafactor::Adafactor(AdafactorOptions options)
    : SlotOptimizer("Adafactor", detail::arguments_of(options)),
      beta_2_decay_(options.beta_2_decay),
      epsilon_1_(options.epsilon_1),
      epsilon_2_(options.epsilon_2),
      clip_threshold_(options.clip_threshold),
      relative_step_(options.relative_step) {
  if (!(beta_2_decay_ <= 0)) throw InvalidArgument("Adafactor: beta_2_decay must not be positive");
  if (!(epsilon_1_ >= 0)) throw InvalidArgument("Adafactor: epsilon_1 must not be negative");
  if (!(epsilon_2_ >= 0)) throw InvalidArgument("Adafactor: epsilon_2 must not be negative");
  if (!(clip_threshold_ > 0)) throw InvalidArgument("Adafactor: clip_threshold must be positive");
}

Adafactor::Adafactor(LearningRate learning_rate, AdafactorOptions options)
    : Adafactor(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Adafactor::config() const {
  Json config = common_config();
  config["beta_2_decay"] = beta_2_decay_;
  config["epsilon_1"] = epsilon_1_;
  config["epsilon_2"] = epsilon_2_;
  config["clip_threshold"] = clip_threshold_;
  config["relative_step"] = relative_step_;
  return config;
}

std::vector<std::vector<Adafactor::Slot>> Adafactor::slots_of(const Target& target, size_t) const {
  const Shape& shape = target.type.shape;
  const int rank = shape.rank();
  Slot rows("rows"), columns("columns");
  if (rank < 2) {  // Keras keeps numbers in their places
    rows.shape = columns.shape = Shape{};
    rows.dtype = columns.dtype = DType::kInt32;
    return {{rows, columns, "velocity"}};
  }
  std::vector<int64_t> without_last, without_one_before;
  for (int axis = 0; axis < rank; ++axis) {
    if (axis != rank - 1) without_last.push_back(shape[axis]);
    if (axis != rank - 2) without_one_before.push_back(shape[axis]);
  }
  rows.shape = Shape(without_last);
  columns.shape = Shape(without_one_before);
  return {{rows, columns, "velocity"}};
}

Adafactor::Scalars Adafactor::scalars(const Tensor& learning_rate, const Tensor& step,
                                      std::vector<Tensor>&) const {
  const Tensor root = 1.0 / sqrt(step);
  // A schedule is taken as it is; what follows limits the rate once more in any case.
  const Tensor rate = !schedule() && relative_step_ ? minimum(learning_rate, root) : learning_rate;
  return {minimum(rate, root), 1.0 - power(step, beta_2_decay_)};
}

std::vector<Tensor> Adafactor::step(const Tensor& weight, const Tensor& gradient,
                                    const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const Tensor &rate = scalars[0], &kept = scalars[1];
  const Tensor rest = 1.0 - kept;
  const Tensor squares = square(gradient) + epsilon_1_;
  Tensor rows = slots[0], columns = slots[1], velocity;
  if (weight.rank() < 2) {
    velocity = kept * slots[2] + rest * squares;
  } else {
    rows = kept * rows + rest * mean(squares, {-1});
    columns = kept * columns + rest * mean(squares, {-2});
    velocity = expand_dims(rows / mean(rows, {-1}, true), -1) * expand_dims(columns, -2);
  }
  const Tensor change = gradient / sqrt(velocity);
  const Tensor limited = change / maximum(root_mean_square(change) / clip_threshold_, 1.0);
  const Tensor size = maximum(root_mean_square(weight), epsilon_2_);
  return {weight - size * rate * limited, rows, columns, velocity};
}

}  // namespace lamina
