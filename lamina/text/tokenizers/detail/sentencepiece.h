// SentencePiece models as the library of that name runs them: parts made from a file.
#pragma once

#include <memory>

#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/sentencepiece_file.h"

namespace lamina::detail::tokenizers {

std::shared_ptr<const Normalizer> sentencepiece_normalizer(const SentencePieceFile& file);
std::shared_ptr<const Model> sentencepiece_model(const SentencePieceFile& file);
std::shared_ptr<const Decoder> sentencepiece_decoder(const SentencePieceFile& file);

/// `model` with ids of another vocabulary: Marian's. What that lacks gets the id of `unk_token`.
std::shared_ptr<const Model> with_vocabulary(std::shared_ptr<const Model> model, Vocabulary vocabulary,
                                             const std::string& unk_token);

}  // namespace lamina::detail::tokenizers
