// Sequential: layers in a row, to and from the JSON that Keras writes.
#include <algorithm>
#include <random>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina {
namespace detail {
namespace {

uint64_t entropy() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

Json float32_policy() {
  return Json::object({{"module", "keras"},
                       {"class_name", "DTypePolicy"},
                       {"config", Json::object({{"name", "float32"}})},
                       {"registered_name", nullptr}});
}

// A loss or metric as compile_config holds it: its name, or the whole object.
template <class Base>
Json choice_json(const Choice<Base>& choice) {
  if (!choice.given()) return nullptr;
  return choice.name().empty() ? choice.get()->serialize() : Json(choice.name());
}

template <class Base>
Choice<Base> choice_from(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_string()) return json.as_string();
  // Keras writes plain functions as {"class_name": "function", "config": name, ...}.
  const Json* config = json.find("config");
  if (config && config->is_string()) return config->as_string();
  return std::shared_ptr<const Base>(Registry<Base>::from_json(json));
}

std::unique_ptr<ModelImpl> make_impl(const SequentialOptions& options) {
  auto impl = std::make_unique<ModelImpl>();
  impl->name = options.name;
  impl->seed = options.seed ? *options.seed : entropy();
  return impl;
}

}  // namespace

Json compile_config(const ModelImpl& model) {
  const CompileOptions& options = *model.options;
  Json optimizer = options.optimizer.get()->serialize();
  if (model.trainer) {
    // The learning rate may have been changed since; the rest of the configuration cannot.
    optimizer["config"]["learning_rate"] = model.trainer->optimizer_state().at(1)->value.item<double>();
  }
  Json metrics;
  for (const Choice<Metric>& metric : options.metrics) metrics.push_back(choice_json(metric));
  return Json::object({{"optimizer", optimizer},
                       {"loss", choice_json(options.loss)},
                       {"loss_weights", nullptr},
                       {"metrics", metrics},
                       {"weighted_metrics", nullptr},
                       {"run_eagerly", false},
                       {"steps_per_execution", 1},
                       {"jit_compile", false}});
}

CompileOptions compile_options_from(const Json& config) {
  CompileOptions options;
  options.optimizer = choice_from<Optimizer>(config.at("optimizer"));
  if (const Json* loss = config.find("loss")) options.loss = choice_from<Loss>(*loss);
  const Json* metrics = config.find("metrics");
  if (metrics && metrics->is_list()) {
    for (const Json& metric : metrics->as_list()) {
      // Some versions write one list per output.
      const bool nested = metric.is_list() && metric.size() == 1;
      options.metrics.push_back(choice_from<Metric>(nested ? metric.at(size_t{0}) : metric));
    }
  }
  return options;
}

}  // namespace detail

Sequential::Sequential(std::initializer_list<AnyLayer> layers, SequentialOptions options)
    : Sequential(std::vector<AnyLayer>(layers), std::move(options)) {}

Sequential::Sequential(const std::vector<AnyLayer>& layers, SequentialOptions options)
    : Model(detail::make_impl(options)) {
  for (const AnyLayer& layer : layers) impl().append(layer.get());
  build_if_possible();
}

void Sequential::build_if_possible() {
  detail::ModelImpl& model = impl();
  if (model.layers.empty()) return;
  if (const auto* input = dynamic_cast<const InputLayer*>(model.layers[0].get()))
    model.build(input->batch_shape());
}

void Sequential::add(AnyLayer layer) {
  detail::ModelImpl& model = impl();
  const std::map<std::string, int> names = model.names_given;
  model.append(layer.get());
  try {
    if (model.built) {
      model.build(model.input_shape);
    } else {
      build_if_possible();
    }
  } catch (...) {
    model.layers.pop_back();  // the layers stay as they were
    model.names_given = names;
    throw;
  }
}

void Sequential::pop() {
  detail::ModelImpl& model = impl();
  model.require_idle("pop");
  if (model.layers.empty()) throw InvalidArgument("model '" + model.name + "' has no layers to remove");
  model.layers.pop_back();
  model.trainer.reset();
  if (model.layers.empty()) {
    model.built = false;
  } else if (model.built) {
    model.output_shape = model.layers.back()->output_shape();
  }
}

Json Model::serialize() const {
  const detail::ModelImpl& model = *impl_;
  Json layers = Json::list();
  const bool has_input = !model.layers.empty() && dynamic_cast<const InputLayer*>(model.layers[0].get());
  if (!has_input && model.built) {
    // Keras knows the input of a built model by its InputLayer, so archives always have one.
    const InputLayer input(model.input_shape, {.name = "input_layer"});
    layers.push_back(input.serialize());
  }
  for (const auto& layer : model.layers) layers.push_back(layer->serialize());
  Json config = Json::object({{"name", model.name},
                              {"trainable", true},
                              {"dtype", detail::float32_policy()},
                              {"layers", std::move(layers)}});
  const Json build = model.built ? shape_json(model.input_shape) : Json();
  if (model.built) config["build_input_shape"] = build;
  Json json = serialize_object("keras", "Sequential", std::move(config));
  if (model.built) json["build_config"] = Json::object({{"input_shape", build}});
  json["compile_config"] = model.options ? detail::compile_config(model) : Json::object();
  return json;
}

Sequential Sequential::from_json(const Json& json, std::optional<uint64_t> seed) {
  const std::string& class_name = json.at("class_name").as_string();
  if (class_name != "Sequential") {
    throw Unsupported("models of class '" + class_name + "' are not supported; Sequential is");
  }
  const Json& config = json.at("config");
  SequentialOptions options;
  options.seed = seed;
  if (const Json* name = config.find("name"); name && name->is_string()) options.name = name->as_string();

  // All unknown classes in one message.
  const std::vector<std::string> known = Registry<Layer>::names();
  std::string unknown;
  for (const Json& layer : config.at("layers").as_list()) {
    const std::string& name = layer.at("class_name").as_string();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    unknown += (unknown.empty() ? "'" : ", '") + name + "'" + suggest(name, known);
  }
  if (!unknown.empty()) throw InvalidArgument("model '" + options.name + "': unknown layers " + unknown);

  Sequential model({}, options);
  for (const Json& json_layer : config.at("layers").as_list()) {
    const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(json_layer);
    // Layers without weights take no such argument, but Keras keeps it of all.
    const Json* arguments = json_layer.find("config");
    const Json* trainable = arguments ? arguments->find("trainable") : nullptr;
    if (trainable && trainable->is_bool()) layer->set_trainable(trainable->as_bool());
    model.impl().append(layer);
  }
  model.build_if_possible();
  if (!model.built()) {
    const Json* build = json.find("build_config");
    const Json* shape = build ? build->find("input_shape") : nullptr;
    if (shape && shape->is_list())
      model.build(Shape(ConfigReader(*build, "Sequential").integers("input_shape")));
  }
  const Json* compile = json.find("compile_config");
  if (compile && compile->is_object() && compile->size() > 0)
    model.compile(detail::compile_options_from(*compile));
  return model;
}

}  // namespace lamina
