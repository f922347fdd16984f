// One way for all tasks: from a checkpoint to a folder, by way of the files that every training has.
#include "fine_tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli.h"
#include "fingerprint.h"
#include "folder_training.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/explain/run_report.h"
#include "lamina/zoo/transformers/fine_tuning.h"
#include "texts.h"
#include "train_language.h"
#include "train_report.h"

namespace lamina::cli {
namespace {

constexpr int kEpochs = 3;
constexpr int kRows = 16;
constexpr double kRate = 5e-5, kAdapterRate = 5e-4;

void check_needs(const FineTuningTask& task, const TrainOptions& options) {
  if (options.from.empty())
    throw UsageError(
        "train: '" + task.name +
        "' needs the folder of a checkpoint (--from DIR): config.json, model.safetensors and the "
        "tokenizer's files");
  if (options.data.empty())
    throw UsageError("train: '" + task.name + "' needs --data; see 'lamina train --help'");
  if (!options.validation_data.empty() && options.validation_split > 0)
    throw UsageError("train: --validation-data and --validation-split exclude each other");
}

std::optional<LoraConfig> adapter_of(const TrainOptions& options, const std::vector<std::string>& created) {
  if (!options.lora) return std::nullopt;
  LoraConfig config{.r = *options.lora,
                    .lora_alpha = options.lora_alpha > 0 ? options.lora_alpha : 2.0 * *options.lora,
                    .target_modules = names_between_commas(options.lora_targets)};
  config.modules_to_save = {"classifier", "score"};
  // What is new would otherwise stay as it was drawn.
  for (const char* module : {"pooler", "pre_classifier"}) {
    const auto of = [&](const std::string& name) { return name.find(module) != std::string::npos; };
    if (std::any_of(created.begin(), created.end(), of)) config.modules_to_save->push_back(module);
  }
  return config;
}

int64_t trained_parameters(const PretrainedModel& model) {
  int64_t count = 0;
  for (const WeightPtr& weight : model.weights(true)) count += weight->type.shape.size();
  return count;
}

Json fingerprint(const FineTuningTask& task, const TrainOptions& options, const FineTuning& job, int epochs,
                 const FineTuningOptions& how, const TextBatchesOptions& batches) {
  return Json::object({{"task", task.name},
                       {"model", job.model().config_json()},
                       {"samples", job.hash(Part::kTraining)},
                       {"held_out", job.hash(Part::kValidation)},
                       {"epochs", epochs},
                       {"batch_size", batches.rows},
                       {"max_length", options.max_length.value_or(0)},
                       {"weights", hash_of(job.model())},
                       {"learning_rate", how.learning_rate},
                       {"lora", options.lora ? Json(*options.lora) : Json()},
                       {"lora_alpha", options.lora_alpha},
                       {"lora_targets", options.lora_targets},
                       {"seed", std::to_string(options.seed)}});
}

const char* name_of(Part part) {
  return part == Part::kTest ? "test" : part == Part::kValidation ? "validation" : "training";
}

std::string write_report(const FineTuningTask& task, const TrainOptions& options, const FineTuning& job,
                         const FolderTraining& training, const Metrics& metrics, Part judged, int rows,
                         int64_t trained) {
  RunDescription run = description_of(task.name + ": " + options.from, options.data, options, training.log());
  run.batch_size = rows;
  run.step_seconds = training.log().step_seconds();
  run.train_samples = static_cast<int64_t>(job.size(Part::kTraining));
  run.validation_samples = static_cast<int64_t>(job.size(Part::kValidation));
  if (judged != Part::kTraining) run.held_out_name = name_of(judged);
  run.metrics = metrics;
  run.configuration = {{"checkpoint", options.from},
                       {"batch size", std::to_string(rows)},
                       {"trained parameters", std::to_string(trained)},
                       {"kept epoch", std::to_string(training.best_epoch())},
                       {"seed", std::to_string(options.seed)}};
  if (options.lora) run.configuration.emplace_back("LoRA", fmt::format("rank {}", *options.lora));
  TrainingReport report = run_report(job.model(), run);
  const Json table = table_of(report, job.model());
  job.describe(report, judged);
  return write_page(report, about(task.name, task.name, table, run), training.log(), training.files());
}

}  // namespace

const std::vector<FineTuningTask>& fine_tuning_tasks() {
  static const std::vector<FineTuningTask> all{classify_task(), label_task(), regress_task(), tag_task(),
                                               answer_task()};
  return all;
}

const FineTuningTask* find_fine_tuning_task(const std::string& name) {
  for (const FineTuningTask& task : fine_tuning_tasks()) {
    if (task.name == name) return &task;
  }
  return nullptr;
}

const FineTuningTask* task_of_folder(const std::string& path) {
  if (!is_model_folder(path)) return nullptr;
  const Json config = config_of(path);
  for (const FineTuningTask& task : fine_tuning_tasks()) {
    if (task.owns(config)) return &task;
  }
  return nullptr;
}

bool is_of_class(const Json& config, const std::string& ending) {
  const Json* const names = config.find("architectures");
  return names && names->is_list() && names->size() > 0 && names->at(0).is_string() &&
         names->at(0).as_string().ends_with(ending);
}

bool is_of_problem(const Json& config, TextProblem problem) {
  return is_of_class(config, "ForSequenceClassification") && problem_of(config) == problem;
}

Json input_of(const TextInputs& texts, size_t i, const Json::Object& more) {
  Json object = Json::object({{"input", texts.texts[i]}});
  if (!texts.pairs.empty()) object["pair"] = texts.pairs[i];
  for (const auto& [name, value] : more) object[name] = value;
  return object;
}

int train_fine_tuning(const FineTuningTask& task, const TrainOptions& options) {
  check_needs(task, options);
  const std::string folder = out_folder(options, task.name + "-tuned");
  const int epochs = options.epochs.value_or(kEpochs);
  const FineTuningOptions how{.learning_rate = options.learning_rate > 0 ? options.learning_rate
                                               : options.lora            ? kAdapterRate
                                                                         : kRate};
  const TextBatchesOptions rows{.rows = options.batch_size.value_or(kRows)};
  const std::unique_ptr<FineTuning> job = task.begin(options);
  job->set_max_length(options.max_length.value_or(0));
  PretrainedModel& model = job->model();
  FolderTraining training(options, task.name, folder);
  training.open(fingerprint(task, options, *job, epochs, how, rows));
  const std::optional<LoraConfig> adapter = adapter_of(options, job->created());
  if (adapter) model.add_adapter(*adapter);
  const std::unique_ptr<BatchSource> batches = job->batches(Part::kTraining, rows);
  TextBatchesOptions in_order = rows;
  in_order.shuffle = false;
  std::unique_ptr<BatchSource> validation;
  if (job->size(Part::kValidation) > 0) validation = job->batches(Part::kValidation, in_order);
  compile_for_fine_tuning(model, epochs * batches->steps().value(), how);
  training.try_to_save(model, 8);
  const int64_t trained = trained_parameters(model);
  training.talk().say(fmt::format("{}: {} texts to learn, {} to validate; {} of {} parameters are trained.",
                                  model.class_name(), job->size(Part::kTraining),
                                  job->size(Part::kValidation), trained, model.count_params()));
  training.fit(model, *batches, validation.get(), task.best, {}, options.data);

  // One of a training that stood here before does not belong to these weights.
  std::error_code none;
  for (const char* file : {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"})
    std::filesystem::remove(folder + "/" + file, none);
  if (adapter) {
    model.save_adapter(folder + "/adapter");
    model.merge_adapter();
  }
  job->save(folder);
  training.refuse_bad_loss();
  // What is saved is judged, as `lamina evaluate` would.
  const Part judged = job->size(Part::kTest) > 0         ? Part::kTest
                      : job->size(Part::kValidation) > 0 ? Part::kValidation
                                                         : Part::kTraining;
  const Metrics metrics = job->judge(judged);
  training.finish(
      metrics, name_of(judged),
      write_report(task, options, *job, training, metrics, judged, static_cast<int>(rows.rows), trained),
      Json::object({{"kept_epoch", training.best_epoch()}, {"trained_parameters", trained}}));
  return 0;
}

int evaluate_fine_tuning(const FineTuningTask& task, const std::string& folder, const std::string& data,
                         const DataArguments& arguments, bool json) {
  if (data.empty())
    throw UsageError("evaluate: --data is missing: '" + folder + "' was fine-tuned to " + task.name);
  const auto [metrics, count] = task.evaluate(folder, data, arguments);
  if (json) {
    print_json(Json::object({{"metrics", metrics_json(metrics)}, {"samples", static_cast<int64_t>(count)}}));
  } else {
    fmt::print("{} - {} {}\n", metrics_line(metrics), count, count == 1 ? "text" : "texts");
  }
  return 0;
}

int predict_fine_tuning(const FineTuningTask& task, const std::string& folder,
                        const std::vector<std::string>& inputs, bool pairs, bool json) {
  if (pairs && !task.pairs)
    throw UsageError("predict: --pairs: '" + folder + "' was fine-tuned to " + task.name +
                     ", which takes one text at a time");
  TextInputs texts;
  for (const std::string& input : inputs) {
    if (!is_text(input))
      throw InvalidArgument("'" + input + "' is no text, nor a .txt with one on each line");
    for (std::string& text : read_texts(input).texts) {
      if (pairs) {
        const size_t tab = text.find('\t');
        if (tab == std::string::npos || text.find('\t', tab + 1) != std::string::npos)
          throw InvalidArgument("text " + std::to_string(texts.size()) + ", '" + text +
                                "': two texts with a tab between them were expected (--pairs)");
        texts.pairs.push_back(text.substr(tab + 1));
        text.resize(tab);
      }
      texts.texts.push_back(std::move(text));
    }
  }
  task.predict(folder, texts, [json](const Json& object, const std::string& line) {
    if (json) {
      print_json(object);
    } else {
      fmt::print("{}  {}\n", printable(object.at("input").as_string()), printable(line));
    }
  });
  return 0;
}

}  // namespace lamina::cli
