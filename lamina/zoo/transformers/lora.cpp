// Adapters in PEFT's names and files.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/safetensors.h"
#include "lamina/zoo/transformers/detail/config_values.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

constexpr uint64_t kMostConfig = uint64_t{1} << 20;

std::vector<std::string> usual_targets(const std::string& model_type) {
  static const std::map<std::string, std::vector<std::string>> known = {{"t5", {"q", "v"}},
                                                                        {"mt5", {"q", "v"}},
                                                                        {"gpt2", {"c_attn"}},
                                                                        {"bert", {"query", "value"}},
                                                                        {"roberta", {"query", "value"}},
                                                                        {"distilbert", {"q_lin", "v_lin"}}};
  const auto found = known.find(model_type);
  return found == known.end() ? std::vector<std::string>{"q_proj", "v_proj"} : found->second;
}

/// Whether a part of the name between dots is one of these.
bool is_within(const std::string& name, const std::vector<std::string>& parts) {
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    if (std::count(parts.begin(), parts.end(), name.substr(begin, end - begin)) > 0) return true;
    begin = end + 1;
  }
  return false;
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

/// "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight"
std::string name_in_file(const detail::Product& product, const char* which) {
  return "base_model.model." + product.name() + "." + which + ".weight";
}

/// The modules that are trained as they are.
std::vector<std::shared_ptr<detail::Module>> saved_of(
    const std::vector<std::shared_ptr<detail::Module>>& modules, const LoraConfig& config) {
  std::vector<std::shared_ptr<detail::Module>> all;
  for (const auto& module : modules) {
    if (is_within(module->name(), *config.modules_to_save)) all.push_back(module);
  }
  return all;
}

std::vector<std::shared_ptr<detail::Product>> products_of(
    const std::vector<std::shared_ptr<detail::Module>>& modules) {
  std::vector<std::shared_ptr<detail::Product>> all;
  for (const auto& module : modules) {
    if (auto product = std::dynamic_pointer_cast<detail::Product>(module)) all.push_back(std::move(product));
  }
  return all;
}

std::string task_type_of(const PretrainedModel& model) {
  if (model.is_encoder_decoder()) return "SEQ_2_SEQ_LM";
  if (model.generates()) return "CAUSAL_LM";
  if (model.class_name().ends_with("ForSequenceClassification")) return "SEQ_CLS";
  if (model.class_name().ends_with("ForTokenClassification")) return "TOKEN_CLS";
  return "FEATURE_EXTRACTION";
}

}  // namespace

void PretrainedModel::add_adapter(const LoraConfig& given) {
  if (state_->adapter) throw InvalidArgument("the model has an adapter already; merge_adapter() comes first");
  if (!state_->quantization.empty())
    throw InvalidArgument("add_adapter: the model is quantized; load it without to adapt it");
  if (built() || compiled() || !state_->made.empty() || !state_->runners.empty())
    throw InvalidArgument(
        "add_adapter: the model is in use already; add the adapter before it is compiled, built or asked");
  LoraConfig config = given;
  if (config.target_modules.empty()) config.target_modules = usual_targets(model_type());
  if (!config.modules_to_save) config.modules_to_save = {"classifier", "score"};
  if (config.r < 1)
    throw InvalidArgument("add_adapter: r is " + std::to_string(config.r) +
                          "; a rank from 1 on was expected");
  if (!(config.lora_dropout >= 0 && config.lora_dropout < 1) || !std::isfinite(config.lora_alpha))
    throw InvalidArgument("add_adapter: lora_dropout must be from 0 to less than 1, and lora_alpha a number");
  std::vector<std::shared_ptr<detail::Product>> chosen;
  std::set<std::string> there;
  for (const auto& product : products_of(state_->modules)) {
    if (is_within(product->name(), *config.modules_to_save)) continue;
    const std::string name = last_part(product->name());
    there.insert(name);
    if (std::count(config.target_modules.begin(), config.target_modules.end(), name) > 0)
      chosen.push_back(product);
  }
  if (chosen.empty())
    throw InvalidArgument("add_adapter: no matrix is called '" + config.target_modules[0] + "'" +
                          suggest(config.target_modules[0], {there.begin(), there.end()}));
  int stream = 2 * static_cast<int>(state_->modules.size());  // other numbers than the model's
  state_->build_modules(seed());
  for (const auto& module : state_->modules) module->set_trainable(false);
  for (const auto& module : saved_of(state_->modules, config)) module->set_trainable(true);
  for (const auto& product : chosen) {
    // PEFT draws A as torch.nn.Linear does its weight, evenly up to 1 / sqrt(inputs), which deviates by a
    // third as much squared, and begins with B = 0: the model is at first what it was.
    const double deviation = 1 / std::sqrt(3.0 * static_cast<double>(product->inputs()));
    const auto part = [&](const char* name, int64_t inputs, int64_t outputs, double spread) {
      auto made =
          std::make_shared<detail::Linear>(product->name() + "." + name, inputs, outputs, false, spread);
      track(made->name(), made);
      made->build(TensorSpecs{}, seed(), stream);
      return made;
    };
    const auto a = part("lora_A", product->inputs(), config.r, deviation);
    const auto b = part("lora_B", config.r, product->outputs(), 0);
    product->adapt(a, b, config.lora_alpha / static_cast<double>(config.r), config.lora_dropout);
  }
  state_->adapter = config;
}

void PretrainedModel::save_adapter(const std::string& folder) const {
  if (!state_->adapter) throw InvalidArgument("save_adapter: the model has no adapter");
  const LoraConfig& config = *state_->adapter;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError("cannot make folder '" + folder + "': " + error.message());
  std::vector<NamedTensor> tensors;
  bool input_major = false;
  for (const auto& product : products_of(state_->modules)) {
    if (!product->a()) continue;
    tensors.push_back({name_in_file(*product, "lora_A"), product->a()->own_weights().at(0)->read()});
    tensors.push_back({name_in_file(*product, "lora_B"), product->b()->own_weights().at(0)->read()});
    input_major = input_major || product->class_name() == "InputMajorLinear";
  }
  Json saved = Json::list();
  for (const std::string& name : *config.modules_to_save) saved.push_back(name);
  for (const auto& module : saved_of(state_->modules, config)) {
    for (const WeightPtr& weight : module->own_weights())
      tensors.push_back({"base_model.model." + module->full_name(weight->name), weight->read()});
  }
  Json targets = Json::list();
  for (const std::string& target : config.target_modules) targets.push_back(target);
  const std::filesystem::path path = folder;
  write_safetensors((path / "adapter_model.safetensors").string(), tensors, {{"format", "pt"}});
  const Json json = Json::object({{"peft_type", "LORA"},
                                  {"base_model_name_or_path", nullptr},
                                  {"task_type", task_type_of(*this)},
                                  {"r", config.r},
                                  {"lora_alpha", config.lora_alpha},
                                  {"lora_dropout", config.lora_dropout},
                                  {"target_modules", std::move(targets)},
                                  {"modules_to_save", saved.size() > 0 ? saved : Json()},
                                  {"bias", "none"},
                                  {"fan_in_fan_out", input_major},
                                  {"inference_mode", true}});
  write_file((path / "adapter_config.json").string(), json.dump(2) + "\n");
}

void PretrainedModel::load_adapter(const std::string& folder) {
  const std::filesystem::path path = folder;
  const std::string file = (path / "adapter_config.json").string();
  const Json json = Json::parse(read_file(file, kMostConfig), file, kMostConfig);
  LoraConfig config;
  detail::reading(file, [&] {
    const detail::ConfigValues values(json, "LoraConfig");
    values.size("r", config.r);
    values.number("lora_alpha", config.lora_alpha);
    values.rate("lora_dropout", config.lora_dropout);
    const std::pair<const char*, Json> plain[] = {{"bias", "none"},
                                                  {"use_rslora", false},
                                                  {"use_dora", false},
                                                  {"rank_pattern", Json::object()},
                                                  {"alpha_pattern", Json::object()},
                                                  {"layers_to_transform", nullptr}};
    for (const auto& [key, value] : plain) {
      const Json* const found = values.find(key);
      if (found && !(*found == value)) values.fail(key, *found, "an adapter without it");
    }
    if (const Json* const kind = values.find("peft_type"); !kind || !(*kind == Json("LORA")))
      values.fail("peft_type", kind ? *kind : Json(), "\"LORA\"");
    const Json* const targets = values.find("target_modules");
    if (!targets || !targets->is_list())
      values.fail("target_modules", targets ? *targets : Json(), "a list of names");
    for (const Json& target : targets->as_list()) config.target_modules.push_back(target.as_string());
    config.modules_to_save.emplace();
    const Json* const saved = values.find("modules_to_save");
    if (saved && !saved->is_list()) values.fail("modules_to_save", *saved, "a list of names");
    for (size_t i = 0; saved && i < saved->size(); ++i)
      config.modules_to_save->push_back(saved->at(i).as_string());
  });
  const SafetensorsReader reader((path / "adapter_model.safetensors").string());
  add_adapter(config);
  detail::reading(folder, [&] {
    size_t used = 0;
    for (const auto& product : products_of(state_->modules)) {
      if (!product->a()) continue;
      product->a()->own_weights().at(0)->assign(reader.read(name_in_file(*product, "lora_A")));
      product->b()->own_weights().at(0)->assign(reader.read(name_in_file(*product, "lora_B")));
      used += 2;
    }
    for (const auto& module : saved_of(state_->modules, config)) {
      for (const WeightPtr& weight : module->own_weights()) {
        weight->assign(reader.read("base_model.model." + module->full_name(weight->name)));
        ++used;
      }
    }
    if (used != reader.names().size())
      throw FileError("the adapter has " + std::to_string(reader.names().size()) +
                      " tensors, and the model has places for " + std::to_string(used));
  });
}

void PretrainedModel::merge_adapter() {
  if (!state_->adapter) throw InvalidArgument("merge_adapter: the model has no adapter");
  for (const auto& product : products_of(state_->modules)) product->merge();
  for (const auto& module : state_->modules) module->set_trainable(true);
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> members;
  for (const auto& module : state_->modules) members.emplace_back(module->name(), module);
  set_sublayers(std::move(members));
  forget_build();
  state_->made.clear();
  state_->runners.clear();
  state_->adapter.reset();
}

}  // namespace lamina
