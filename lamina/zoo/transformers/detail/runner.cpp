// The weights come first in the batch; an input that is left out is an empty tensor there.
#include "lamina/zoo/transformers/detail/runner.h"

#include "lamina/ops/full.h"
#include "lamina/zoo/transformers/detail/asking.h"

namespace lamina::detail {

thread_local const PretrainedModel* AskingModel::now = nullptr;

Runner::Runner(const PretrainedModel& model, const StepWeights::Stored& stored)
    : weights_(model.Layer::weights(), stored),
      step_(
          [this](const std::vector<Tensor>& given) {
            CallContext context(false);
            const std::span<const Tensor> rest = weights_.bind(context, given);
            std::vector<Tensor> inputs(rest.begin(), rest.end());
            for (Tensor& input : inputs) {
              if (input.size() == 0) input = Tensor();
            }
            return AskingModel::model().compute(inputs, context);
          },
          0, "run", nullptr, weights_.count()) {}

std::vector<Tensor> Runner::operator()(const PretrainedModel& model, const std::vector<Tensor>& inputs) {
  const Tensor none = zeros({0}, DType::kInt32).eval();
  std::vector<const Tensor*> batch;
  weights_.add_to(batch);
  for (const Tensor& input : inputs) batch.push_back(input.defined() ? &input : &none);
  std::vector<Tensor> outputs;
  const AskingModel scope(model);
  step_({}, batch, outputs);
  return outputs;
}

}  // namespace lamina::detail
