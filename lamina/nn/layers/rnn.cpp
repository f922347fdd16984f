// RNN and StackedRNNCells.
#include "lamina/nn/layers/rnn.h"

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

std::shared_ptr<RNNCell> as_cell(const std::shared_ptr<Layer>& layer, const char* owner) {
  if (auto cell = std::dynamic_pointer_cast<RNNCell>(layer)) return cell;
  throw InvalidArgument(std::string(owner) + ": expected a cell, like LSTMCell, received layer '" +
                        layer->name() + "' (" + layer->class_name() + "); derive cells from RNNCell");
}

}  // namespace

RNN::RNN(const AnyLayer& cell, const RNNOptions& options)
    : KerasLayer<RNN, RecurrentLayer>(as_cell(cell.get(), "RNN"), detail::recurrent_arguments(options)) {
  set_activity_regularizer(options.activity_regularizer);
}

RNN::RNN(const std::vector<AnyLayer>& cells, const RNNOptions& options)
    : RNN(AnyLayer(StackedRNNCells(cells)), options) {}

Json RNN::own_config() const {
  Json config = RecurrentLayer::own_config();
  config["cell"] = cell().serialize();
  return config;
}

StackedRNNCells::StackedRNNCells(const std::vector<AnyLayer>& cells, const StackedRNNCellsOptions& options)
    : KerasLayer<StackedRNNCells, RNNCell>(options.name, options.trainable, options.dtype) {
  if (cells.empty()) fail("needs at least one cell");
  std::vector<std::shared_ptr<Layer>> layers;
  for (const AnyLayer& cell : cells) {
    cells_.push_back(as_cell(cell.get(), "StackedRNNCells"));
    layers.push_back(cells_.back());
  }
  if (const std::string& first = cells_.front()->dtype_policy(); options.dtype.empty() && first != dtype_policy())
    set_dtype_policy(first);
  track_list("cells", layers);
  // Each cell takes the output of the one before as it is.
  for (const auto& cell : cells_) {
    if (cell->dtype_policy() == dtype_policy()) continue;
    fail("has the dtype " + dtype_policy() + ", but its cell '" + cell->name() + "' has " + cell->dtype_policy() +
         "; give all cells and the stack the same");
  }
  if (!options.trainable) set_trainable(false);
}

std::vector<int64_t> StackedRNNCells::state_sizes() const {
  std::vector<int64_t> sizes;
  for (const auto& cell : cells_) {
    for (const int64_t size : cell->state_sizes()) sizes.push_back(size);
  }
  return sizes;
}

void StackedRNNCells::check_step_input(const Shape& input) const {
  cells_.front()->compute_output_specs({{input, compute_dtype()}});
}

void StackedRNNCells::create_weights_for(const TensorSpecs& inputs) {
  TensorSpec input = inputs.at(0);
  for (const auto& cell : cells_) {
    build_sublayer(*cell, {input});
    input.shape = {input.shape[0], cell->output_size()};
  }
}

CellStep StackedRNNCells::call_step(const Tensor& x, const std::vector<Tensor>& states,
                                    const std::vector<Tensor>&, CallContext& context) const {
  CellStep all{x, {}};
  auto next = states.begin();
  for (const auto& cell : cells_) {
    const auto end = next + static_cast<std::ptrdiff_t>(cell->state_sizes().size());
    const std::vector<Tensor> fixed = cell->prepare(all.output.shape(), context);
    CellStep step = cell->call_step(all.output, {next, end}, fixed, context);
    all.output = step.output;
    all.states.insert(all.states.end(), step.states.begin(), step.states.end());
    next = end;
  }
  return all;
}

// Cell after cell rather than step after step, so that each may run as one op. What a masked step puts out
// does not matter to the cell above, which skips it, too.
CellStep StackedRNNCells::run(const CellSequence& sequence, CallContext& context) const {
  CellSequence now = sequence;
  std::vector<Tensor> last;
  Tensor output;
  auto next = sequence.states.begin();
  for (size_t i = 0; i < cells_.size(); ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(cells_[i]->state_sizes().size());
    now.states.assign(next, end);
    now.return_sequences = i + 1 < cells_.size() || sequence.return_sequences;
    CellStep step = cells_[i]->run(now, context);
    last.insert(last.end(), step.states.begin(), step.states.end());
    output = now.x = step.output;
    if (now.go_backwards && now.mask.defined()) now.mask = flip(now.mask, {1});
    now.go_backwards = false;  // the outputs are in the order of the steps already
    next = end;
  }
  return {output, last};
}

Json StackedRNNCells::own_config() const {
  Json cells = Json::list();
  for (const auto& cell : cells_) cells.push_back(cell->serialize());
  return Json::object({{"cells", cells}});
}

namespace {

const bool rnn_registered = register_layer("RNN", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RNN");
  RNNOptions options;
  detail::read_recurrent_arguments(reader, options);
  const AnyLayer cell(reader.layer("cell"));
  reader.done();
  return std::make_shared<RNN>(cell, options);
});

const bool stacked_registered =
    register_layer("StackedRNNCells", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "StackedRNNCells");
      StackedRNNCellsOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
      std::vector<AnyLayer> cells;
      for (const auto& cell : reader.layers("cells")) cells.emplace_back(cell);
      reader.done();
      return std::make_shared<StackedRNNCells>(cells, options);
    });

}  // namespace

}  // namespace lamina
