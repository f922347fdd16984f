// lamina convert: folders of language models.
#include "convert_language.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cli.h"
#include "convert_tflite.h"
#include "lamina/zoo/transformers/functional_model.h"

namespace lamina::cli {
namespace {

const Shape* shape_of(const InputShapes& shapes, const std::string& name) {
  const auto found = std::find_if(shapes.begin(), shapes.end(), [&](const auto& one) { return one.first == name; });
  return found == shapes.end() ? nullptr : &found->second;
}

}  // namespace

Model language_model_for(const std::shared_ptr<PretrainedModel>& model, const std::string& out, InputShapes& shapes) {
  const std::vector<ModelInput> inputs = model->takes();
  FunctionalOptions options;
  options.all_inputs = std::any_of(inputs.begin(), inputs.end(), [&](const ModelInput& input) {
    return !input.usual && shape_of(shapes, input.name);
  });
  options.ids = is_tflite(out) ? DType::kInt32 : DType::kInt64;
  for (const ModelInput& input : inputs) {
    if ((!input.usual && !options.all_inputs) || shape_of(shapes, input.name)) continue;
    if (const Shape* const like = shape_of(shapes, input.like)) shapes.emplace_back(input.name, Shape(*like));
  }
  return functional_model(model, options);
}

std::vector<std::string> left_in_folder(const std::string& folder, bool weights_alone) {
  constexpr size_t kMost = 8;
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (!entry->is_regular_file(ignored) || name.find(".safetensors") != std::string::npos ||
        (name == "config.json" && !weights_alone))
      continue;
    names.push_back(name);
  }
  if (names.empty()) return {};
  std::sort(names.begin(), names.end());
  const size_t more = names.size() - std::min(names.size(), kMost);
  names.resize(names.size() - more);
  return {fmt::format("{}{} of '{}'", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more files", more) : "",
                      folder)};
}

}  // namespace lamina::cli
