// The files that a tokenizer can lie in.
#pragma once

#include <memory>
#include <string>

#include "lamina/text/tokenizers/detail/state.h"

namespace lamina::detail::tokenizers {

/// A state from one file, by what it holds. Throws FileError.
std::shared_ptr<TokenizerState> read_file_of_tokenizer(const std::string& path);
/// A state from a folder.
std::shared_ptr<TokenizerState> read_folder_of_tokenizer(const std::string& folder);

/// tokenizer_config.json and special_tokens_map.json of a folder, if they are there.
TokenizerConfig read_config(const std::string& folder);
/// A SentencePiece model by itself: the ids of the library, nothing added.
std::shared_ptr<TokenizerState> sentencepiece_state(const std::string& path);
/// The same as the model of a folder: special tokens are found in texts and put around them as the
/// tokenizer_class of the configuration does. Throws Unsupported for a class that is not known.
std::shared_ptr<TokenizerState> sentencepiece_folder_state(const std::string& path, TokenizerConfig config);
/// Marian's source.spm, target.spm and vocab.json.
std::shared_ptr<TokenizerState> marian_state(const std::string& folder, TokenizerConfig config);
/// GPT-2's or RoBERTa's vocab.json and merges.txt.
std::shared_ptr<TokenizerState> byte_bpe_state(const std::string& vocab, const std::string& merges,
                                               TokenizerConfig config);
/// BERT's vocab.txt.
std::shared_ptr<TokenizerState> word_piece_state(const std::string& path, TokenizerConfig config);

/// Adds the tokens that the configuration names and the state lacks.
void add_configured_tokens(TokenizerState& state);

/// The content of a JSON file. Throws FileError.
Json read_json(const std::string& path);
/// vocab.txt: a token a line.
Vocabulary read_vocab_txt(const std::string& path);
/// BPE from vocab.json and merges.txt. Throws FileError.
Json bpe_of_files(const std::string& vocab, const std::string& merges);

}  // namespace lamina::detail::tokenizers
