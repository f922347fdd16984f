// LSTM: four gates, two states.
#include "lamina/nn/layers/lstm.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/forget_bias.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/ops/binary.h"

namespace lamina {

LSTMCell::LSTMCell(const GatedCellArguments& arguments) : KerasLayer<LSTMCell, GatedCell>(arguments, 4) {
  check_arguments();
}

LSTMCell::LSTMCell(int64_t units, const LSTMCellOptions& options)
    : LSTMCell(detail::gated_cell_arguments(units, options)) {}

std::vector<int64_t> LSTMCell::state_sizes() const { return {arguments_.units, arguments_.units}; }

Choice<Initializer> LSTMCell::bias_initializer() const {
  if (!arguments_.unit_forget_bias) return arguments_.bias_initializer;
  return detail::ForgetBias(arguments_.bias_initializer.get());
}

CellStep LSTMCell::call_step(const Tensor& x, const std::vector<Tensor>& states,
                             const std::vector<Tensor>& fixed, CallContext& context) const {
  const Tensor all = project(x, fixed, context) + recur(states.at(0), fixed, context, 0, 4);
  const Tensor i = gate(part(all, 0));
  const Tensor f = gate(part(all, 1));
  const Tensor c = f * states.at(1) + i * activate(part(all, 2));
  const Tensor h = gate(part(all, 3)) * activate(c);
  return {h, {h, c}};
}

CellStep LSTMCell::fused(const Tensor& x, const Tensor& recurrent_kernel, const std::vector<Tensor>& states,
                         const RecurrentOptions& options, CallContext&) const {
  const RecurrentResult result = lstm_sequence(x, recurrent_kernel, states.at(0), states.at(1), options);
  return {result.output, {result.h, result.c}};
}

Json LSTMCell::cell_config(bool of_layer) const {
  Json config = head_config();
  config["recurrent_activation"] = arguments_.recurrent_activation;
  if (!of_layer) {  // Keras's cell writes it further to the front than its layer
    config["use_bias"] = arguments_.use_bias;
    config["unit_forget_bias"] = arguments_.unit_forget_bias;
  }
  detail::append_json(config, weights_config());
  config["unit_forget_bias"] = arguments_.unit_forget_bias;
  detail::append_json(config, tail_config(of_layer));
  config["seed"] = seed_config();
  return config;
}

LSTM::LSTM(int64_t units, const LSTMOptions& options)
    : KerasLayer<LSTM, RecurrentLayer>(
          std::make_shared<LSTMCell>(detail::inner_cell_arguments(units, options, "lstm_cell")),
          detail::recurrent_arguments(options)) {
  set_activity_regularizer(options.activity_regularizer);
}

std::array<Tensor, 3> LSTM::call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                            std::optional<bool> training) const {
  return detail::in_pass(training,
                         [&](CallContext& context) { return call_with_state(x, initial_state, context); });
}

std::array<Tensor, 3> LSTM::call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                            CallContext& context) const {
  return with_state<3>(x, initial_state, context);
}

Json LSTM::own_config() const {
  Json config = RecurrentLayer::own_config();
  detail::append_json(config, static_cast<const LSTMCell&>(cell()).cell_config(true));
  return config;
}

namespace {

const bool cell_registered = register_layer("LSTMCell", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "LSTMCell");
  LSTMCellOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t units = reader.integer("units");
  detail::read_gated_cell(reader, options);
  reader.done();
  return std::make_shared<LSTMCell>(units, options);
});

const bool lstm_registered = register_layer("LSTM", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "LSTM");
  LSTMOptions options;
  detail::read_recurrent_arguments(reader, options);
  const int64_t units = reader.integer("units");
  detail::read_gated_cell(reader, options);
  reader.done();
  return std::make_shared<LSTM>(units, options);
});

}  // namespace

}  // namespace lamina
