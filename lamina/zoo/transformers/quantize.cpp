// quantize(): the weights of products in fewer bits.
#include "lamina/base/error.h"
#include "lamina/base/system.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

/// Tokens of the text with which the use of weights is looked at: what is done with them does not depend on
/// it.
constexpr int64_t kTokens = 2;
/// Bytes of values after which their pages are given back.
constexpr size_t kTidyBytes = size_t{16} << 20;

}  // namespace

detail::ChosenWeights PretrainedModel::State::choose(const PretrainedModel& model,
                                                     const detail::Storage& storage) {
  const std::vector<ModelInput> takes = model.takes();
  std::vector<TensorType> types;
  for (const ModelInput& input : takes) {
    if (input.required) types.push_back({DType::kInt32, {1, kTokens}});
  }
  const auto asked = [&](std::span<const Tensor> given, CallContext& context) {
    std::vector<Tensor> inputs;
    for (const ModelInput& input : takes) {
      inputs.push_back(input.required ? given.front() : Tensor());
      if (input.required) given = given.subspan(1);
    }
    return model.compute(inputs, context);
  };
  return {storage, detail::stored_by(storage, model.Layer::weights(), asked, types)};
}

void PretrainedModel::State::store(const detail::ChosenWeights& chosen, Weight& weight) {
  const auto found = chosen.columns.find(&weight);
  if (found == chosen.columns.end()) return;
  stored[&weight] = chosen.storage->store(weight.value, found->second);
  weight.value = Tensor();
  // The C library would keep the pages for values of the next matrix: models are let go of piece by piece.
  released += weight.type.bytes();
  if (released < kTidyBytes) return;
  return_free_memory();
  released = 0;
}

Tensor PretrainedModel::State::value_of(const Weight& weight) const {
  const auto found = stored.find(&weight);
  return found == stored.end() || weight.value.defined() ? weight.read() : found->second.restored().eval();
}

const std::string& PretrainedModel::quantization() const { return state_->quantization; }

void PretrainedModel::quantize(const std::string& mode, std::optional<int64_t> group) {
  const detail::Storage storage(mode, group);
  if (!quantization().empty())
    throw InvalidArgument("quantize: the model is quantized already (" + quantization() +
                          "); load it once more for another mode");
  if (state_->adapter)
    throw InvalidArgument("quantize: the model has an adapter; merge_adapter() comes first");
  if (built() || compiled())
    throw InvalidArgument(
        "quantize: the model is compiled or built, for which float32 values are kept; write it with "
        "save_pretrained() and load that with {.quantize = \"" +
        mode + "\"}");
  state_->build_modules(seed());
  const detail::ChosenWeights chosen = state_->choose(*this, storage);
  for (const WeightPtr& weight : Layer::weights()) state_->store(chosen, *weight);
  state_->quantization = mode;
  state_->made.clear();  // programs keep what they were given for float32
  state_->runners.clear();
}

}  // namespace lamina
