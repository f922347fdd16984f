// The commands, for models that translate: their data, and how good they are.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/zoo/translation_recipes.h"
#include "train_files.h"
#include "train_job.h"
#include "train_log.h"

namespace lamina::cli {

/// Pairs of texts, and the file that they came from.
struct Pairs {
  ParallelTexts texts;
  std::string file;
};

/// The pairs that `source` names: a file, or a folder with a file for each part, perhaps with a part and a
/// range
/// ("multi30k:val", "pairs.tsv[:100]").
/// @param part  the one that is taken of a folder where the source names none: "train", "val" or "test"
/// Throws FileError for a folder without that part, and as parallel_file and read_parallel_texts.
Pairs read_pairs(const std::string& source, const std::string& part, const TranslationTask& task);
/// Whether `source` is a folder with that part.
bool has_pairs(const std::string& source, const std::string& part);

/// What a translator was judged by.
struct Judgement {
  std::vector<std::string> translations;
  std::vector<std::pair<std::string, double>> metrics;  ///< loss, accuracy, bleu, chrf
  std::string signature;                                ///< of BLEU, as sacreBLEU says it
};
Judgement judge(const Translator& translator, const ParallelTexts& texts);

/// A training that is done.
struct TranslationRun {
  std::string name, network, data;
  int epochs = 0;
  int64_t batch_tokens = 0, pairs = 0;
  double tokens_s = 0;                    ///< of sources and targets, padding left out; 0: not known
  const ParallelTexts* judged = nullptr;  ///< nullptr where nothing was held out
  std::string judged_name = {};
  Judgement judgement = {};
  std::vector<std::pair<std::string, Alignment>> alignments = {};  ///< of some texts
};

/// Writes report.html, and into run.json what `lamina report` shows of the run; the path of the page.
std::string write_translation_report(const TrainOptions& options, const TranslationRun& run, Model& model,
                                     const TrainLog& log, const TrainFiles& files);

/// Whether the folder `path` is of an encoder-decoder, as its config.json says.
bool translates(const std::string& path);

/// lamina train of such a recipe; the exit status. It leaves a folder as Hugging Face's library writes them
/// and a run folder.
int train_translation(const TranslationRecipe& recipe, const TrainOptions& options);
/// lamina evaluate of such a folder.
/// @param source  empty: the data of the recipe that has this task
/// @param arguments  columns of the texts and their translations, where the folder does not say them
int evaluate_translation(const std::string& folder, const std::string& source, const DataArguments& arguments,
                         bool json);

}  // namespace lamina::cli
