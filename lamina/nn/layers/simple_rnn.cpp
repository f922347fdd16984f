// SimpleRNN: the output is the state.
#include "lamina/nn/layers/simple_rnn.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/ops/binary.h"

namespace lamina {

SimpleRNNCell::SimpleRNNCell(const GatedCellArguments& arguments)
    : KerasLayer<SimpleRNNCell, GatedCell>(arguments, 1) {
  check_arguments();
}

SimpleRNNCell::SimpleRNNCell(int64_t units, const SimpleRNNCellOptions& options)
    : SimpleRNNCell(detail::gated_cell_arguments(units, options)) {}

CellStep SimpleRNNCell::call_step(const Tensor& x, const std::vector<Tensor>& states,
                                  const std::vector<Tensor>& fixed, CallContext& context) const {
  const Tensor h = activate(project(x, fixed, context) + recur(states.at(0), fixed, context, 0, 1));
  return {h, {h}};
}

CellStep SimpleRNNCell::fused(const Tensor& x, const Tensor& recurrent_kernel,
                              const std::vector<Tensor>& states, const RecurrentOptions& options,
                              CallContext&) const {
  const RecurrentResult result = simple_rnn_sequence(x, recurrent_kernel, states.at(0), options);
  return {result.output, {result.h}};
}

Json SimpleRNNCell::cell_config(bool of_layer) const {
  Json config = head_config();
  detail::append_json(config, weights_config());
  detail::append_json(config, tail_config(of_layer));
  if (!of_layer) config["seed"] = seed_config();  // Keras's layer does not write it
  return config;
}

SimpleRNN::SimpleRNN(int64_t units, const SimpleRNNOptions& options)
    : KerasLayer<SimpleRNN, RecurrentLayer>(
          std::make_shared<SimpleRNNCell>(detail::inner_cell_arguments(units, options, "simple_rnn_cell")),
          detail::recurrent_arguments(options)) {
  set_activity_regularizer(options.activity_regularizer);
}

std::array<Tensor, 2> SimpleRNN::call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                                 std::optional<bool> training) const {
  return detail::in_pass(training,
                         [&](CallContext& context) { return call_with_state(x, initial_state, context); });
}

std::array<Tensor, 2> SimpleRNN::call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                                 CallContext& context) const {
  return with_state<2>(x, initial_state, context);
}

Json SimpleRNN::own_config() const {
  Json config = RecurrentLayer::own_config();
  detail::append_json(config, static_cast<const SimpleRNNCell&>(cell()).cell_config(true));
  return config;
}

namespace {

const bool cell_registered =
    register_layer("SimpleRNNCell", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "SimpleRNNCell");
      SimpleRNNCellOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
      const int64_t units = reader.integer("units");
      detail::read_gated_cell(reader, options);
      reader.done();
      return std::make_shared<SimpleRNNCell>(units, options);
    });

const bool simple_rnn_registered = register_layer("SimpleRNN", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "SimpleRNN");
  SimpleRNNOptions options;
  detail::read_recurrent_arguments(reader, options);
  const int64_t units = reader.integer("units");
  detail::read_gated_cell(reader, options);
  reader.done();
  return std::make_shared<SimpleRNN>(units, options);
});

}  // namespace

}  // namespace lamina
