// run(): tensors under the library's names in and out, everything checked before anything is computed.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

std::string list_of(const std::vector<ModelInput>& inputs) {
  std::string text;
  for (const ModelInput& input : inputs)
    text += (text.empty() ? "" : ", ") + input.name + (input.required ? "" : " (may be left out)");
  return text;
}

/// The tensor as int32, on the host.
Tensor checked(const std::string& model, const ModelInput& input, const Tensor& given) {
  const auto fail = [&](const std::string& what) {
    throw InvalidArgument(model + ": input '" + input.name + "' " + what);
  };
  if (!is_integer(given.dtype()) && given.dtype() != DType::kBool)
    fail(std::string("holds ") + name(given.dtype()) + "; integers were expected");
  const Shape& shape = given.shape();
  if (shape.rank() != 2 || given.size() == 0)
    fail("is " + shape.str() + "; (rows, tokens) was expected, one of each at least");
  if (input.longest > 0 && shape[1] > input.longest)
    fail("has " + std::to_string(shape[1]) + " tokens, more than the " + std::to_string(input.longest) +
         " that the model can look at; shorten the text");
  const std::vector<int64_t> values = given.to_vector<int64_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] >= input.below)
      fail("has " + std::to_string(values[i]) + " in row " +
           std::to_string(static_cast<int64_t>(i) / shape[1]) + ", token " +
           std::to_string(static_cast<int64_t>(i) % shape[1]) + "; 0 to " + std::to_string(input.below - 1) +
           " was expected");
  }
  return Tensor::from(std::vector<int32_t>(values.begin(), values.end()), shape);
}

}  // namespace

std::vector<Tensor> PretrainedModel::arranged(const Tensors& given) const {
  const std::vector<ModelInput> inputs = takes();
  std::vector<Tensor> result(inputs.size());
  if (given.named()) {
    std::vector<std::string> known;
    for (size_t i = 0; i < inputs.size(); ++i) {
      known.push_back(inputs[i].name);
      const Tensor* const found = given.find(inputs[i].name);
      if (found) result[i] = *found;
      if (!found && inputs[i].required)
        throw InvalidArgument(class_name() + ": input '" + inputs[i].name + "' is missing; it takes " +
                              list_of(inputs));
    }
    for (const std::string& one : given.names()) {
      if (std::count(known.begin(), known.end(), one) == 0)
        throw InvalidArgument(class_name() + " has no input '" + one + "'" + suggest(one, known));
    }
    return result;
  }
  const auto required = static_cast<size_t>(
      std::count_if(inputs.begin(), inputs.end(), [](const ModelInput& input) { return input.required; }));
  if (given.size() < required || given.size() > inputs.size())
    throw InvalidArgument(class_name() + " takes " + list_of(inputs) + "; " + std::to_string(given.size()) +
                          " tensors came");
  size_t optional = given.size() - required, next = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].required && optional == 0) continue;
    if (!inputs[i].required) --optional;
    result[i] = given[next++];
  }
  return result;
}

std::vector<Tensor> PretrainedModel::forward(const LayerCall& call, CallContext& context) const {
  return compute(arranged(call.inputs), context);
}

Tensors PretrainedModel::run(const Tensors& given, const RunOptions& options) const {
  const std::vector<ModelInput> inputs = takes();
  std::vector<Tensor> arguments = arranged(given);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!arguments[i].defined()) continue;
    arguments[i] = checked(class_name(), inputs[i], arguments[i]);
    const Shape& shape = arguments[i].shape();
    const auto model_of = std::find_if(inputs.begin(), inputs.end(),
                                       [&](const ModelInput& other) { return other.name == inputs[i].like; });
    if (model_of != inputs.end()) {
      const Shape& wanted = arguments[static_cast<size_t>(model_of - inputs.begin())].shape();
      if (shape != wanted)
        throw InvalidArgument(class_name() + ": input '" + inputs[i].name + "' is " + shape.str() +
                              ", and '" + inputs[i].like + "' " + wanted.str() +
                              "; the same shape was expected");
    }
    if (shape[0] != arguments[0].shape()[0])
      throw InvalidArgument(class_name() + ": input '" + inputs[i].name + "' has " +
                            std::to_string(shape[0]) + " rows, and '" + inputs[0].name + "' " +
                            std::to_string(arguments[0].shape()[0]));
  }
  return Tensors(state_->runner(*this, options)(*this, arguments));
}

}  // namespace lamina
