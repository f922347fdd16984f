// Inputs by name, one call of the model, outputs by name.
#include "lamina/zoo/transformers/functional_model.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina {

Model functional_model(const std::shared_ptr<PretrainedModel>& model, const FunctionalOptions& options) {
  if (options.ids != DType::kInt64 && options.ids != DType::kInt32)
    throw InvalidArgument(std::string("functional_model: ids of ") + name(options.ids) +
                          " were asked for; int32 or int64 was expected");
  std::vector<Tensor> given;
  for (const ModelInput& input : model->takes()) {
    if (!input.usual && !options.all_inputs) continue;
    given.push_back(Input({-1}, {.dtype = options.ids, .name = input.name}));
  }
  const std::vector<std::string> names = model->gives();
  const std::vector<Tensor> values = model->outputs(Tensors(given));
  std::vector<std::pair<std::string, Tensor>> outputs;
  for (size_t i = 0; i < names.size(); ++i) outputs.emplace_back(names[i], values.at(i));
  Model around = detail::model_with_outputs(Tensors(given), outputs, {.name = model->model_type()});
  if (const std::vector<std::string> classes = model->class_names(); !classes.empty())
    around.set_data_info({.class_names = classes});
  return around;
}

std::vector<std::pair<std::string, std::vector<std::string>>> axes_of_texts(const PretrainedModel& model,
                                                                            const std::vector<std::string>& inputs) {
  constexpr char kIds[] = "input_ids";
  std::vector<std::pair<std::string, std::vector<std::string>>> axes;
  for (const ModelInput& input : model.takes()) {
    if (std::find(inputs.begin(), inputs.end(), input.name) == inputs.end()) continue;
    std::string tokens = input.like.empty() ? input.name : input.like;
    if (tokens.ends_with(kIds)) tokens.resize(tokens.size() - (sizeof(kIds) - 1));
    axes.push_back({input.name, {"batch", tokens + "sequence"}});
  }
  return axes;
}

}  // namespace lamina
