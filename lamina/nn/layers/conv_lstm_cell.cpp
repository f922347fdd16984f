// ConvLSTMCell.
#include "lamina/nn/layers/conv_lstm_cell.h"

#include <algorithm>

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/detail/forget_bias.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/conv3d.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

constexpr int kGates = 4;
constexpr size_t kInput = 0, kRecurrent = 1;  // places in what prepare gives

std::vector<int64_t> for_axes(const std::vector<int64_t>& given, size_t axes) {
  if (given.empty()) return std::vector<int64_t>(axes, 1);
  return given.size() == 1 ? std::vector<int64_t>(axes, given[0]) : given;
}

Json list_json(const std::vector<int64_t>& values) {
  Json list = Json::list();
  for (const int64_t value : values) list.push_back(value);
  return list;
}

Tensor gate_of(const Tensor& all, int gate) {
  std::vector<int64_t> starts(static_cast<size_t>(all.rank()), 0), stops;
  for (const int64_t extent : all.shape()) stops.push_back(extent);
  starts.back() = gate * stops.back() / kGates;
  stops.back() = (gate + 1) * stops.back() / kGates;
  return slice(all, starts, stops);
}

}  // namespace

ConvLSTMCell::ConvLSTMCell(int64_t filters, std::vector<int64_t> kernel_size, ConvLSTMOptions options)
    : KerasLayer<ConvLSTMCell, RNNCell>("conv_lstm_cell", options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(std::move(kernel_size)),
      strides_(for_axes(options.strides, kernel_size_.size())),
      dilations_(for_axes(options.dilation_rate, kernel_size_.size())),
      options_(std::move(options)) {
  options_.activation = find_activation(options_.activation, *this).name;
  options_.recurrent_activation = find_activation(options_.recurrent_activation, *this).name;
  if (filters_ < 1) fail("filters must be positive, received " + std::to_string(filters_));
  const std::pair<const char*, const std::vector<int64_t>&> windows[] = {
      {"kernel_size", kernel_size_}, {"strides", strides_}, {"dilation_rate", dilations_}};
  for (const auto& [what, values] : windows) {
    if (values.size() != kernel_size_.size()) {
      fail(std::string(what) + " must be one number or " + std::to_string(kernel_size_.size()) +
           ", received " + std::to_string(values.size()));
    }
    for (const int64_t value : values) {
      if (const std::string error = detail::window_error(what, {value, 1}); !error.empty()) fail(error);
    }
  }
  if (const std::string error = detail::padding_error(options_.padding); !error.empty()) fail(error);
  const auto beyond_1 = [](int64_t value) { return value > 1; };
  if (std::any_of(strides_.begin(), strides_.end(), beyond_1) &&
      std::any_of(dilations_.begin(), dilations_.end(), beyond_1))
    fail("strides and dilation_rate cannot both be above 1");
  const std::pair<const char*, double> rates[] = {{"dropout", options_.dropout},
                                                  {"recurrent_dropout", options_.recurrent_dropout}};
  for (const auto& [what, rate] : rates) {
    if (!(rate >= 0 && rate <= 1))
      fail(std::string(what) + " must be between 0 and 1, received " + std::to_string(rate));
  }
  require_initializer("kernel_initializer", options_.kernel_initializer);
  require_initializer("recurrent_initializer", options_.recurrent_initializer);
  require_initializer("bias_initializer", options_.bias_initializer);
}

Shape ConvLSTMCell::step_output_shape(const Shape& step_input) const {
  Shape output;
  for (size_t i = 0; i < kernel_size_.size(); ++i) {
    output.push_back(detail::num_windows(step_input[static_cast<int>(i) + 1], kernel_size_[i], strides_[i],
                                         dilations_[i], options_.padding));
  }
  output.push_back(filters_);
  return output;
}

std::vector<Shape> ConvLSTMCell::state_shapes(const Shape& step_input) const {
  return {2, step_output_shape(step_input)};
}

void ConvLSTMCell::check_step_input(const Shape& input) const {
  static const char* const kLayouts[] = {"(batch, steps, channels) in each step",
                                         "(batch, height, width, channels) in each step",
                                         "(batch, depth, height, width, channels) in each step"};
  require_rank(input, axes() + 2, kLayouts[axes() - 1]);
  for (int axis = 1; axis < input.rank(); ++axis) {
    if (input[axis] < 0)
      fail("all axes but batch and time must be known, received steps of shape " + input.str());
  }
  if (kernel_ && input[-1] != kernel_->type.shape[-2]) {
    fail("expected " + std::to_string(kernel_->type.shape[-2]) + " channels, received steps of shape " +
         input.str());
  }
  for (const int64_t extent : step_output_shape(input)) {
    if (extent < 1) fail("the window does not fit into steps of shape " + input.str());
  }
}

void ConvLSTMCell::create_weights(const Shape& input) {
  Shape kernel, recurrent;
  for (const int64_t extent : kernel_size_) {
    kernel.push_back(extent);
    recurrent.push_back(extent);
  }
  kernel.push_back(input[-1]);
  recurrent.push_back(filters_);
  for (Shape* shape : {&kernel, &recurrent}) shape->push_back(kGates * filters_);
  kernel_ =
      add_weight("kernel", kernel, options_.kernel_initializer,
                 {.regularizer = options_.kernel_regularizer, .constraint = options_.kernel_constraint});
  recurrent_kernel_ = add_weight(
      "recurrent_kernel", recurrent, options_.recurrent_initializer,
      {.regularizer = options_.recurrent_regularizer, .constraint = options_.recurrent_constraint});
  if (!options_.use_bias) return;
  Choice<Initializer> initializer = options_.bias_initializer;
  if (options_.unit_forget_bias) initializer = detail::ForgetBias(options_.bias_initializer.get());
  bias_ = add_weight("bias", {kGates * filters_}, initializer,
                     {.regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

std::vector<Tensor> ConvLSTMCell::prepare(const Shape& step_input, CallContext& context) const {
  std::vector<Tensor> fixed(2);
  if (!context.training) return fixed;
  // What to keep, one choice for each gate.
  const auto choose = [&](double rate, const Shape& of, int64_t number) {
    const Shape shape = detail::batches_of(kGates, of);
    if (rate >= 1) return ones(shape, compute_dtype());  // as Keras, which then drops nothing
    const CallContext::Random random = context.random(options_.seed);
    const Tensor chance = random_uniform(random.key, shape, options_.seed ? number : random.stream);
    return where(ops::greater_equal(chance, rate), full(shape, 1 / (1 - rate), compute_dtype()), 0.0);
  };
  if (options_.dropout > 0) fixed[kInput] = choose(options_.dropout, step_input, 0);
  if (options_.recurrent_dropout > 0) {
    fixed[kRecurrent] = choose(options_.recurrent_dropout,
                               detail::batches_of(step_input[0], step_output_shape(step_input)), 1);
  }
  return fixed;
}

Tensor ConvLSTMCell::convolve(const Tensor& x, const Tensor& kernel, const Tensor& kept,
                              const std::vector<int64_t>& strides, const std::string& padding,
                              const std::vector<int64_t>& dilations) const {
  if (kept.defined()) {
    std::vector<Tensor> gates;
    for (int gate = 0; gate < kGates; ++gate)
      gates.push_back(
          convolve(x * index(kept, {gate}), gate_of(kernel, gate), {}, strides, padding, dilations));
    return concatenate(gates, -1);
  }
  switch (axes()) {
    case 1:
      return conv1d(x, kernel, {.stride = strides[0], .padding = padding, .dilation = dilations[0]});
    case 2:
      return conv2d(x, kernel, {.strides = strides, .padding = padding, .dilations = dilations});
    default:
      return conv3d(x, kernel, {.strides = strides, .padding = padding, .dilations = dilations});
  }
}

CellStep ConvLSTMCell::call_step(const Tensor& x, const std::vector<Tensor>& states,
                                 const std::vector<Tensor>& fixed, CallContext& context) const {
  const Tensor kept = fixed.empty() ? Tensor() : fixed[kInput];
  const Tensor kept_state = fixed.empty() ? Tensor() : fixed[kRecurrent];
  const std::vector<int64_t> one(kernel_size_.size(), 1);
  Tensor all = convolve(x, context.value(kernel_, x.dtype()), kept, strides_, options_.padding, dilations_);
  if (bias_) all = all + context.value(bias_, x.dtype());
  all =
      all + convolve(states.at(0), context.value(recurrent_kernel_, x.dtype()), kept_state, one, "same", one);
  const auto gate = find_activation(options_.recurrent_activation).function;
  const auto activate = find_activation(options_.activation).function;
  const Tensor c = gate(gate_of(all, 1)) * states.at(1) + gate(gate_of(all, 0)) * activate(gate_of(all, 2));
  const Tensor h = gate(gate_of(all, 3)) * activate(c);
  return {h, {h, c}};
}

Json ConvLSTMCell::own_config() const {
  const auto choice = [](const auto& given) { return detail::choice_json(given); };
  return Json::object({{"filters", filters_},
                       {"kernel_size", list_json(kernel_size_)},
                       {"strides", list_json(strides_)},
                       {"padding", options_.padding},
                       {"data_format", "channels_last"},
                       {"dilation_rate", list_json(dilations_)},
                       {"activation", options_.activation},
                       {"recurrent_activation", options_.recurrent_activation},
                       {"use_bias", options_.use_bias},
                       {"kernel_initializer", choice(options_.kernel_initializer)},
                       {"recurrent_initializer", choice(options_.recurrent_initializer)},
                       {"bias_initializer", choice(options_.bias_initializer)},
                       {"unit_forget_bias", options_.unit_forget_bias},
                       {"kernel_regularizer", choice(options_.kernel_regularizer)},
                       {"recurrent_regularizer", choice(options_.recurrent_regularizer)},
                       {"bias_regularizer", choice(options_.bias_regularizer)},
                       {"activity_regularizer", nullptr},  // the layer's, filled in by Layer::config
                       {"kernel_constraint", choice(options_.kernel_constraint)},
                       {"recurrent_constraint", choice(options_.recurrent_constraint)},
                       {"bias_constraint", choice(options_.bias_constraint)},
                       {"dropout", options_.dropout},
                       {"recurrent_dropout", options_.recurrent_dropout},
                       {"seed", options_.seed ? Json(*options_.seed) : Json()}});
}

}  // namespace lamina
