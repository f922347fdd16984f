// GRU: an update gate, a reset gate and a candidate.
#include "lamina/nn/layers/gru.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/slice.h"

namespace lamina {

GRUCell::GRUCell(const GatedCellArguments& arguments) : KerasLayer<GRUCell, GatedCell>(arguments, 3) {
  check_arguments();
}

GRUCell::GRUCell(int64_t units, const GRUCellOptions& options)
    : GRUCell(detail::gated_cell_arguments(units, options)) {}

Shape GRUCell::bias_shape() const {
  const Shape one{3 * arguments_.units};
  return arguments_.reset_after ? Shape{2, one[0]} : one;
}

Tensor GRUCell::input_bias(CallContext& context, DType dtype) const {
  if (!bias_) return {};
  const Tensor bias = context.value(bias_, dtype);
  return arguments_.reset_after ? index(bias, {0}) : bias;
}

Tensor GRUCell::recurrent_bias(CallContext& context, DType dtype) const {
  return bias_ && arguments_.reset_after ? index(context.value(bias_, dtype), {1}) : Tensor();
}

CellStep GRUCell::call_step(const Tensor& x, const std::vector<Tensor>& states,
                            const std::vector<Tensor>& fixed, CallContext& context) const {
  const Tensor& h = states.at(0);
  const Tensor projected = project(x, fixed, context);
  const Tensor bias = recurrent_bias(context, x.dtype());
  const auto inner = [&](const Tensor& state, int first, int count) {
    const Tensor product = recur(state, fixed, context, first, count);
    return bias.defined() ? product + part(bias, first, count) : product;
  };
  Tensor candidate;
  Tensor z;
  if (arguments_.reset_after) {
    const Tensor all = inner(h, 0, 3);
    z = gate(part(projected, 0) + part(all, 0));
    const Tensor r = gate(part(projected, 1) + part(all, 1));
    candidate = activate(part(projected, 2) + r * part(all, 2));
  } else {
    const Tensor gates = inner(h, 0, 2);
    z = gate(part(projected, 0) + part(gates, 0));
    const Tensor r = gate(part(projected, 1) + part(gates, 1));
    candidate = activate(part(projected, 2) + inner(r * h, 2, 1));
  }
  const Tensor next = z * h + (1.0 - z) * candidate;
  return {next, {next}};
}

CellStep GRUCell::fused(const Tensor& x, const Tensor& recurrent_kernel, const std::vector<Tensor>& states,
                        const RecurrentOptions& options, CallContext& context) const {
  const RecurrentResult result =
      gru_sequence(x, recurrent_kernel, recurrent_bias(context, x.dtype()), states.at(0), options);
  return {result.output, {result.h}};
}

Json GRUCell::cell_config(bool of_layer) const {
  Json config = head_config();
  config["recurrent_activation"] = arguments_.recurrent_activation;
  detail::append_json(config, weights_config());
  detail::append_json(config, tail_config(of_layer));
  config["reset_after"] = arguments_.reset_after;
  config["seed"] = seed_config();
  return config;
}

GRU::GRU(int64_t units, const GRUOptions& options)
    : KerasLayer<GRU, RecurrentLayer>(
          std::make_shared<GRUCell>(detail::inner_cell_arguments(units, options, "gru_cell")),
          detail::recurrent_arguments(options)) {
  set_activity_regularizer(options.activity_regularizer);
}

std::array<Tensor, 2> GRU::call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                           std::optional<bool> training) const {
  return detail::in_pass(training,
                         [&](CallContext& context) { return call_with_state(x, initial_state, context); });
}

std::array<Tensor, 2> GRU::call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                           CallContext& context) const {
  return with_state<2>(x, initial_state, context);
}

Json GRU::own_config() const {
  Json config = RecurrentLayer::own_config();
  detail::append_json(config, static_cast<const GRUCell&>(cell()).cell_config(true));
  return config;
}

namespace {

const bool cell_registered = register_layer("GRUCell", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "GRUCell");
  GRUCellOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t units = reader.integer("units");
  detail::read_gated_cell(reader, options);
  reader.done();
  return std::make_shared<GRUCell>(units, options);
});

const bool gru_registered = register_layer("GRU", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "GRU");
  GRUOptions options;
  detail::read_recurrent_arguments(reader, options);
  const int64_t units = reader.integer("units");
  detail::read_gated_cell(reader, options);
  reader.done();
  return std::make_shared<GRU>(units, options);
});

}  // namespace

}  // namespace lamina
