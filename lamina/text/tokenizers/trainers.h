// Training of new vocabularies for tokenizers: BPE, WordPiece, Unigram and lists of words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

namespace lamina {

/// Arguments of train_tokenizer, with Hugging Face's names and defaults.
struct TokenizerTrainerOptions {
  int64_t vocab_size = 30000;  ///< tokens to end with, special ones among them
  int64_t min_frequency = 0;   ///< BPE, WordPiece, WordLevel: what is rarer is neither merged nor listed
  /// Tokens that get the first ids, in this order, and are never split. Empty: those of the pipeline.
  std::vector<std::string> special_tokens = {};
  int64_t limit_alphabet = 0;  ///< BPE, WordPiece: the most frequent characters that are kept; 0: all
  int64_t max_token_length =
      0;  ///< in characters; 0: no limit for BPE and WordPiece, 16 for Unigram, at most 16 there
  double shrinking_factor =
      0.75;                    ///< Unigram: share of the tokens that stays at each pruning, between 0 and 1
  int64_t num_iterations = 2;  ///< Unigram: expectations and maximisations before each pruning
};

/// Learns a vocabulary from texts for a pipeline. The same texts give the same vocabulary, whatever the
/// number of threads; BPE gives the merges that Hugging Face's trainer gives.
/// @param pipeline  the content of a tokenizer.json whose "model" has a type and options and no vocabulary,
/// as one of the
///                  functions below gives it. A post-processor TemplateProcessing may leave out
///                  "special_tokens".
/// @param texts     UTF-8; bytes that are none become U+FFFD, which a warning tells.
/// Throws InvalidArgument for options that cannot be, texts without a word, a pipeline that cannot be, and,
/// of Unigram, a vocab_size in which special tokens and characters have no room; FileError for contradictions
/// within the pipeline.
PretrainedTokenizer train_tokenizer(const Json& pipeline, const std::vector<std::string>& texts,
                                    const TokenizerTrainerOptions& options = {});

/// Byte-level BPE as GPT-2 has it; every text can be written. Special: <|endoftext|>, which ends texts and
/// fills up.
Json byte_level_bpe_pipeline();
/// WordPiece as BERT has it: [CLS] text [SEP].
/// @param lowercase  whether case and accents go.
Json bert_wordpiece_pipeline(bool lowercase = true);
/// Unigram as T5 has it: words begin with ▁, `</s>` ends a text. Special: `<pad>`, `</s>`, `<unk>`.
Json t5_unigram_pipeline();
/// BPE as LLaMA has it: words begin with ▁, characters that the vocabulary lacks are written by their bytes.
Json llama_bpe_pipeline();

}  // namespace lamina
