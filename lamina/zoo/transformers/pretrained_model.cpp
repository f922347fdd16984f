// The common part of language models: parts, configuration, building.
#include "lamina/zoo/transformers/pretrained_model.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"
#include "lamina/zoo/transformers/label_losses.h"

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

namespace {

/// Files say the shape of the first input alone: all that is required has it, and all are integers.
TensorSpecs tokens_of(const std::vector<ModelInput>& takes, const TensorSpecs& given) {
  size_t count = given.size();
  for (size_t i = count; i < takes.size(); ++i) {
    if (takes[i].required) count = i + 1;
  }
  TensorSpecs specs = given;
  specs.resize(count, given.at(0));
  for (TensorSpec& spec : specs) spec.dtype = DType::kInt32;
  return specs;
}

}  // namespace

// Parts are called by name and not as layers: nothing would build them on the way.
void PretrainedModel::create_weights_for(const TensorSpecs& inputs) {
  if (!quantization().empty())
    throw InvalidArgument(
        class_name() + " is quantized (" + quantization() +
        "): generate() and run() ask it; for training, evaluation and predict() load it without");
  state_->build_modules(seed());
  Model::create_weights_for(tokens_of(takes(), inputs));
}

TensorSpecs PretrainedModel::compute_output_specs(const TensorSpecs& inputs) const {
  return Model::compute_output_specs(inputs.empty() ? inputs : tokens_of(takes(), inputs));
}

bool PretrainedModel::ignores(const std::string&) const { return false; }

bool PretrainedModel::is_of_head(const std::string&) const { return false; }

std::vector<std::string> PretrainedModel::class_names() const {
  if (!class_name().ends_with("Classification")) return {};
  const detail::ConfigValues values(config_json(), class_name());
  const auto count = static_cast<size_t>(detail::number_of_labels(values));
  std::vector<std::string> names;
  const Json* const given = values.find("id2label");
  for (size_t i = 0; i < count; ++i) {
    const Json* const name = given ? given->find(std::to_string(i)) : nullptr;
    if (given && (!name || !name->is_string()))
      values.fail("id2label", *given, "a name for each number from 0 on");
    names.push_back(name ? name->as_string() : "LABEL_" + std::to_string(i));
  }
  return names;
}

void PretrainedModel::set_label_smoothing(double share) {
  if (!(share >= 0 && share < 1))
    throw InvalidArgument("label smoothing must be from 0 to less than 1, not " + std::to_string(share));
  state_->label_smoothing = share;
}

namespace {

bool has_loss(const Model& model) {
  const auto& losses = model.compile_options().loss.values();
  return std::any_of(losses.begin(), losses.end(), [](const Choice<Loss>& loss) { return loss.given(); });
}

}  // namespace

void PretrainedModel::train_step(TrainStep& step) {
  if (has_loss(*this)) return Model::train_step(step);
  const Tensor scores = step.forward().at(0);
  step.minimize(detail::logged_loss(problem_of(*this), step, scores, state_->label_smoothing));
}

void PretrainedModel::test_step(TrainStep& step) {
  if (has_loss(*this)) return Model::test_step(step);
  const Tensor scores = step.forward().at(0);
  detail::logged_loss(problem_of(*this), step, scores);
}

std::vector<std::string> PretrainedModel::names_in_files(const std::string& name) const { return {name}; }

bool PretrainedModel::generates() const { return !cache_types(1, 1).empty(); }

std::vector<TensorType> PretrainedModel::cache_types(int64_t, int64_t) const { return {}; }

std::vector<Tensor> PretrainedModel::encode(const Tensor&, const Tensor&, CallContext&) const {
  throw Unsupported(class_name() + " has no encoder beside a decoder");
}

Tensor PretrainedModel::decode(const DecodeInputs&, detail::TokenCache&, CallContext&) const {
  throw Unsupported(class_name() + " does not write text: it has no decoder");
}

void PretrainedModel::State::build_modules(uint64_t seed) const {
  int stream = 0;
  for (const auto& module : modules) module->build(TensorSpecs{}, seed, stream);
}

detail::Decoder& PretrainedModel::State::decoder(const PretrainedModel& model, const std::string& cache) {
  const std::lock_guard lock(making);
  build_modules(model.seed());
  const auto found = made.find(cache);
  if (found != made.end()) return *found->second;
  auto decoder =
      std::make_unique<detail::Decoder>(model, stored, cache);  // throws for a cache that is not known
  return *(made[cache] = std::move(decoder));
}

detail::Runner& PretrainedModel::State::runner(const PretrainedModel& model, const RunOptions& options) {
  const std::lock_guard lock(making);
  build_modules(model.seed());
  std::unique_ptr<detail::Runner>& runner =
      runners[{options.output_attentions, options.output_hidden_states}];
  if (!runner) {
    std::vector<std::string> watched;
    for (const std::string part : {"", "encoder_", "decoder_", "cross_"}) {
      if (options.output_attentions) watched.push_back(part + "attentions");
      if (options.output_hidden_states) watched.push_back(part + "hidden_states");
    }
    runner = std::make_unique<detail::Runner>(model, stored, std::move(watched));
  }
  return *runner;
}

}  // namespace lamina
