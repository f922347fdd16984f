// The common part of language models: parts, configuration, building.
#include "lamina/zoo/transformers/pretrained_model.h"

#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"

namespace lamina {

PretrainedModel::PretrainedModel(const Json& config, const ModelOptions& options)
    : Model(options), state_(std::make_shared<State>()) {
  state_->config = config;
}

const Json& PretrainedModel::config_json() const { return state_->config; }

std::string PretrainedModel::model_type() const {
  const Json* const type = config_json().find("model_type");
  return type && type->is_string() ? type->as_string() : "";
}

int64_t PretrainedModel::vocab_size() const { return takes().at(0).below; }

const GenerationConfig& PretrainedModel::generation_config() const { return state_->generation; }

void PretrainedModel::set_generation_config(const GenerationConfig& config) {
  config.check(vocab_size());
  state_->generation = config;
}

detail::ModuleScope PretrainedModel::scope(double deviation) {
  return {[this](const std::string& name, const std::shared_ptr<detail::Module>& module) {
            track(name, module);
            state_->modules.push_back(module);
          },
          deviation};
}

bool PretrainedModel::ignores(const std::string&) const { return false; }

std::vector<std::string> PretrainedModel::names_in_files(const std::string& name) const { return {name}; }

std::vector<TensorType> PretrainedModel::cache_types(int64_t, int64_t) const {
  throw Unsupported(class_name() + " does not write text: it has no decoder");
}

std::vector<Tensor> PretrainedModel::encode(const Tensor&, const Tensor&, CallContext&) const {
  throw Unsupported(class_name() + " has no encoder beside a decoder");
}

Tensor PretrainedModel::decode(const DecodeInputs&, std::vector<Tensor>&, CallContext&) const {
  throw Unsupported(class_name() + " does not write text: it has no decoder");
}

detail::Decoder& PretrainedModel::State::decoder(const PretrainedModel& model) {
  const std::lock_guard lock(making);
  if (!made) made = std::make_unique<detail::Decoder>(model);
  return *made;
}

detail::Runner& PretrainedModel::State::runner(const PretrainedModel& model) {
  const std::lock_guard lock(making);
  if (!made_runner) made_runner = std::make_unique<detail::Runner>(model);
  return *made_runner;
}

}  // namespace lamina
