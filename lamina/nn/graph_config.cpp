// Graphs of layers to and from the JSON that Keras writes for functional models.
#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/operation_constant.h"
#include "lamina/nn/detail/operation_layer.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina::detail {
namespace {

// Whether files have it as a functional model.
bool is_functional(const Layer& layer) {
  if (layer.class_name() == "Functional") return true;
  const auto* model = dynamic_cast<const Model*>(&layer);
  return model && model->class_name() == "Sequential" && SharedWriting::as_graph(*model);
}

// ---- Writing ----

class Writer {
 public:
  /// After the layers, and the models among them, were written.
  explicit Writer(const LayerGraph& graph) : graph_(graph) {
    for (const auto& layer : graph.operations()) {
      const auto calls = static_cast<int64_t>(graph.calls_of(*layer).size());
      if (const int64_t before = SharedWriting::calls_before(*layer, calls))
        calls_before_[layer->identity()] = before;
    }
  }

  Json tensor(const Tensor& symbolic) const {
    const LayerOutput& output = origin(symbolic);
    return Json::object({{"class_name", "__keras_tensor__"},
                         {"config", Json::object({{"shape", shape_json(symbolic.shape())},
                                                  {"dtype", lamina::name(symbolic.dtype())},
                                                  {"keras_history", history(output, 0)}})}});
  }

  /// [name, call, output]; Keras counts the calls of a model inside from 1 where it names outputs.
  Json history(const LayerOutput& output, int first_call) const {
    const auto before = calls_before_.find(output.node->layer->identity());
    const int64_t call = graph_.index_in_graph(*output.node) + first_call;
    return Json::list({output.node->layer->name(),
                       before == calls_before_.end() ? call : call + before->second,
                       static_cast<int64_t>(output.output)});
  }

  Json tensors(const std::vector<Tensor>& several) const {
    Json list = Json::list();
    for (const Tensor& one : several) list.push_back(one.defined() ? tensor(one) : Json());
    return list;
  }

  Json node(const CallNode& node) const {
    Json args = Json::list(), kwargs = Json::object();
    if (const auto* operation = dynamic_cast<const OperationLayer*>(node.layer.get())) {
      size_t next = 0;
      for (const OperationArgument& argument : operation->recorded().args) {
        if (std::holds_alternative<Tensor>(argument)) {
          args.push_back(tensor(node.call.inputs.at(next++)));
        } else if (const auto* several = std::get_if<std::vector<Tensor>>(&argument)) {
          Json list = Json::list();
          for (const Tensor& element : *several)
            list.push_back(element.defined() ? constant_json(element) : tensor(node.call.inputs.at(next++)));
          args.push_back(std::move(list));
        } else {
          args.push_back(std::get<Json>(argument));
        }
      }
    } else {
      if (node.call.list) {
        args.push_back(tensors(node.call.inputs));
      } else {
        for (const Tensor& input : node.call.inputs) args.push_back(tensor(input));
      }
      for (const auto& [keyword, values] : node.call.arguments.tensors) {
        const bool one = values.size() == 1 && (!node.call.list || keyword != "mask");
        kwargs[keyword] = one ? (values[0].defined() ? tensor(values[0]) : Json()) : tensors(values);
      }
      for (const auto& [keyword, value] : node.call.arguments.flags.as_object()) kwargs[keyword] = value;
    }
    return Json::object({{"args", std::move(args)}, {"kwargs", std::move(kwargs)}});
  }

  Json structure(const std::vector<Tensor>& tensors, bool named,
                 const std::vector<std::string>& names) const {
    Json result = named ? Json::object() : Json::list();
    for (size_t i = 0; i < tensors.size(); ++i) {
      const LayerOutput& output = origin(tensors[i]);
      Json place = history(output, is_functional(*output.node->layer) ? 1 : 0);
      if (named) {
        result[names[i]] = std::move(place);
      } else if (tensors.size() == 1) {
        return place;
      } else {
        result.push_back(std::move(place));
      }
    }
    return result;
  }

 private:
  const LayerGraph& graph_;
  std::map<const void*, int64_t> calls_before_;  // of layers that other graphs call, too
};

constexpr char kOutputOrder[] = "output_order";

// ---- Reading ----

class Reader {
 public:
  explicit Reader(const Json& config) : config_(config) {}

  std::pair<Tensors, Tensors> run() {
    const Json& layers = config_.at("layers");
    for (const Json& layer : layers.as_list()) create(layer);
    for (Pending& pending : pending_) {
      if (!pending.layer) continue;
      const auto calls = static_cast<int64_t>(pending.calls->size());
      if (const int64_t before = SharedReading::calls_before(*pending.layer, calls))
        calls_before_[pending.name] = before;
    }
    // Calls wait until what they need was made; a layer that is shared may be needed before its last call.
    for (size_t i = 0; i < pending_.size(); ++i) ready_.push_back(i);
    while (!ready_.empty()) {
      const size_t next = ready_.front();
      ready_.pop_front();
      advance(next);
    }
    std::string waiting;
    for (const Pending& pending : pending_) {
      if (pending.next < pending.calls->size())
        waiting += (waiting.empty() ? "'" : ", '") + pending.name + "'";
    }
    if (!waiting.empty()) {
      throw InvalidArgument(
          "the graph of the configuration has a loop, or calls whose inputs nothing gives: layers " +
          waiting);
    }
    Tensors inputs = structure(config_.at("input_layers"));
    return {std::move(inputs), structure(config_.at("output_layers"))};
  }

 private:
  struct Pending {
    std::string name;
    std::shared_ptr<Layer> layer;  // null for an operation: each call makes its own
    const Json* json = nullptr;
    const Json::List* calls = nullptr;
    size_t next = 0;
  };
  using Call = std::pair<std::string, int64_t>;  // layer and number
  struct NotYet {                                // a tensor of a call that is still to be made
    Call call;
  };

  void create(const Json& json) {
    const std::string& name = json.at("name").as_string();
    if (outputs_.count(name)) throw InvalidArgument("the configuration has two layers named '" + name + "'");
    Pending pending{name, nullptr, &json, &json.at("inbound_nodes").as_list(), 0};
    const std::string& class_name = json.at("class_name").as_string();
    if (class_name == "InputLayer") {
      pending.layer = layer_from_json(json);
      outputs_[name].push_back({static_cast<const InputLayer&>(*pending.layer).symbolic_output()});
      models_[name] = false;
      return;
    }
    // A class that is both, Concatenate say, is an operation where its module says so.
    const Json* module = json.find("module");
    const bool operation =
        find_operation(class_name) && module && module->is_string() && module->as_string() != "keras.layers";
    if (!operation) pending.layer = layer_from_json(json);
    outputs_[name];
    models_[name] = pending.layer && pending.layer->class_name() == "Functional";
    pending_.push_back(std::move(pending));
  }

  // Makes the calls of a layer whose inputs are there; the first other one waits for what it lacks.
  void advance(size_t index) {
    Pending& pending = pending_[index];
    for (; pending.next < pending.calls->size(); ++pending.next) {
      const Json& node = (*pending.calls)[pending.next];
      std::vector<std::vector<Tensor>>& made = outputs_[pending.name];
      try {
        made.push_back(pending.layer ? call_layer(pending, node) : call_operation(pending, node));
      } catch (const NotYet& missing) {
        waiting_[missing.call].push_back(index);
        return;
      }
      const auto waiting = waiting_.find({pending.name, static_cast<int64_t>(made.size()) - 1});
      if (waiting == waiting_.end()) continue;
      ready_.insert(ready_.end(), waiting->second.begin(), waiting->second.end());
      waiting_.erase(waiting);
    }
  }

  std::vector<Tensor> call_operation(const Pending& pending, const Json& node) {
    OperationCall call;
    call.class_name = pending.json->at("class_name").as_string();
    const Json& config = pending.json->at("config");
    for (const auto& [key, value] : config.as_object()) {
      const bool policy = key == "dtype" && !value.is_string();  // Cast has a dtype of its own
      if (key != "name" && key != "trainable" && !policy) call.config[key] = value;
    }
    for (const Json& argument : node.at("args").as_list()) call.args.push_back(argument_of(argument));
    std::vector<std::pair<std::string, OperationArgument>> by_name;
    for (const auto& [key, value] : node.at("kwargs").as_object())
      by_name.emplace_back(key, argument_of(value));
    place_arguments(*find_operation(call.class_name), call, std::move(by_name));
    std::vector<Tensor> inputs = tensors_of(call);
    auto layer = std::make_shared<OperationLayer>(std::move(call), pending.name);
    CallContext context(false);
    return layer->outputs(LayerCall{std::move(inputs)}, context);
  }

  std::vector<Tensor> call_layer(const Pending& pending, const Json& node) {
    const Layer& layer = *pending.layer;
    LayerCall call;
    if (node.is_list()) {  // Keras 2: [[name, call, output, kwargs], ...]
      for (const Json& one : node.as_list()) call.inputs.push_back(place(one, 0));
      call.list = call.inputs.size() > 1;
    } else {
      const Json::List& args = node.at("args").as_list();
      const std::vector<std::string> names = layer.call_arguments();
      for (size_t i = 0; i < args.size(); ++i) {
        OperationArgument argument = argument_of(args[i]);
        if (i < layer.positional_arguments()) {
          if (auto* several = std::get_if<std::vector<Tensor>>(&argument)) {
            call.inputs = std::move(*several);
            call.list = true;
          } else if (auto* one = std::get_if<Tensor>(&argument)) {
            call.inputs.push_back(std::move(*one));
          }
        } else if (i < names.size()) {
          give(call, names[i], std::move(argument));
        } else {
          throw InvalidArgument("layer '" + pending.name + "': the configuration calls it with " +
                                std::to_string(args.size()) + " arguments");
        }
      }
      for (const auto& [keyword, value] : node.at("kwargs").as_object()) {
        const auto position = std::find(names.begin(), names.end(), keyword);
        const auto index = static_cast<size_t>(position - names.begin());
        OperationArgument argument = argument_of(value);
        const auto* tensor = std::get_if<Tensor>(&argument);
        if (index < layer.positional_arguments() && tensor) {
          call.inputs.resize(std::max(call.inputs.size(), index + 1));
          call.inputs[index] = *tensor;
        } else {
          give(call, keyword, std::move(argument));
        }
      }
    }
    CallContext context(false);
    return layer.outputs(std::move(call), context);
  }

  static void give(LayerCall& call, const std::string& keyword, OperationArgument argument) {
    if (auto* one = std::get_if<Tensor>(&argument)) {
      call.set(keyword, {std::move(*one)});
    } else if (auto* several = std::get_if<std::vector<Tensor>>(&argument)) {
      call.set(keyword, std::move(*several));
    } else if (const Json& value = std::get<Json>(argument); !value.is_null() && keyword != "training") {
      call.arguments.flags[keyword] = value;  // whether it trains is said by the pass
    }
  }

  static bool is_tensor(const Json& json) {
    const Json* class_name = json.is_object() ? json.find("class_name") : nullptr;
    return class_name && class_name->is_string() && class_name->as_string() == "__keras_tensor__";
  }

  OperationArgument argument_of(const Json& json) const {
    if (is_tensor(json)) return place(json.at("config").at("keras_history"), 0);
    if (json.is_list() && json.size() > 0) {
      bool all = true, any = false;
      std::vector<Tensor> constants;
      for (const Json& element : json.as_list()) {
        constants.push_back(constant_from_json(element));
        all = all && (is_tensor(element) || element.is_null() || constants.back().defined());
        any = any || is_tensor(element);
      }
      if (any && all) {
        std::vector<Tensor> tensors;
        for (size_t i = 0; i < constants.size(); ++i) {
          const Json& element = json.at(i);
          tensors.push_back(is_tensor(element) ? place(element.at("config").at("keras_history"), 0)
                                               : std::move(constants[i]));
        }
        return tensors;
      }
    }
    return json;
  }

  // The output that [name, call, output] means.
  Tensor place(const Json& history, int64_t first_call) const {
    const std::string& name = history.at(size_t{0}).as_string();
    const auto before = calls_before_.find(name);
    const int64_t call =
        history.at(size_t{1}).as_int() - first_call - (before == calls_before_.end() ? 0 : before->second);
    const int64_t output = history.at(size_t{2}).as_int();
    const auto found = outputs_.find(name);
    if (found == outputs_.end())
      throw InvalidArgument("the configuration names the layer '" + name + "', which it lacks");
    if (call < 0 && before != calls_before_.end()) {
      throw InvalidArgument(
          "the layer '" + name +
          "' is shared by several models of the configuration, whose calls it does not count "
          "through, as Lamina does: Keras writes such files and cannot read them either");
    }
    if (call < 0 || call >= static_cast<int64_t>(found->second.size())) {
      if (call < 0 || call > 1000000)
        throw InvalidArgument("the configuration names call " + std::to_string(call) + " of layer '" + name +
                              "'");
      throw NotYet{{name, call}};
    }
    const std::vector<Tensor>& outputs = found->second[static_cast<size_t>(call)];
    if (output < 0 || output >= static_cast<int64_t>(outputs.size())) {
      throw InvalidArgument("the configuration names output " + std::to_string(output) + " of layer '" +
                            name + "', which has " + std::to_string(outputs.size()));
    }
    return outputs[static_cast<size_t>(output)];
  }

  Tensor outer(const Json& history) const {
    const Json* name = history.is_list() && history.size() > 0 ? &history.at(size_t{0}) : nullptr;
    if (!name || !name->is_string())
      throw InvalidArgument("the configuration's inputs or outputs are not [name, call, output]");
    const auto model = models_.find(name->as_string());
    try {
      return place(history, model != models_.end() && model->second ? 1 : 0);
    } catch (const NotYet&) {
      throw InvalidArgument("the configuration's inputs or outputs name a call of layer '" +
                            name->as_string() + "' that it lacks");
    }
  }

  Tensors structure(const Json& json) const {
    if (json.is_object()) {
      std::vector<std::pair<std::string, Tensor>> named;
      for (const auto& [name, history] : json.as_object()) named.emplace_back(name, outer(history));
      return Tensors(std::move(named));
    }
    if (json.is_list() && json.size() == 3 && json.at(size_t{0}).is_string()) return Tensors(outer(json));
    std::vector<Tensor> tensors;
    for (const Json& history : json.as_list()) tensors.push_back(outer(history));
    return Tensors(std::move(tensors));
  }

  const Json& config_;
  std::vector<Pending> pending_;
  std::deque<size_t> ready_;                     // of pending_, to be looked at
  std::map<Call, std::vector<size_t>> waiting_;  // of pending_, by the call that they wait for
  std::map<std::string, std::vector<std::vector<Tensor>>> outputs_;  // of each call
  std::map<std::string, bool> models_;                               // whether a layer is a functional model
  std::map<std::string, int64_t> calls_before_;  // of layers that graphs before this one call, too
};

}  // namespace

Json graph_config(const ModelImpl& model) {
  std::vector<Json> written;
  for (const auto& layer : model.graph->operations()) written.push_back(layer->serialize());
  const Writer writer(*model.graph);
  Json layers = Json::list();
  for (size_t i = 0; i < written.size(); ++i) {
    const auto& layer = model.graph->operations()[i];
    Json json = std::move(written[i]);
    json["name"] = layer->name();
    Json nodes = Json::list();
    for (const auto& call : model.graph->calls_of(*layer)) {
      if (!call->call.inputs.empty()) nodes.push_back(writer.node(*call));
    }
    json["inbound_nodes"] = std::move(nodes);
    layers.push_back(std::move(json));
  }
  Json result = Json::object(
      {{"layers", std::move(layers)},
       {"input_layers", writer.structure(model.graph->inputs(), model.named_inputs, model.input_names)},
       {"output_layers", writer.structure(model.graph->outputs(), model.named_outputs, model.output_names)}});
  if (model.named_outputs && !std::is_sorted(model.output_names.begin(), model.output_names.end())) {
    Json order = Json::list();
    for (const std::string& name : model.output_names) order.push_back(name);
    result[kOutputOrder] = std::move(order);
  }
  return result;
}

Model graph_from_config(const Json& config, const ModelOptions& options) {
  const auto [inputs, outputs] = Reader(config).run();
  const Json* order = config.find(kOutputOrder);
  if (!order) return Model(inputs, outputs, options);
  const auto refuse = [&] {
    throw InvalidArgument(std::string(kOutputOrder) + " of the configuration is " + order->dump() +
                          "; the names of output_layers were expected, each once");
  };
  if (!outputs.named() || !order->is_list() || order->size() != outputs.size()) refuse();
  std::vector<std::pair<std::string, Tensor>> ordered;
  std::set<std::string> seen;
  for (const Json& entry : order->as_list()) {
    if (!entry.is_string()) refuse();
    const std::string& name = entry.as_string();
    const Tensor* const found = outputs.find(name);
    if (!found || !seen.insert(name).second) refuse();
    ordered.emplace_back(name, *found);
  }
  return model_with_outputs(inputs, ordered, options);
}

}  // namespace lamina::detail
