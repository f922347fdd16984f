// Models to and from the JSON that Keras writes: what all kinds share, compile_config, and Sequential.
#include <algorithm>
#include <utility>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/compile_for_evaluation.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/load_notes.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/operation_layer.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina {
namespace detail {
namespace {

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

template <class T, class F>
Json per_output_json(const PerOutput<T>& choices, F&& to_json) {
  using Kind = typename PerOutput<T>::Kind;
  if (choices.kind() == Kind::kNone) return nullptr;
  if (choices.kind() == Kind::kOne) return to_json(choices.values()[0]);
  Json result = choices.kind() == Kind::kByName ? Json::object() : Json::list();
  for (size_t i = 0; i < choices.values().size(); ++i) {
    if (choices.kind() == Kind::kByName) {
      result[choices.names()[i]] = to_json(choices.values()[i]);
    } else {
      result.push_back(to_json(choices.values()[i]));
    }
  }
  return result;
}

template <class T, class F>
PerOutput<T> per_output_from(const Json* json, F&& from_json) {
  if (!json || json->is_null()) return {};
  if (json->is_list()) {
    std::vector<T> list;
    for (const Json& element : json->as_list()) list.push_back(from_json(element));
    return list.size() == 1 ? PerOutput<T>(list[0]) : PerOutput<T>(std::move(list));
  }
  if (json->is_object() && !json->contains("class_name")) {
    std::vector<std::pair<std::string, T>> named;
    for (const auto& [name, element] : json->as_object()) named.emplace_back(name, from_json(element));
    return PerOutput<T>(std::move(named));
  }
  return PerOutput<T>(from_json(*json));
}

Json metrics_json(const MetricChoices& choices, size_t outputs) {
  const auto list_json = [](const MetricChoices::List& list) {
    Json result = Json::list();
    for (const Choice<Metric>& metric : list) result.push_back(choice_json(metric));
    return result;
  };
  if (choices.empty()) return nullptr;
  if (!choices.names().empty()) {
    Json result = Json::object();
    for (size_t i = 0; i < choices.names().size(); ++i)
      result[choices.names()[i]] = list_json(choices.lists()[i]);
    return result;
  }
  // Of several outputs Keras wants a list for each.
  if (!choices.by_position() && outputs < 2) return list_json(choices.lists()[0]);
  Json result = Json::list();
  for (size_t i = 0; i < (choices.by_position() ? choices.lists().size() : outputs); ++i)
    result.push_back(list_json(choices.lists()[choices.by_position() ? i : 0]));
  return result;
}

MetricChoices::List metric_list(const Json& json) {
  MetricChoices::List list;
  if (!json.is_list()) {
    if (!json.is_null()) list.push_back(choice_from<Metric>(json));
    return list;
  }
  for (const Json& metric : json.as_list()) {
    if (!metric.is_null()) list.push_back(choice_from<Metric>(metric));
  }
  return list;
}

MetricChoices without_empty(MetricChoices choices) {
  const bool any = std::any_of(choices.lists().begin(), choices.lists().end(),
                               [](const MetricChoices::List& list) { return !list.empty(); });
  return any ? std::move(choices) : MetricChoices();
}

MetricChoices metrics_from(const Json* json, size_t outputs) {
  if (!json || json->is_null()) return {};
  if (json->is_object() && !json->contains("class_name")) {
    std::vector<std::pair<std::string, MetricChoices::List>> named;
    for (const auto& [name, list] : json->as_object()) named.emplace_back(name, metric_list(list));
    return without_empty(MetricChoices(std::move(named)));
  }
  if (!json->is_list()) return without_empty(MetricChoices(metric_list(*json)));
  const bool nested = std::any_of(json->as_list().begin(), json->as_list().end(),
                                  [](const Json& element) { return element.is_list(); });
  // Of several outputs a plain list has one entry for each, as in Keras.
  const bool by_output = nested || (outputs > 1 && json->size() == outputs);
  if (!by_output) return without_empty(MetricChoices(metric_list(*json)));
  std::vector<MetricChoices::List> lists;
  for (const Json& list : json->as_list()) lists.push_back(metric_list(list));
  // Some versions write one list per output even where there is one output.
  return without_empty(lists.size() == 1 ? MetricChoices(std::move(lists[0]))
                                         : MetricChoices::by_position(std::move(lists)));
}

// Losses and metrics that only this program knows are said aloud: whoever loads the file needs them.
template <class Base>
void warn_unless_known(const Model& model, const Choice<Base>& choice) {
  if (!choice.given() || !choice.name().empty()) return;
  const std::vector<std::string> known = Registry<Base>::names();
  const std::string name = choice.get()->class_name();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  warn("model '" + model.name() + "' is compiled with the " + Base::kKind + " '" + name +
       "', which no registry knows: whoever loads the file must register it under that name first "
       "(Registry<...>::add), or load it without: load_model(path, {.compile = false})");
}

void find_unknown(const Json& layer, const std::vector<std::string>& known,
                  std::vector<std::string>& unknown) {
  const Json* class_name = layer.find("class_name");
  if (!class_name || !class_name->is_string()) return;
  const std::string& name = class_name->as_string();
  const Json* config = layer.find("config");
  if (name == "Sequential" || name == "Functional" || name == "Model") {
    const Json* inner = config ? config->find("layers") : nullptr;
    if (inner && inner->is_list()) {
      for (const Json& one : inner->as_list()) find_unknown(one, known, unknown);
    }
    return;
  }
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  if (layer.contains("inbound_nodes") && find_operation(name)) return;
  if (std::find(unknown.begin(), unknown.end(), name) == unknown.end()) unknown.push_back(name);
}

}  // namespace

Json compile_config(const Model& model) {
  const CompileOptions& options = model.compile_options();
  const std::shared_ptr<const Optimizer> chosen = options.optimizer.get();
  // The learning rate may have been changed since; the rest of the configuration cannot.
  const bool sets_rate = ModelImpl::of(model).trainer && !chosen->schedule() && chosen->learning_rate_place();
  // Keras leaves out the LossScaleOptimizer that compile added, and then finds the state of one by its global
  // policy alone; written out, it is found always.
  const Json optimizer = sets_rate ? chosen->serialize_at(model.learning_rate()) : chosen->serialize();
  for (const Choice<Loss>& loss : options.loss.values()) warn_unless_known(model, loss);
  for (const MetricChoices* choices : {&options.metrics, &options.weighted_metrics}) {
    for (const MetricChoices::List& list : choices->lists()) {
      for (const Choice<Metric>& metric : list) warn_unless_known(model, metric);
    }
  }
  const size_t outputs = ModelImpl::of(model).output_names.size();
  return Json::object(
      {{"optimizer", optimizer},
       {"loss", per_output_json(options.loss, [](const Choice<Loss>& loss) { return choice_json(loss); })},
       {"loss_weights", per_output_json(options.loss_weights, [](double weight) { return Json(weight); })},
       {"metrics", metrics_json(options.metrics, outputs)},
       {"weighted_metrics", metrics_json(options.weighted_metrics, outputs)},
       {"run_eagerly", false},
       {"steps_per_execution", 1},
       {"jit_compile", false}});
}

namespace {

thread_local bool architecture_alone = false;

}  // namespace

ArchitectureAlone::ArchitectureAlone() : outer_(std::exchange(architecture_alone, true)) {}
ArchitectureAlone::~ArchitectureAlone() { architecture_alone = outer_; }

Json any_compile_config(const Model& model) {
  if (architecture_alone) return Json::object();
  const ModelImpl& impl = ModelImpl::of(model);
  if (impl.options) return compile_config(model);
  return impl.unused ? impl.unused->compile_config : Json::object();
}

CompileOptions compile_options_from(const Json& config, size_t outputs, std::vector<std::string>& problems) {
  CompileOptions options;
  const auto attempt = [&](const auto& read) {
    try {
      read();
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  };
  const auto known = [](const auto& choice) {
    if (choice.given() && !goes_by_shape(choice)) choice.get();
  };
  attempt([&] {
    const Json* optimizer = config.find("optimizer");
    if (optimizer) options.optimizer = choice_from<Optimizer>(*optimizer);
    if (options.optimizer.given()) options.optimizer.get();
  });
  attempt([&] {
    options.loss = per_output_from<Choice<Loss>>(config.find("loss"), choice_from<Loss>);
    for (const Choice<Loss>& loss : options.loss.values()) known(loss);
  });
  attempt([&] {
    options.loss_weights = per_output_from<double>(config.find("loss_weights"),
                                                   [](const Json& json) { return json.as_double(); });
  });
  for (const char* key : {"metrics", "weighted_metrics"}) {
    attempt([&] {
      MetricChoices metrics = metrics_from(config.find(key), outputs);
      for (const MetricChoices::List& list : metrics.lists()) {
        for (const Choice<Metric>& metric : list) known(metric);
      }
      (key[0] == 'm' ? options.metrics : options.weighted_metrics) = std::move(metrics);
    });
  }
  return options;
}

namespace {

// The metrics that are known, with null where one is not: places are outputs.
Json known_metrics(const Json& json, std::string& left_out) {
  if (json.is_list()) {
    Json known = Json::list();
    for (const Json& element : json.as_list()) known.push_back(known_metrics(element, left_out));
    return known;
  }
  if (json.is_null()) return json;
  const Json* class_name = json.find("class_name");
  if (json.is_object() && !class_name) {
    Json known = Json::object();
    for (const auto& [output, list] : json.as_object()) known[output] = known_metrics(list, left_out);
    return known;
  }
  try {
    const Choice<Metric> metric = choice_from<Metric>(json);
    if (!goes_by_shape(metric)) metric.get();
    return json;
  } catch (const Error& error) {
    left_out = left_out.empty() ? error.what() : detail::continued(left_out, ";", error.what());
    return nullptr;
  }
}

}  // namespace

void require_known_layers(const Json& layers, const std::string& model) {
  const std::vector<std::string> known = Registry<Layer>::names();
  std::vector<std::string> unknown;
  for (const Json& layer : layers.as_list()) find_unknown(layer, known, unknown);
  if (unknown.empty()) return;
  std::string text;
  std::string list;  // what is known is said once, not for each that has no near name
  for (const std::string& name : unknown) {
    const std::string hint = suggest(name, known);
    const bool near = hint.find("did you mean") != std::string::npos;
    text += (text.empty() ? "'" : ", '") + name + "'" + (near ? " (" + hint.substr(2) + ")" : "");
    if (!near) list = hint;
  }
  throw InvalidArgument("model '" + model + "': unknown layers " + text +
                        "; register a layer of yours with register_layer before loading" + list);
}

std::shared_ptr<Layer> layer_from_json(const Json& json) {
  if (std::shared_ptr<Layer> before = SharedReading::find(json)) return before;
  const std::string& class_name = json.at("class_name").as_string();
  if (class_name == "Sequential" || class_name == "Functional" || class_name == "Model") {
    const auto model = std::make_shared<Model>(Model::from_json(json, {}, false));
    SharedReading::keep(json, model);
    return model;
  }
  const UnknownObjects unknown;
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(json);
  SharedReading::keep(json, layer);
  const Json* arguments = json.find("config");
  if (!arguments || !arguments->is_object()) return layer;
  // Layers without weights take no such argument, but Keras keeps it of all.
  if (!ConfigReader(*arguments, class_name).boolean("trainable", true)) layer->set_trainable(false);
  const Json* activity = arguments->find("activity_regularizer");
  if (activity && !activity->is_null())
    layer->set_activity_regularizer(ConfigReader(*arguments, class_name).regularizer("activity_regularizer"));
  if (!unknown.arguments().empty()) LayerState::of(*layer).unknown_arguments = unknown.arguments();
  return layer;
}

}  // namespace detail

void compile_for_evaluation(Model& model) {
  if (model.compiled()) return;
  const detail::ModelImpl& impl = detail::ModelImpl::of(model);
  const std::string who = "model '" + model.name() + "'";
  const auto no_loss = [&] {
    return InvalidArgument(who +
                           " was saved without a loss: there is nothing to evaluate it by; give one "
                           "(compile, or --loss on the command line)");
  };
  if (!impl.unused) throw no_loss();
  Json config = impl.unused->compile_config;
  config["optimizer"] = nullptr;
  std::string left_out, reason;
  for (const char* key : {"metrics", "weighted_metrics"}) {
    if (const Json* metrics = config.find(key)) config[key] = detail::known_metrics(*metrics, left_out);
  }
  std::vector<std::string> problems;
  CompileOptions options = detail::compile_options_from(config, impl.output_names.size(), problems);
  for (const std::string& problem : problems)
    reason = reason.empty() ? problem : detail::continued(reason, ";", problem);
  if (!reason.empty())
    throw InvalidArgument(who + " cannot be evaluated: " + detail::excerpt(reason, 2000) +
                          "; register what is missing before loading, or compile the model anew");
  if (!options.loss.given()) throw no_loss();
  model.compile(std::move(options));
  if (!left_out.empty())
    warn(who +
         " is evaluated without the metrics that are not known here: " + detail::excerpt(left_out, 2000));
}

Json Model::serialize() const {
  const detail::SharedWriting sharing(*this);
  const detail::ModelImpl& model = impl();
  if (model.kind == detail::ModelImpl::Kind::kSubclass) {
    Json json = real_ ? real_->Layer::serialize() : Layer::serialize();
    json["compile_config"] = detail::any_compile_config(*this);
    sharing.check();
    return json;
  }
  if (std::optional<Json> before = detail::SharedWriting::written(*this)) return std::move(*before);
  // Keras writes a layer that comes twice in a Sequential once, and cannot load its own file: a graph holds
  // it. Of one that others hold, too, a graph says which calls are its own.
  const bool graph = detail::SharedWriting::as_graph(*this);
  Json config = Json::object({{"name", name()}, {"trainable", trainable()}});
  Json json, build;
  if (graph) {
    const Json own = detail::graph_config(model);
    for (const auto& [key, value] : own.as_object()) config[key] = value;
    json = serialize_object("keras.src.models.functional", "Functional", std::move(config));
    json["registered_name"] = "Functional";
    json["build_config"] = Json::object({{"input_shape", nullptr}});
  } else {
    config["dtype"] = detail::float32_policy();
    Json layers = Json::list();
    const bool has_input = !model.layers.empty() && dynamic_cast<const InputLayer*>(model.layers[0].get());
    // Keras knows the input of a built model by its InputLayer, so archives always have one.
    if (!has_input && model.built)
      layers.push_back(detail::origin(model.graph->inputs()[0]).node->layer->serialize());
    for (const auto& layer : model.layers) layers.push_back(layer->serialize());
    config["layers"] = std::move(layers);
    build = model.built ? shape_json(input_shape()) : Json();
    if (model.built) config["build_input_shape"] = build;
    json = serialize_object("keras", "Sequential", std::move(config));
    if (model.built) json["build_config"] = Json::object({{"input_shape", build}});
  }
  json["compile_config"] = detail::any_compile_config(*this);
  detail::SharedWriting::note(*this, json);
  sharing.check();
  return json;
}

namespace {

// Builds a model that is not built by now as the file says it was.
void build_as_written(Model& model, const Json& json) {
  const Json* build = json.find("build_config");
  const Json* shape = build && build->is_object() ? build->find("input_shape") : nullptr;
  if (!model.built() && shape && shape->is_list())
    model.build(Shape(ConfigReader(*build, model.class_name()).integers("input_shape")));
}

void compile_as_written(Model& model, const Json& json, bool compile) {
  const Json* compiled = json.find("compile_config");
  if (!compile || !compiled || !compiled->is_object() || compiled->size() == 0) return;
  std::vector<std::string> problems;
  CompileOptions options =
      detail::compile_options_from(*compiled, detail::ModelImpl::of(model).output_names.size(), problems);
  if (problems.empty()) {
    try {
      model.compile(std::move(options));
      return;
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  }
  // Only training needs it: the model stays as it is, and its file's words are kept.
  std::string reason;
  for (const std::string& problem : problems)
    reason = reason.empty() ? problem : detail::continued(reason, ";", problem);
  reason = detail::excerpt(reason, 2000);
  detail::ModelImpl::of(model).unused = detail::ModelImpl::Unused{*compiled, {}, reason};
  detail::LoadNotes::add(reason);
}

Model sequential_from(const Json& json, const ModelOptions& options) {
  std::vector<AnyLayer> layers;
  for (const Json& layer : json.at("config").at("layers").as_list())
    layers.emplace_back(detail::layer_from_json(layer));
  Sequential model(layers, options);
  if (!layers.empty()) build_as_written(model, json);
  return model;
}

}  // namespace

Model Model::from_json(const Json& json, std::optional<uint64_t> seed, bool compile) {
  const detail::SharedReading sharing;
  const std::string& class_name = json.at("class_name").as_string();
  const Json& config = json.at("config");
  const Json* own_name = config.find("name");
  const detail::LoadNotes notes(own_name && own_name->is_string() ? own_name->as_string() : class_name);
  ModelOptions options;
  options.seed = seed;
  if (own_name && own_name->is_string()) options.name = own_name->as_string();
  const bool sequential = class_name == "Sequential";
  if (!sequential && class_name != "Functional" && class_name != "Model") {
    // A class of the user's own.
    const std::vector<std::string> known = Registry<Layer>::names();
    if (std::find(known.begin(), known.end(), class_name) != known.end()) {
      const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(json);
      if (const auto* own = dynamic_cast<const Model*>(layer.get())) {
        Model model = *own;
        model.real_ = std::dynamic_pointer_cast<Model>(layer);  // its class computes it
        build_as_written(model, json);
        compile_as_written(model, json, compile);
        return model;
      }
    }
    throw Unsupported(
        "models of class '" + class_name +
        "' are not known; Sequential and Functional are, and classes of yours once register_layer has "
        "them");
  }
  detail::require_known_layers(config.at("layers"), options.name);
  const auto make = [&]() -> Model {
    if (sequential) return sequential_from(json, options);
    return detail::graph_from_config(config, options);
  };
  Model model = make();
  if (!ConfigReader(config, "model").boolean("trainable", true)) model.set_trainable(false);
  compile_as_written(model, json, compile);
  return model;
}

}  // namespace lamina
