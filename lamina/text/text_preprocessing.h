// TextPreprocessing: everything that happens to a text on its way to a model's input, as one value that the
// model's file keeps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/data_info.h"
#include "lamina/text/count_vectorizer.h"
#include "lamina/text/pad_sequences.h"
#include "lamina/text/term_numbers.h"
#include "lamina/text/text_hashing.h"
#include "lamina/text/text_vectorization.h"
#include "lamina/text/tfidf_vectorizer.h"
#include "lamina/text/tokenizer.h"
#include "lamina/text/unigram_segmenter.h"

namespace lamina {

/// The section of DataInfo in which stands, for each input of a model that takes texts at some of several inputs, what
/// turns these into numbers: {"title": {"class_name": "TextVectorization", "config": {...}}}.
inline constexpr char kTextInputs[] = "texts";

/// A fitted way from texts to the input of a model: words (segmented where the language needs it), their
/// numbers, and their length.
///
///   TextPreprocessing text(tokenizer, {.maxlen = 200});
///   DataInfo info = model.data_info();
///   info.text = text.info();
///   model.set_data_info(info);
///   ...
///   Tensor x = TextPreprocessing(*model.data_info().text)({"what a wonderful flight"});
class TextPreprocessing {
 public:
  /// Numbers of words, cut and filled up to options.maxlen.
  /// @param tokenizer  fitted.
  /// @param options    maxlen must be given: texts of every call have the same length.
  /// Throws InvalidArgument as pad_sequences does, and for another value than 0 or dtype than int32.
  TextPreprocessing(Tokenizer tokenizer, PadSequencesOptions options);
  /// Numbers of the terms that each text has, cut and filled up to options.maxlen.
  /// Throws InvalidArgument as for a Tokenizer.
  TextPreprocessing(TermNumbers terms, PadSequencesOptions options);
  /// As it is: int64 (texts, length), or float32 (texts, tokens). Throws InvalidArgument for "int" without an
  /// output_sequence_length.
  TextPreprocessing(TextVectorization vectorization);
  /// As it is: int64 (texts, 1).
  TextPreprocessing(TextHashing hashing);
  /// Dense float32 (texts, terms). Throws InvalidArgument before fit.
  TextPreprocessing(CountVectorizer vectorizer);
  /// Dense float32 (texts, terms). Throws InvalidArgument before fit.
  TextPreprocessing(TfidfVectorizer vectorizer);
  /// What info() gave. Throws InvalidArgument for an unknown class, and FileError for what cannot be.
  explicit TextPreprocessing(const TextInfo& info);
  /// That of one input of a model with several, by kTextInputs; nothing for an input that takes numbers. Throws as the
  /// constructor does.
  /// @param input  its name (Model::input_names)
  static std::optional<TextPreprocessing> of_input(const DataInfo& info, const std::string& input);

  /// The same with texts cut into words first.
  TextPreprocessing segmented_by(UnigramSegmenter segmenter) const;

  /// The input for these texts, first axis each.
  Tensor operator()(const std::vector<std::string>& texts) const;
  /// What the columns of the input stand for, where each stands for one term; empty where it has the numbers
  /// of words.
  std::vector<std::string> feature_names() const;
  /// What a model's DataInfo keeps.
  TextInfo info() const;

  /// What turns texts into numbers; for the library itself.
  class Encoder;

 private:
  std::shared_ptr<const Encoder> encoder_;
  std::optional<UnigramSegmenter> segmenter_;
};

}  // namespace lamina
