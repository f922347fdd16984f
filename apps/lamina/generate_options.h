// Options of lamina generate and lamina translate, and what they load.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "precision.h"

namespace lamina::cli {

struct WritingOptions {
  std::string command = "generate";  ///< in whose name errors speak
  std::string model, ids, text, input, prefix, draft, draft_quantize, cache;
  std::optional<int> max_new_tokens, min_new_tokens, num_beams, num_return_sequences, top_k,
      no_repeat_ngram_size, num_assistant_tokens;
  std::optional<double> temperature, top_p, min_p, repetition_penalty, length_penalty;
  std::vector<std::string> stop;
  uint64_t seed = 0;
  int batch = 8;
  bool do_sample = false, json = false;
  Precision precision;
  Place place;
  Given given;
};

/// Of both commands.
void add_writing_options(Command& command, WritingOptions& options);

/// What the options say to generate(); the draft and stop strings come with what is loaded.
GenerateOptions how(const WritingOptions& options);

/// The folder's model and tokenizer, and what generate() is told.
struct Writer {
  std::shared_ptr<PretrainedModel> model;
  std::optional<PretrainedTokenizer> tokenizer;  ///< absent where the folder has none and no text needs it
  GenerateOptions how;

  /// Throws FileError; for a folder that is not there, and that `lamina data get` knows, it says so.
  explicit Writer(const WritingOptions& options);

  /// The tokens of a text. What is to be gone on with has to be read in full; an encoder may make do with a
  /// token for what it does not know.
  std::vector<int32_t> prompt_of(const std::string& text) const;
  /// The ids between commas.
  static std::vector<int32_t> ids_of(const std::string& text);
  /// What was written; null without a tokenizer.
  Json text_of(const std::vector<int32_t>& ids) const;
  /// {"ids": ..., "text": ...}
  Json json_of(const std::vector<int32_t>& ids) const;
  /// Warns, once, where tokens were written that the tokenizer does not have.
  void check_known(const std::vector<int32_t>& ids);

 private:
  bool warned_ = false;
};

/// Writes what follows each line of options.input, in the order of the lines. Gives the exit status.
int generate_lines(const WritingOptions& options);

}  // namespace lamina::cli
