// PyTorch's modules and Keras's layers: one record a layer says where its weights come from, and in which
// layout.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/detail/nan_names.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/pytorch.h"
#include "lamina/formats/weight_format.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/split.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

/// Makes a weight of the tensors of a module, which are there.
using Make = Tensor (*)(const std::vector<Tensor>& given, const Shape& wanted);

struct Rule {
  const char* weight;                ///< Keras's name
  std::vector<const char*> sources;  ///< PyTorch's names in the module
  Make make;
  bool features = false;  ///< whether its first axis counts the features of the layer's input
};
struct LayerRecord {
  const char* class_name;
  std::vector<Rule> rules;
};

Tensor as_is(const std::vector<Tensor>& given, const Shape&) { return given[0]; }
Tensor transposed(const std::vector<Tensor>& given, const Shape&) { return transpose(given[0], {1, 0}); }
// (out, in, spatial...) to (spatial..., in, out)
Tensor kernel(const std::vector<Tensor>& given, const Shape&) {
  std::vector<int> axes;
  for (int i = 2; i < given[0].rank(); ++i) axes.push_back(i);
  axes.push_back(1);
  axes.push_back(0);
  return transpose(given[0], axes);
}
// Of groups of one channel: (channels x multiplier, 1, height, width) to (height, width, channels,
// multiplier)
Tensor depthwise(const std::vector<Tensor>& given, const Shape& wanted) {
  const Shape& shape = given[0].shape();
  if (shape.rank() != 4 || wanted.rank() != 4 || shape[1] != 1) return given[0];
  return transpose(reshape(given[0], {wanted[2], wanted[3], shape[2], shape[3]}), {2, 3, 0, 1});
}
Tensor sum(const std::vector<Tensor>& given, const Shape&) { return given[0] + given[1]; }
Tensor of_that_shape(const std::vector<Tensor>& given, const Shape& wanted) {
  return given[0].size() == wanted.size() ? reshape(given[0], wanted) : given[0];
}
// PyTorch's gates are r, z, n, Keras's z, r, h: along the last axis.
Tensor gru_order(const Tensor& x) {
  const std::vector<Tensor> gates = split(x, 3, -1);
  return concatenate({gates[1], gates[0], gates[2]}, -1);
}
Tensor gru_kernel(const std::vector<Tensor>& given, const Shape&) {
  return gru_order(transpose(given[0], {1, 0}));
}
Tensor gru_bias(const std::vector<Tensor>& given, const Shape&) {
  return stack({gru_order(given[0]), gru_order(given[1])}, 0);
}

const std::vector<LayerRecord>& records() {
  static const std::vector<Rule> conv = {{"kernel", {"weight"}, kernel}, {"bias", {"bias"}, as_is}};
  static const std::vector<LayerRecord> all = {
      {"Dense", {{"kernel", {"weight"}, transposed, true}, {"bias", {"bias"}, as_is}}},
      {"Conv1D", conv},
      {"Conv2D", conv},
      {"Conv3D", conv},
      // (in, out, spatial...): the two names change places, and so does the permutation's end
      {"Conv1DTranspose", conv},
      {"Conv2DTranspose", conv},
      {"Conv3DTranspose", conv},
      {"DepthwiseConv2D", {{"kernel", {"weight"}, depthwise}, {"bias", {"bias"}, as_is}}},
      {"BatchNormalization",
       {{"gamma", {"weight"}, as_is, true},
        {"beta", {"bias"}, as_is, true},
        {"moving_mean", {"running_mean"}, as_is, true},
        {"moving_variance", {"running_var"}, as_is, true}}},
      {"LayerNormalization", {{"gamma", {"weight"}, as_is, true}, {"beta", {"bias"}, as_is, true}}},
      {"GroupNormalization", {{"gamma", {"weight"}, as_is}, {"beta", {"bias"}, as_is}}},
      {"Embedding", {{"embeddings", {"weight"}, as_is}}},
      {"PReLU", {{"alpha", {"weight"}, of_that_shape}}},
      {"LSTMCell",
       {{"kernel", {"weight_ih"}, transposed},
        {"recurrent_kernel", {"weight_hh"}, transposed},
        {"bias", {"bias_ih", "bias_hh"}, sum}}},
      {"GRUCell",
       {{"kernel", {"weight_ih"}, gru_kernel},
        {"recurrent_kernel", {"weight_hh"}, gru_kernel},
        {"bias", {"bias_ih", "bias_hh"}, gru_bias}}},
      {"SimpleRNNCell",
       {{"kernel", {"weight_ih"}, transposed},
        {"recurrent_kernel", {"weight_hh"}, transposed},
        {"bias", {"bias_ih", "bias_hh"}, sum}}},
  };
  return all;
}

const LayerRecord* find_record(const std::string& class_name) {
  const auto found = std::find_if(records().begin(), records().end(),
                                  [&](const LayerRecord& one) { return class_name == one.class_name; });
  return found == records().end() ? nullptr : &*found;
}

/// The tensors of one module, by their names in it: "weight", "bias".
struct Module {
  std::string name;  ///< "encoder.fc1"; of one level and direction of a recurrent module "lstm.l0_reverse"
  std::map<std::string, const SnapshotEntry*> tensors;
};

/// A layer that has weights of its own.
struct Place {
  std::shared_ptr<Layer> layer;
  std::string name;  ///< names from the outside in, joined by dots, without those of cells
};

/// A Flatten of pictures before a layer: PyTorch has their channels first.
struct Flattened {
  int64_t places = 0, channels = 0;
};

std::vector<Module> modules_of(const WeightSnapshot& snapshot, LoadReport& report) {
  std::vector<Module> modules;
  std::map<std::string, size_t> index;
  for (const SnapshotEntry& entry : snapshot.entries) {
    const size_t dot = entry.name.rfind('.');
    std::string module = dot == std::string::npos ? "" : entry.name.substr(0, dot);
    std::string leaf = dot == std::string::npos ? entry.name : entry.name.substr(dot + 1);
    if (leaf == "num_batches_tracked") {
      report.skipped.push_back(entry.name + ": a counter that Keras does not have");
      continue;
    }
    const size_t level = leaf.find("_l");  // weight_ih_l0, bias_hh_l1_reverse
    if ((leaf.starts_with("weight_") || leaf.starts_with("bias_")) && level != std::string::npos) {
      module += (module.empty() ? "" : ".") + leaf.substr(level + 1);
      leaf.resize(level);
    }
    const auto [place, added] = index.emplace(module, modules.size());
    if (added) modules.push_back({module, {}});
    modules[place->second].tensors[leaf] = &entry;
  }
  return modules;
}

class Loader {
 public:
  Loader(Model& model, const WeightSnapshot& snapshot) : model_(model), snapshot_(snapshot) {
    walk(model, "");
  }

  LoadReport run() {
    report_.skipped = snapshot_.skipped;
    const std::vector<Module> modules = modules_of(snapshot_, report_);
    const std::vector<const Module*> chosen = pair(modules);
    for (size_t i = 0; i < places_.size(); ++i) take(places_[i], chosen[i]);
    for (const Module& module : modules) {
      for (const auto& [leaf, entry] : module.tensors) {
        if (!used_.contains(entry)) report_.unused.push_back(entry->name);
      }
    }
    if (!report_.complete()) {
      report_.applied.clear();
      return std::move(report_);
    }
    with_nan_.warn_about(snapshot_.source);
    for (const auto& [weight, value] : plan_) weight->assign(value);
    return std::move(report_);
  }

 private:
  void walk(const Layer& layer, const std::string& name) {
    if (!seen_.insert(layer.identity()).second) return;
    const std::vector<WeightPtr>& own = layer.own_weights();
    const bool has_own =
        std::any_of(own.begin(), own.end(), [](const WeightPtr& weight) { return !weight->stateful; });
    std::shared_ptr<Layer> handle = layer.share();
    if (has_own) places_.push_back({handle, name});
    all_.push_back(handle);
    for (const auto& [member, inner] : layer.sublayers()) {
      const bool is_part = member == "cell" || member.starts_with("cells");
      walk(*inner, is_part ? name : name.empty() ? inner->name() : name + "." + inner->name());
    }
  }

  // For each layer its module, or nullptr: by name where all layers find theirs, else in order.
  std::vector<const Module*> pair(const std::vector<Module>& modules) const {
    std::vector<const Module*> by_name(places_.size(), nullptr), in_order(places_.size(), nullptr);
    size_t found = 0;
    for (size_t i = 0; i < places_.size(); ++i) {
      for (const Module& module : modules) {
        if (module.name != places_[i].name && module.name != places_[i].name + ".l0") continue;
        by_name[i] = &module;
        ++found;
        break;
      }
      if (i < modules.size()) in_order[i] = &modules[i];
    }
    return found == places_.size() ? by_name : in_order;
  }

  void take(const Place& place, const Module* module) {
    const Layer& layer = *place.layer;
    const LayerRecord* const record = find_record(layer.class_name());
    if (!record) {
      report_.errors.push_back(
          place.name + ": " + layer.class_name() +
          " has no counterpart that is known here; rename and adapt its arrays yourself");
      return;
    }
    for (const WeightPtr& weight : layer.own_weights()) {
      if (weight->stateful) continue;
      const auto rule = std::find_if(record->rules.begin(), record->rules.end(),
                                     [&](const Rule& one) { return weight->name == one.weight; });
      if (rule == record->rules.end()) {
        report_.errors.push_back(weight->path + ": no tensor of PyTorch's goes there");
        continue;
      }
      take(place, module, weight, *rule);
    }
  }

  void take(const Place& place, const Module* module, const WeightPtr& to, const Rule& rule) {
    const Weight& weight = *to;
    std::vector<SnapshotEntry> given;
    for (const char* source : rule.sources) {
      const auto found = module ? module->tensors.find(source) : decltype(module->tensors.end()){};
      if (!module || found == module->tensors.end()) {
        const std::string where = module ? " (the module '" + module->name + "' has no '" + source + "')"
                                         : " (the file has no module for it)";
        report_.missing.push_back(weight.path + where);
        return;
      }
      given.push_back(*found->second);
      used_.insert(found->second);
    }
    Flattened before;
    if (rule.features && !find_flattened(place, before)) return;
    const Make make = rule.make;
    const Shape wanted = weight.type.shape;
    const auto convert = [make, wanted, before](const std::vector<Tensor>& tensors) {
      Tensor made = make(tensors, wanted);
      if (before.places == 0 || made.shape()[0] != before.places * before.channels) return made;
      const Shape shape = made.shape();
      made = transpose(reshape(made, {before.channels, before.places, int64_t{-1}}), {1, 0, 2});
      return reshape(made, shape);
    };
    for (const SnapshotEntry& entry : given) {
      if (is_floating(entry.type.dtype)) continue;
      report_.errors.push_back(entry.name + ": expected floats, received " + entry.type.str());
      return;
    }
    add(to, given, convert);
  }

  void add(const WeightPtr& weight, const std::vector<SnapshotEntry>& given,
           const std::function<Tensor(const std::vector<Tensor>&)>& convert) {
    std::string names;
    for (const SnapshotEntry& entry : given) names += (names.empty() ? "" : " + ") + entry.name;
    Tensor value;
    try {
      std::vector<Tensor> tensors;
      for (const SnapshotEntry& entry : given) tensors.push_back(entry.read());
      value = convert(tensors).eval();
    } catch (const InvalidArgument& error) {
      report_.errors.push_back(names + " for " + weight->path + ": " + error.what());
      return;
    }
    if (value.shape() != weight->type.shape) {
      report_.errors.push_back(names + ": for " + weight->path + " expected shape " +
                               weight->type.shape.str() + ", received " + value.shape().str() +
                               " in Keras's layout");
      return;
    }
    with_nan_.look(names, value);
    plan_.emplace_back(weight, value);
    for (const SnapshotEntry& entry : given) report_.applied.push_back(entry.name);
  }

  // ---- Pictures that were flattened -----------------------------------------------------------------------

  // The symbolic input or output of a layer; undefined where it is called more than once, or never.
  static Tensor end_of(const Layer& layer, Tensor (Layer::*end)() const) {
    try {
      return (layer.*end)();
    } catch (const InvalidArgument&) {
      return {};
    }
  }

  static Flattened flattened_by(const Layer& layer) {
    if (!layer.built() || !layer.own_weights().empty() || layer.output_specs().size() != 1) return {};
    const Shape &in = layer.input_shape(), &out = layer.output_shape();
    if (in.rank() < 3 || out.rank() != 2 || out[1] < 1) return {};
    int64_t places = 1;
    for (int i = 1; i + 1 < in.rank(); ++i) {
      if (in[i] < 1) return {};
      places *= in[i];
    }
    if (places * in[-1] != out[1] || places == 1 || in[-1] == 1) return {};  // or nothing moves
    return {places, in[-1]};
  }

  // Goes back from the layer, through layers that keep the features where they are, to what flattened
  // pictures. False, with an error told, where that cannot be followed.
  bool find_flattened(const Place& place, Flattened& before) {
    const bool any = std::any_of(all_.begin(), all_.end(), [](const std::shared_ptr<Layer>& layer) {
      return flattened_by(*layer).places > 0;
    });
    const Layer* at = place.layer.get();
    for (size_t steps = 0; any && steps <= all_.size(); ++steps) {
      const Tensor input = end_of(*at, &Layer::input);
      const Layer* from = nullptr;
      for (const std::shared_ptr<Layer>& layer : all_) {
        const Tensor output = input.defined() ? end_of(*layer, &Layer::output) : Tensor();
        if (output.defined() && output.node() == input.node() && layer.get() != &model_) from = layer.get();
      }
      const bool outside =
          from && from->class_name() == "InputLayer" && place.name.find('.') != std::string::npos;
      if (!from || outside) {
        report_.errors.push_back(
            place.name + ": cannot tell whether what it gets are flattened pictures, which PyTorch has " +
            "with their channels first; load it with adapters of your own");
        return false;
      }
      before = flattened_by(*from);
      if (before.places > 0) return true;
      const LayerRecord* const record = find_record(from->class_name());
      const bool per_feature =
          from->own_weights().empty() ||
          (record && std::all_of(record->rules.begin(), record->rules.end(),
                                 [](const Rule& rule) { return rule.features && rule.make == as_is; }));
      if (from->class_name() == "InputLayer" || !per_feature || from->input_shape() != from->output_shape())
        return true;
      at = from;
    }
    return true;
  }

  Model& model_;
  const WeightSnapshot& snapshot_;
  std::vector<Place> places_;
  std::vector<std::shared_ptr<Layer>> all_;
  std::set<const void*> seen_;
  std::set<const SnapshotEntry*> used_;
  std::vector<std::pair<WeightPtr, Tensor>> plan_;
  detail::NanNames with_nan_;
  LoadReport report_;
};

}  // namespace

LoadReport apply_state_dict(Model& model, const WeightSnapshot& snapshot) {
  if (!model.built())
    throw InvalidArgument("apply_state_dict: model '" + model.name() +
                          "' is not built; give it an Input or build it first");
  return detail::reading(snapshot.source, [&] { return Loader(model, snapshot).run(); });
}

LoadReport load_state_dict(Model& model, const std::string& path) {
  return apply_state_dict(model, open_weights(path));
}

}  // namespace lamina
