// Any bytes as texts, and any text as what a model's file says of texts: results, or an error of ours. What
// is read goes out and in again unchanged.
#include <cstdlib>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/text/text_preprocessing.h"

using namespace lamina;

// That bytes are no UTF-8 need not be told.
static const bool kQuiet = [] {
  set_log_sink([](LogLevel, const std::string&) {});
  return true;
}();

// A damaged text is learned from and taken apart in every way.
static void as_texts(const std::string& bytes) {
  const std::vector<std::string> texts = {bytes, bytes.substr(bytes.size() / 2)};
  Tokenizer words({.oov_token = "?"}), characters({.split = "the", .char_level = true});
  for (Tokenizer* tokenizer : {&words, &characters}) {
    tokenizer->fit_on_texts(texts);
    tokenizer->sequences_to_texts(tokenizer->texts_to_sequences(texts));
    if (Tokenizer::from_json(tokenizer->to_json()).texts_to_sequences(texts) !=
        tokenizer->texts_to_sequences(texts))
      std::abort();
  }
  for (const char* split : {"whitespace", "character", "none"}) {
    TextVectorization vectorize({.split = split});
    vectorize.adapt(texts);
    vectorize(texts);
    const std::string json = vectorize.to_json().dump();
    if (TextVectorization::from_json(Json::parse(json)).to_json().dump() != json) std::abort();
  }
  for (const char* analyzer : {"word", "char", "char_wb"}) {
    try {
      TfidfVectorizer({.ngram_range = {1, 3}, .analyzer = analyzer}).fit_transform(texts);
    } catch (const InvalidArgument&) {  // no terms
    }
  }
  try {
    const UnigramSegmenter segmenter = UnigramSegmenter::train(texts, {.vocab_size = 20});
    segmenter.join(texts);
  } catch (const InvalidArgument&) {  // nothing to learn
  }
  split_characters(bytes);
}

static void as_saved(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    DataInfo info;
    if (json.contains("version")) {
      info = DataInfo::from_json(json, "input");
    } else {
      info.text = TextInfo{.encoder = json, .maxlen = 5};
      info.check();
    }
    if (!info.text) return;
    const TextPreprocessing preprocessing(*info.text);
    preprocessing({"a wonderful flight", text});
    const TextInfo again = preprocessing.info();
    if (!(TextPreprocessing(again).info() == again)) std::abort();
  } catch (const Error&) {
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1) {
    as_texts(bytes);
  } else {
    as_saved(bytes);
  }
  return 0;
}
