// Sums in float64 would be more exact than the weights are.
#include "lamina/zoo/transformers/average_weights.h"

#include "lamina/base/error.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"

namespace lamina {

AverageWeights::AverageWeights(int epochs) : epochs_(epochs) {
  if (epochs < 1)
    throw InvalidArgument("AverageWeights: epochs must be at least 1, not " + std::to_string(epochs));
}

void AverageWeights::on_epoch_end(int epoch, const Logs&) {
  if (epoch < run().epochs - epochs_) return;
  const std::vector<WeightPtr> weights = model().weights(true);
  if (sums_.empty()) {
    for (const WeightPtr& weight : weights) sums_.push_back(weight->read());
  } else {
    for (size_t i = 0; i < weights.size(); ++i) sums_[i] = (sums_[i] + weights[i]->value).eval();
  }
  ++count_;
}

std::vector<NamedTensor> AverageWeights::state() const {
  std::vector<NamedTensor> all{{"count", Tensor::from<int64_t>({count_})}};
  for (size_t i = 0; i < sums_.size(); ++i) all.push_back({"sum_" + std::to_string(i), sums_[i]});
  return all;
}

void AverageWeights::set_state(const std::vector<NamedTensor>& state) {
  if (state.empty() || state[0].name != "count")
    throw InvalidArgument("AverageWeights: its state has no count");
  count_ = detail::callback_numbers(state[0], "AverageWeights", 1)[0];
  sums_.clear();
  for (size_t i = 1; i < state.size(); ++i) sums_.push_back(state[i].value);
  if ((count_ > 0) != !sums_.empty() || count_ < 0)
    throw InvalidArgument("AverageWeights: its state contradicts itself");
}

void AverageWeights::apply(Model& model) const {
  if (count_ == 0) return;
  const std::vector<WeightPtr> weights = model.weights(true);
  if (weights.size() != sums_.size())
    throw InvalidArgument("AverageWeights: the model has " + std::to_string(weights.size()) +
                          " weights, and " + std::to_string(sums_.size()) + " were added up");
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i]->assign(sums_[i] * (1.0 / static_cast<double>(count_)));
}

}  // namespace lamina
