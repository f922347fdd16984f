// See the header.
#include "pretrained.h"

#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/formats/npz.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace {

using namespace lamina;

template <class T>
void take(const Json& options, const char* key, std::optional<T>& value) {
  const Json* const found = options.find(key);
  if (!found) return;
  if constexpr (std::is_same_v<T, double>) {
    value = found->as_double();
  } else {
    value = static_cast<T>(found->as_int());
  }
}

GenerateOptions options_of(const Json& json) {
  GenerateOptions options;
  take(json, "max_new_tokens", options.max_new_tokens);
  take(json, "min_new_tokens", options.min_new_tokens);
  take(json, "num_beams", options.num_beams);
  take(json, "num_return_sequences", options.num_return_sequences);
  take(json, "length_penalty", options.length_penalty);
  take(json, "repetition_penalty", options.repetition_penalty);
  take(json, "no_repeat_ngram_size", options.no_repeat_ngram_size);
  return options;
}

Json list_of(const std::vector<std::vector<int32_t>>& rows) {
  Json list = Json::list();
  for (const auto& row : rows) {
    Json ids = Json::list();
    for (const int32_t id : row) ids.push_back(id);
    list.push_back(std::move(ids));
  }
  return list;
}

void ask(const std::filesystem::path& job) {
  const std::filesystem::path folder = std::filesystem::path(job).replace_extension();
  const Json json = Json::parse(read_file(job.string()));
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder.string());
  const std::map<std::string, Tensor> arrays = read_npz(folder.string() + ".npz");
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const Json& name : json.at("inputs").as_list())
    inputs.emplace_back(name.as_string(), arrays.at(name.as_string()));
  const bool more = json.at("output_all").as_bool();
  const Tensors outputs =
      model->run(Tensors(std::move(inputs)), {.output_attentions = more, .output_hidden_states = more});
  std::map<std::string, Tensor> written;
  for (size_t i = 0; i < outputs.size(); ++i) written[outputs.names()[i]] = outputs[i];
  write_npz(folder.string() + ".out.npz", written);
  Json generations = Json::list();
  for (const Json& generation : json.at("generations").as_list()) {
    std::vector<std::vector<int32_t>> prompts;
    for (const Json& row : generation.at("prompts").as_list()) {
      prompts.emplace_back();
      for (const Json& id : row.as_list()) prompts.back().push_back(static_cast<int32_t>(id.as_int()));
    }
    generations.push_back(list_of(model->generate(prompts, options_of(generation.at("options")))));
  }
  std::ofstream(folder.string() + ".out.json") << generations.dump();
  model->save_pretrained(folder.string() + ".saved", 4096);
}

}  // namespace

int ask_pretrained(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".json" || path.stem().has_extension()) continue;
    try {
      ask(path);
    } catch (const std::exception& error) {
      std::ofstream(std::filesystem::path(path).replace_extension(".error").string()) << error.what();
    }
  }
  return 0;
}
