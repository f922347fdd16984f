// The weights come first in the batch; an input that is left out is an empty tensor there.
#include "lamina/zoo/transformers/detail/runner.h"

#include <algorithm>

#include "lamina/ops/full.h"
#include "lamina/zoo/transformers/detail/asking.h"

namespace lamina::detail {

thread_local const PretrainedModel* AskingModel::now = nullptr;

Runner::Runner(const PretrainedModel& model, const StepWeights::Stored& stored,
               std::vector<std::string> watched)
    : weights_(model.Layer::weights(), stored),
      watched_(std::move(watched)),
      step_(
          [this](const std::vector<Tensor>& given) {
            CallContext context(false);
            context.watch(watched_);
            const std::span<const Tensor> rest = weights_.bind(context, given);
            std::vector<Tensor> inputs(rest.begin(), rest.end());
            for (Tensor& input : inputs) {
              if (input.size() == 0) input = Tensor();
            }
            std::vector<Tensor> outputs = AskingModel::model().compute(inputs, context);
            std::vector<std::string> names;
            for (const auto& reported : context.reported()) {
              const std::string& name = reported.first;
              const auto number = std::count_if(names.begin(), names.end(), [&](const std::string& other) {
                return other.starts_with(name + ".");
              });
              names.push_back(name + "." + std::to_string(number));
              outputs.push_back(reported.second);
            }
            const std::lock_guard lock(naming_);
            reported_ = names;
            return outputs;
          },
          0, "run", nullptr, weights_.count()) {}

std::vector<std::pair<std::string, Tensor>> Runner::operator()(const PretrainedModel& model,
                                                               const std::vector<Tensor>& inputs) {
  const Tensor none = zeros({0}, DType::kInt32).eval();
  std::vector<const Tensor*> batch;
  weights_.add_to(batch);
  for (const Tensor& input : inputs) batch.push_back(input.defined() ? &input : &none);
  std::vector<Tensor> outputs;
  const AskingModel scope(model);
  step_({}, batch, outputs);
  std::vector<std::string> names = model.gives();
  const std::lock_guard lock(naming_);
  names.insert(names.end(), reported_.begin(), reported_.end());
  std::vector<std::pair<std::string, Tensor>> named;
  for (size_t i = 0; i < outputs.size(); ++i) named.emplace_back(names.at(i), std::move(outputs[i]));
  return named;
}

}  // namespace lamina::detail
