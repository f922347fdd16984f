// Fine-tuning of imported checkpoints: `lamina train classify|tag|answer --from DIR`, and what evaluate and
// predict do with the folders that come out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lamina/explain/report.h"
#include "lamina/nn/batch_source.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "lamina/zoo/transformers/text_classifier.h"
#include "metrics.h"
#include "train_job.h"

namespace lamina::cli {

/// What is learned, what chooses the best epoch, and what judges at the end.
enum class Part { kTraining, kValidation, kTest };

/// A checkpoint with the data that it is fine-tuned on.
class FineTuning {
 public:
  virtual ~FineTuning() = default;
  virtual PretrainedModel& model() const = 0;
  /// Tensors of the model that the checkpoint did not have.
  virtual std::vector<std::string> created() const { return {}; }
  /// Texts of that part; 0: there is none.
  virtual size_t size(Part part) const = 0;
  virtual std::unique_ptr<BatchSource> batches(Part part, const TextBatchesOptions& options) const = 0;
  /// How good the model is on it.
  virtual Metrics judge(Part part) = 0;
  virtual void save(const std::string& folder) const = 0;
  /// Cuts texts to so many tokens, here and in what is saved.
  virtual void set_max_length(int64_t tokens) = 0;
  /// A hash of all texts of that part.
  virtual std::string hash(Part part) const = 0;
  /// Adds what the page shows of this task: examples, a confusion matrix. Of the part that judge() was asked
  /// for last.
  virtual void describe(TrainingReport& report, Part judged) const = 0;
};

/// A task as it is named on the command line.
struct FineTuningTask {
  std::string name, description;
  std::vector<std::string> columns;  ///< options that say how its data are read
  std::string best;                  ///< the log by which the best epoch is known: "val_accuracy"
  bool pairs = false;                ///< whether it judges pairs of texts, too
  /// Reads data and checkpoint: nothing is computed yet.
  std::unique_ptr<FineTuning> (*begin)(const TrainOptions& options);
  /// Whether the folder with this config.json is of the task.
  bool (*owns)(const Json& config);
  /// lamina evaluate: metrics of the folder on `data`, and the number of texts.
  std::pair<Metrics, size_t> (*evaluate)(const std::string& folder, const std::string& data,
                                         const DataArguments& arguments);
  /// lamina predict: an object for each text, and a line for a person; null: it is asked in other ways.
  void (*predict)(const std::string& folder, const TextInputs& texts,
                  const std::function<void(const Json&, const std::string&)>& say);
};

/// Whether config.json is of a class with that ending: "ForTokenClassification".
bool is_of_class(const Json& config, const std::string& ending);
/// Whether it is of a class ...ForSequenceClassification for that problem.
bool is_of_problem(const Json& config, TextProblem problem);
/// What predict says of text `i`: {"input": ..., "pair": ...} and `more`.
Json input_of(const TextInputs& texts, size_t i, const Json::Object& more);

/// All of them, in the order in which help names them.
const std::vector<FineTuningTask>& fine_tuning_tasks();
/// The one of that name, or nullptr.
const FineTuningTask* find_fine_tuning_task(const std::string& name);
/// The one that the folder `path` is of, by its config.json; nullptr where it is of none, or no folder of a
/// model.
const FineTuningTask* task_of_folder(const std::string& path);

/// lamina train of such a task; the exit status. It leaves a folder as Hugging Face's library writes them,
/// with
/// `--lora` the adapter alone in its folder `adapter`, too, and a run folder.
int train_fine_tuning(const FineTuningTask& task, const TrainOptions& options);
/// lamina evaluate of such a folder.
int evaluate_fine_tuning(const FineTuningTask& task, const std::string& folder, const std::string& data,
                         const DataArguments& arguments, bool json);
/// lamina predict of such a folder: inputs are texts, or .txt files with one on each line, or "-".
/// @param pairs  whether each is two, with a tab between them
int predict_fine_tuning(const FineTuningTask& task, const std::string& folder,
                        const std::vector<std::string>& inputs, bool pairs, bool json);

// The tasks, a file each.
FineTuningTask classify_task();
FineTuningTask label_task();
FineTuningTask regress_task();
FineTuningTask tag_task();
FineTuningTask answer_task();

}  // namespace lamina::cli
