// Projections, dropout and configuration of the gated cells.
#include "lamina/nn/layers/gated_cell.h"

#include <algorithm>

#include "lamina/nn/activations/activation.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

// Places in what prepare gives.
constexpr size_t kInput = 0, kRecurrent = 1;

bool fuses(const std::string& activation) {
  const std::vector<std::string>& known = sequence_activations();
  return std::find(known.begin(), known.end(), activation) != known.end();
}

template <class T>
Json json_of(const Choice<T>& choice) {
  return choice.given() ? choice.get()->serialize() : Json();
}

}  // namespace

GatedCell::GatedCell(const GatedCellArguments& arguments, int gates)
    : RNNCell(arguments.name, arguments.trainable, arguments.dtype), arguments_(arguments), gates_(gates) {}

std::vector<int64_t> GatedCell::state_sizes() const { return {arguments_.units}; }
Json GatedCell::own_config() const { return cell_config(false); }
Shape GatedCell::bias_shape() const { return {gates_ * arguments_.units}; }
Choice<Initializer> GatedCell::bias_initializer() const { return arguments_.bias_initializer; }
Json GatedCell::seed_config() const { return arguments_.seed ? Json(*arguments_.seed) : Json(); }

void GatedCell::check_arguments() {
  arguments_.activation = find_activation(arguments_.activation, *this).name;
  arguments_.recurrent_activation = find_activation(arguments_.recurrent_activation, *this).name;
  if (arguments_.units < 1) fail("units must be positive, received " + std::to_string(arguments_.units));
  for (const auto& [rate, what] : {std::pair<double, const char*>{arguments_.dropout, "dropout"},
                                   {arguments_.recurrent_dropout, "recurrent_dropout"}}) {
    if (!(rate >= 0 && rate <= 1))
      fail(std::string(what) + " must be between 0 and 1, received " + std::to_string(rate));
  }
  require_initializer("kernel_initializer", arguments_.kernel_initializer);
  require_initializer("recurrent_initializer", arguments_.recurrent_initializer);
  require_initializer("bias_initializer", arguments_.bias_initializer);
}

void GatedCell::check_step_input(const Shape& input) const {
  require_rank(input, 2, "(batch, features) in each step");
  if (input[1] < 0) fail("the number of features must be known, received shape " + input.str());
  if (kernel_ && input[1] != kernel_->type.shape[0]) {
    fail("expected " + std::to_string(kernel_->type.shape[0]) + " features, received steps of shape " +
         input.str());
  }
}

void GatedCell::create_weights(const Shape& input) {
  const int64_t units = arguments_.units;
  kernel_ =
      add_weight("kernel", {input[-1], gates_ * units}, arguments_.kernel_initializer,
                 {.regularizer = arguments_.kernel_regularizer, .constraint = arguments_.kernel_constraint});
  recurrent_kernel_ = add_weight(
      "recurrent_kernel", {units, gates_ * units}, arguments_.recurrent_initializer,
      {.regularizer = arguments_.recurrent_regularizer, .constraint = arguments_.recurrent_constraint});
  if (!arguments_.use_bias) return;
  bias_ = add_weight("bias", bias_shape(), bias_initializer(),
                     {.regularizer = arguments_.bias_regularizer, .constraint = arguments_.bias_constraint});
}

std::vector<Tensor> GatedCell::prepare(const Shape& step_input, CallContext& context) const {
  std::vector<Tensor> fixed(2);
  if (!context.training) return fixed;
  // `count` choices of what to keep, one for each gate or one for all.
  const auto choose = [&](double rate, int64_t count, const Shape& of, int64_t number) {
    const Shape shape{count, of[0], of[1]};
    if (rate >= 1) return zeros(shape, compute_dtype());
    const CallContext::Random random = context.random(arguments_.seed);
    const int64_t stream = arguments_.seed ? number : random.stream;
    const Tensor keep = ops::greater_equal(random_uniform(random.key, shape, stream), rate);
    return where(keep, full(shape, 1 / (1 - rate), compute_dtype()), 0.0);
  };
  if (arguments_.dropout > 0) {
    const int64_t count = arguments_.recurrent_dropout > 0 ? gates_ : 1;  // as Keras does
    fixed[kInput] = choose(arguments_.dropout, count, step_input, 0);
  }
  if (arguments_.recurrent_dropout > 0) {
    fixed[kRecurrent] = choose(arguments_.recurrent_dropout, gates_, {step_input[0], arguments_.units}, 1);
  }
  return fixed;
}

Tensor GatedCell::part(const Tensor& all, int gate, int count) const {
  std::vector<int64_t> starts(static_cast<size_t>(all.rank()), 0), stops;
  for (const int64_t extent : all.shape()) stops.push_back(extent);
  starts.back() = gate * arguments_.units;
  stops.back() = (gate + count) * arguments_.units;
  return slice(all, starts, stops);
}

Tensor GatedCell::activate(const Tensor& x) const {
  return find_activation(arguments_.activation).function(x);
}

Tensor GatedCell::gate(const Tensor& x) const {
  return find_activation(arguments_.recurrent_activation).function(x);
}

Tensor GatedCell::input_bias(CallContext& context, DType dtype) const {
  return bias_ ? context.value(bias_, dtype) : Tensor();
}

Tensor GatedCell::project(const Tensor& x, const std::vector<Tensor>& fixed, CallContext& context) const {
  const Tensor kernel = context.value(kernel_, x.dtype());
  Tensor y;
  if (fixed.empty() || !fixed[kInput].defined()) {
    y = matmul(x, kernel);
  } else {
    std::vector<Tensor> parts;
    const int count = static_cast<int>(fixed[kInput].shape()[0]);
    for (int gate = 0; gate < count; ++gate) {
      Tensor keep = index(fixed[kInput], {gate});
      if (x.rank() == 3) keep = expand_dims(keep, 1);
      parts.push_back(matmul(x * keep, count == 1 ? kernel : part(kernel, gate)));
    }
    y = count == 1 ? parts[0] : concatenate(parts, -1);
  }
  const Tensor bias = input_bias(context, x.dtype());
  return bias.defined() ? y + bias : y;
}

Tensor GatedCell::recur(const Tensor& h, const std::vector<Tensor>& fixed, CallContext& context, int first,
                        int count) const {
  const Tensor kernel = context.value(recurrent_kernel_, h.dtype());
  if (fixed.empty() || !fixed[kRecurrent].defined())
    return matmul(h, count == gates_ ? kernel : part(kernel, first, count));
  std::vector<Tensor> parts;
  for (int gate = first; gate < first + count; ++gate)
    parts.push_back(matmul(h * index(fixed[kRecurrent], {gate}), part(kernel, gate)));
  return count == 1 ? parts[0] : concatenate(parts, -1);
}

CellStep GatedCell::run(const CellSequence& sequence, CallContext& context) const {
  if (!fuses(arguments_.activation) || (gates_ > 1 && !fuses(arguments_.recurrent_activation)))
    return RNNCell::run(sequence, context);
  const Tensor& x = sequence.x;
  const std::vector<Tensor> fixed = prepare({x.shape()[0], x.shape()[2]}, context);
  RecurrentOptions options;
  options.activation = arguments_.activation;
  options.recurrent_activation = arguments_.recurrent_activation;
  options.go_backwards = sequence.go_backwards;
  options.return_sequences = sequence.return_sequences;
  options.zero_output_for_mask = sequence.zero_output_for_mask;
  options.reset_after = arguments_.reset_after;
  options.training = context.training;
  options.mask = sequence.mask;
  options.recurrent_dropout = fixed[kRecurrent];
  return fused(project(x, fixed, context), context.value(recurrent_kernel_, x.dtype()), sequence.states,
               options, context);
}

Json GatedCell::head_config() const {
  return Json::object({{"units", arguments_.units}, {"activation", arguments_.activation}});
}

Json GatedCell::weights_config() const {
  return Json::object({{"use_bias", arguments_.use_bias},
                       {"kernel_initializer", json_of(arguments_.kernel_initializer)},
                       {"recurrent_initializer", json_of(arguments_.recurrent_initializer)},
                       {"bias_initializer", json_of(arguments_.bias_initializer)}});
}

Json GatedCell::tail_config(bool of_layer) const {
  Json config = Json::object({{"kernel_regularizer", json_of(arguments_.kernel_regularizer)},
                              {"recurrent_regularizer", json_of(arguments_.recurrent_regularizer)},
                              {"bias_regularizer", json_of(arguments_.bias_regularizer)}});
  if (of_layer) config["activity_regularizer"] = nullptr;  // the layer's, filled in by Layer::config
  config["kernel_constraint"] = json_of(arguments_.kernel_constraint);
  config["recurrent_constraint"] = json_of(arguments_.recurrent_constraint);
  config["bias_constraint"] = json_of(arguments_.bias_constraint);
  config["dropout"] = arguments_.dropout;
  config["recurrent_dropout"] = arguments_.recurrent_dropout;
  return config;
}

namespace detail {

void append_json(Json& config, const Json& more) {
  for (const auto& [key, value] : more.as_object()) config[key] = value;
}

}  // namespace detail
}  // namespace lamina
