// Folders with a small new model and a tokenizer, as a checkpoint to fine-tune.
#pragma once

#include <string>

#include "lamina/text/tokenizers/trainers.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {

/// A folder with a new model and a tokenizer that was learned from some words.
inline std::string folder_with(const TemporaryFolder& at, const std::string& name, Json config,
                               const Json& pipeline) {
  const PretrainedTokenizer tokenizer = train_tokenizer(
      pipeline,
      {"a good film a bad film the one music what day in New York and Boston sunny Rome or to",
       "answers prompts red green blue apple grass sky"},
      {.vocab_size = 120});
  config["vocab_size"] = tokenizer.size();
  const std::string folder = at / name;
  AutoModel::from_config(config, {.seed = 2})->save_pretrained(folder);
  tokenizer.save_pretrained(folder);
  return folder;
}

inline Json untrained_bert() {
  Json config = small_bert();
  config["architectures"] = Json::list({"BertModel"});
  config["hidden_size"] = 16;
  config["max_position_embeddings"] = 24;
  config["hidden_dropout_prob"] = 0.0;
  config["attention_probs_dropout_prob"] = 0.0;
  return config;
}

}  // namespace lamina::test
