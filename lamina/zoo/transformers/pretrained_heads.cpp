// The folder's configuration with another class in it, and its tensors as far as that class has them.
#include "lamina/zoo/transformers/pretrained_heads.h"

#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/zoo/transformers/detail/pretrained_files.h"
#include "lamina/zoo/transformers/label_losses.h"

namespace lamina {
namespace {

const Architecture& with_head(const Json& config, const std::string& ending) {
  const std::string type = detail::find_architecture(config).model_type;
  std::set<std::string> known;
  for (const Architecture& one : detail::architectures()) {
    if (!one.name.ends_with(ending)) continue;
    if (one.model_type == type) return one;
    known.insert(one.model_type);
  }
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  throw FileError("models of type '" + type + "' have no class ..." + ending +
                  " here; those that have: " + list);
}

void check(const std::vector<std::string>& labels, bool numbers) {
  const std::set<std::string> all(labels.begin(), labels.end());
  if (labels.size() == 1 && !numbers)
    throw InvalidArgument("there is one class only, '" + labels[0] + "': nothing is to be told apart");
  if (all.size() != labels.size()) throw InvalidArgument("a class has its name twice among the labels");
  if (all.count("")) throw InvalidArgument("a class has no name among the labels");
}

void name_classes(Json& config, const std::vector<std::string>& labels) {
  Json names = Json::object(), numbers = Json::object();
  for (size_t i = 0; i < labels.size(); ++i) {
    names[std::to_string(i)] = labels[i];
    numbers[labels[i]] = static_cast<int64_t>(i);
  }
  config["id2label"] = std::move(names);
  config["label2id"] = std::move(numbers);
  if (config.contains("num_labels")) config["num_labels"] = static_cast<int64_t>(labels.size());
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t kMost = 6;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() <= kMost ? text : text + " and " + std::to_string(names.size() - kMost) + " more";
}

void tell(const std::string& folder, const PretrainedModel& model, const HeadReport& report) {
  if (!report.created.empty())
    warn(model.class_name() + " of '" + folder +
         "': new, and of no meaning before they are trained: " + some_of(report.created));
  if (!report.unused.empty())
    warn(model.class_name() + " of '" + folder + "': not used: " + some_of(report.unused));
}

std::shared_ptr<PretrainedModel> load(const std::string& folder, const std::string& ending,
                                      const HeadOptions& options, HeadReport* report) {
  check(options.labels, options.problem_type == name_of(TextProblem::kNumbers));
  Json config = detail::read_folder_config(folder);
  const std::string file = folder + "/config.json";
  const Architecture& architecture =
      detail::reading(file, [&]() -> const Architecture& { return with_head(config, ending); });
  const bool has_head = detail::find_architecture(config).name == architecture.name;
  if (!has_head && options.labels.empty())
    throw InvalidArgument("'" + folder + "' holds " + detail::find_architecture(config).name +
                          ", which tells no classes apart: name them (labels)");
  config["architectures"] = Json::list({architecture.name});
  if (!options.problem_type.empty()) config["problem_type"] = options.problem_type;
  const Json* const padding = config.find("pad_token_id");
  if (options.pad_token_id && (!padding || padding->is_null()))
    config["pad_token_id"] = *options.pad_token_id;
  detail::NewHead head{.renew = !has_head, .seed = options.seed};
  if (!options.labels.empty()) {
    std::vector<std::string> there;
    if (has_head)
      there = detail::reading(file, [&] { return architecture.make(config, true, {})->class_names(); });
    const std::set<std::string> old(there.begin(), there.end()),
        wanted(options.labels.begin(), options.labels.end());
    if (old != wanted) {
      head.renew = true;
      name_classes(config, options.labels);
    }
  }
  const WeightSnapshot weights = open_weights(folder);
  std::shared_ptr<PretrainedModel> model =
      detail::reading(file, [&] { return architecture.make(config, true, {.seed = options.seed}); });
  {
    const detail::ValuesFollow follow;
    PretrainedFiles::build(*model);
  }
  detail::reading(folder, [&] { PretrainedFiles::load(*model, weights, "", {}, &head); });
  detail::read_generation_config(folder, config, *model);
  tell(folder, *model, head.report);
  if (report) *report = std::move(head.report);
  return model;
}

}  // namespace

std::shared_ptr<PretrainedModel> AutoModelForSequenceClassification::from_pretrained(
    const std::string& folder, const HeadOptions& options, HeadReport* report) {
  return load(folder, "ForSequenceClassification", options, report);
}

std::shared_ptr<PretrainedModel> AutoModelForTokenClassification::from_pretrained(const std::string& folder,
                                                                                  const HeadOptions& options,
                                                                                  HeadReport* report) {
  return load(folder, "ForTokenClassification", options, report);
}

}  // namespace lamina
