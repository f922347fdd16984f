// Hugging Face's folders, in and out.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/apply_entries.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/safetensors.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/pretrained_files.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

constexpr uint64_t kMostConfig = uint64_t{16} << 20;

std::vector<Architecture>& all_architectures() {
  static std::vector<Architecture> all;
  return all;
}

}  // namespace

namespace detail {

const std::vector<Architecture>& architectures() { return all_architectures(); }

const Architecture& find_architecture(const Json& config) {
  std::vector<std::string> named;
  if (const Json* const list = config.find("architectures"); list && list->is_list()) {
    for (const Json& name : list->as_list()) {
      if (name.is_string()) named.push_back(name.as_string());
    }
  }
  for (const std::string& name : named) {
    for (const Architecture& one : architectures()) {
      if (one.name == name) return one;
    }
  }
  const Json* const type = config.find("model_type");
  const std::string model_type = type && type->is_string() ? type->as_string() : "";
  std::vector<std::string> known;
  for (const Architecture& one : architectures()) {
    if (named.empty() && one.model_type == model_type) return one;
    known.push_back(named.empty() ? one.model_type : one.name);
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (named.empty() && model_type.empty()) throw FileError("it names neither architectures nor a model_type");
  const std::string wanted = named.empty() ? model_type : named[0];
  throw FileError("the architecture is '" + wanted + "', which Lamina does not have" +
                  suggest(wanted, known));
}

}  // namespace detail

namespace {

using detail::find_architecture;

bool says_tied(const Architecture& architecture, const Json& config) {
  const Json* const tie = config.find("tie_word_embeddings");
  return tie && tie->is_bool() ? tie->as_bool() : architecture.tied;
}

Json read_config(const std::filesystem::path& path) {
  Json json = Json::parse(read_file(path.string(), kMostConfig), path.string(), kMostConfig);
  if (!json.is_object()) throw FileError("'" + path.string() + "' is no object");
  return json;
}

}  // namespace

namespace detail {

// Files may hold the table twice, and configurations of some versions say so of all models.
bool is_tied(const Architecture& architecture, const Json& config, const WeightSnapshot& weights) {
  if (!says_tied(architecture, config)) return false;
  const SnapshotEntry* const head = architecture.head.empty() ? nullptr : weights.find(architecture.head);
  if (!head) return true;
  for (const std::string& name : architecture.tables) {
    const SnapshotEntry* const table = weights.find(name);
    if (!table) continue;
    if (head->type != table->type) return false;
    const Tensor a = head->read().eval(), b = table->read().eval();
    if (std::memcmp(a.buffer()->data(), b.buffer()->data(), a.type().bytes()) != 0) return false;
  }
  return true;
}

Json read_folder_config(const std::string& folder) {
  const std::filesystem::path path = folder;
  if (!std::filesystem::is_directory(path))
    throw FileError("'" + folder +
                    "' is no folder; a folder with config.json and model.safetensors was expected");
  return read_config(path / "config.json");
}

void read_generation_config(const std::filesystem::path& folder, const Json& config, PretrainedModel& model) {
  const std::string file = (folder / "config.json").string();
  const std::filesystem::path generation = folder / "generation_config.json";
  const bool own = std::filesystem::exists(generation);
  const GenerationConfig how = own ? GenerationConfig::from_json(read_config(generation), generation.string())
                                   : GenerationConfig::from_json(config, file);
  reading(own ? generation.string() : file, [&] { model.set_generation_config(how); });
}

}  // namespace detail

namespace {

/// From what own_config wrote into a .keras file.
std::shared_ptr<Layer> from_layer_config(const Json& config) {
  ConfigReader reader(config, "PretrainedModel");
  ModelOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable);
  const Json json = reader.json("config");
  const bool tied = reader.boolean("tied", true);
  reader.done();
  return find_architecture(json).make(json, tied, options);
}

}  // namespace

bool register_architecture(Architecture architecture) {
  register_layer(architecture.name.c_str(), from_layer_config);
  all_architectures().push_back(std::move(architecture));
  return true;
}

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const Architecture& architecture : detail::architectures()) names.push_back(architecture.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Json PretrainedModel::own_config() const {
  const std::string& head = find_architecture(config_json()).head;
  const bool tied = std::none_of(state_->modules.begin(), state_->modules.end(),
                                 [&](const auto& module) { return module->name() + ".weight" == head; });
  return Json::object({{"config", config_json()}, {"tied", tied}});
}

const std::vector<std::shared_ptr<detail::Module>>& PretrainedFiles::modules(const PretrainedModel& model) {
  return model.state_->modules;
}

void PretrainedFiles::build(PretrainedModel& model) { model.state_->build_modules(model.seed()); }

detail::ChosenWeights PretrainedFiles::choose(const PretrainedModel& model,
                                              const PretrainedOptions& options) {
  if (options.quantize.empty()) return {};
  return model.state_->choose(model, detail::Storage(options.quantize, options.group));
}

LoadReport PretrainedFiles::load(PretrainedModel& model, WeightSnapshot snapshot, const std::string& copy,
                                 const detail::ChosenWeights& stored, detail::NewHead* head) {
  std::set<std::string> there, wanted, roots;  // names in the file, and what the body's begin with
  for (const SnapshotEntry& entry : snapshot.entries) there.insert(entry.name);
  std::vector<detail::EntryTarget> targets;
  int stream = 0;
  if (stored.storage) model.state_->quantization = stored.storage->mode();
  for (const auto& module : modules(model)) {
    for (const WeightPtr& weight : module->own_weights()) {
      const std::string full = module->full_name(weight->name);
      std::vector<std::string> names = model.names_in_files(full);
      const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& one) { return there.count(one); });
      const bool renewed = head && head->renew && model.is_of_head(full);
      if (head && (renewed || (found == names.end() && model.may_be_new(full)))) {
        weight->draw(head->seed, stream++);
        head->report.created.push_back(full);
        continue;
      }
      if (found != names.end() && !model.is_of_head(full)) roots.insert(found->substr(0, found->find('.')));
      if (found != names.end()) wanted.insert(*found);
      targets.push_back({std::move(names), weight});
    }
  }
  std::erase_if(snapshot.entries, [&](const SnapshotEntry& entry) {
    if (wanted.count(entry.name)) return false;
    if (entry.name == copy || model.ignores(entry.name)) {
      snapshot.skipped.push_back(entry.name + ": says nothing new");
      return true;
    }
    if (!head || roots.count(entry.name.substr(0, entry.name.find('.')))) return false;
    head->report.unused.push_back(entry.name);
    return true;
  });
  LoadReport report = detail::apply_entries(
      targets, snapshot, {.given = [&](Weight& weight) { model.state_->store(stored, weight); }});
  if (!report.complete() || !report.unused.empty())
    throw FileError("the tensors do not fit " + model.class_name() + " as config.json describes it:" + report.problems() +
                    report.leftovers());
  return report;
}

std::shared_ptr<PretrainedModel> AutoModel::from_config(const Json& config, const ModelOptions& options,
                                                        const std::string& dtype_policy) {
  const Architecture& architecture = find_architecture(config);
  std::shared_ptr<PretrainedModel> model =
      architecture.make(config, says_tied(architecture, config), options);
  model->set_dtype_policy(dtype_policy);
  PretrainedFiles::build(*model);
  model->set_generation_config(GenerationConfig::from_json(config, "config"));
  return model;
}

std::shared_ptr<PretrainedModel> AutoModel::from_pretrained(const std::string& folder,
                                                            const PretrainedOptions& options) {
  if (options.quantize.empty() && options.group)
    throw InvalidArgument("from_pretrained: a group belongs to quantize, which is empty");
  const Json config = detail::read_folder_config(folder);
  const std::string file = (std::filesystem::path(folder) / "config.json").string();
  const Architecture& architecture =
      detail::reading(file, [&]() -> const Architecture& { return find_architecture(config); });
  const WeightSnapshot weights = open_weights(folder);
  const bool tied = detail::is_tied(architecture, config, weights);
  std::shared_ptr<PretrainedModel> model =
      detail::reading(file, [&] { return architecture.make(config, tied, {.seed = options.seed}); });
  {
    const detail::ValuesFollow follow;
    PretrainedFiles::build(*model);
  }
  const detail::ChosenWeights stored = PretrainedFiles::choose(*model, options);
  detail::reading(
      folder, [&] { PretrainedFiles::load(*model, weights, tied ? architecture.head : "", stored, nullptr); });
  detail::read_generation_config(folder, config, *model);
  return model;
}

std::shared_ptr<PretrainedModel> AutoModelForSeq2SeqLM::from_pretrained(const std::string& folder,
                                                                        const PretrainedOptions& options) {
  std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder, options);
  if (!model->is_encoder_decoder())
    throw FileError("'" + folder + "' holds " + model->class_name() +
                    ", which is no encoder-decoder; AutoModel loads it");
  return model;
}

std::shared_ptr<PretrainedModel> AutoModelForCausalLM::from_pretrained(const std::string& folder,
                                                                       const PretrainedOptions& options) {
  std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder, options);
  if (model->is_encoder_decoder() || !model->generates())
    throw FileError("'" + folder + "' holds " + model->class_name() +
                    ", which does not go on with a text; AutoModel loads it");
  return model;
}

void PretrainedModel::save_pretrained(const std::string& folder, uint64_t max_shard_bytes) const {
  const std::filesystem::path path = folder;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw FileError("cannot make folder '" + folder + "': " + error.message());
  std::vector<std::vector<NamedTensor>> shards(1);
  uint64_t in_shard = 0, total = 0;
  for (const auto& module : state_->modules) {
    for (const WeightPtr& weight : module->own_weights()) {
      const uint64_t bytes = weight->type.bytes();
      if (in_shard > 0 && in_shard + bytes > max_shard_bytes) {
        shards.emplace_back();
        in_shard = 0;
      }
      in_shard += bytes;
      total += bytes;
      shards.back().push_back({module->full_name(weight->name), state_->value_of(*weight)});
    }
  }
  const auto number = [](size_t n) {
    const std::string digits = std::to_string(n);
    return std::string(5 - std::min<size_t>(5, digits.size()), '0') + digits;
  };
  Json map = Json::object();
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shards.size() == 1
                                 ? "model.safetensors"
                                 : "model-" + number(i + 1) + "-of-" + number(shards.size()) + ".safetensors";
    write_safetensors((path / name).string(), shards[i], {{"format", "pt"}});
    for (const NamedTensor& tensor : shards[i]) map[tensor.name] = name;
  }
  const auto write = [&](const char* name, const Json& json) {
    write_file((path / name).string(), json.dump(2) + "\n");
  };
  if (shards.size() > 1)
    write("model.safetensors.index.json", Json::object({{"metadata", Json::object({{"total_size", total}})},
                                                        {"weight_map", std::move(map)}}));
  write("generation_config.json", generation_config().to_json());
  write("config.json", config_json());
}

}  // namespace lamina
