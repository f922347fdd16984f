// One interface over what turns texts into numbers; each class registers how it is read from a file.
#include "lamina/text/text_preprocessing.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/text/detail/text_encoder.h"

namespace lamina {

namespace {

using Encoder = TextPreprocessing::Encoder;

std::vector<std::vector<int32_t>> numbers_of(const Tokenizer& tokenizer,
                                             const std::vector<std::string>& texts) {
  return tokenizer.texts_to_sequences(texts);
}
std::vector<std::vector<int32_t>> numbers_of(const TermNumbers& terms,
                                             const std::vector<std::string>& texts) {
  return terms(texts);
}

/// Tokenizer or TermNumbers: lists of numbers, brought to one length.
template <class Numbering>
class NumberEncoder : public Encoder {
 public:
  NumberEncoder(Numbering numbering, PadSequencesOptions options)
      : numbering_(std::move(numbering)), options_(std::move(options)) {
    if (!options_.maxlen)
      throw InvalidArgument("TextPreprocessing: give a maxlen, or the inputs of two calls differ in length");
    if (options_.value != 0 || options_.dtype != DType::kInt32)
      throw InvalidArgument("TextPreprocessing: numbers of words are int32 and filled up with 0");
    pad_sequences(std::vector<std::vector<int32_t>>{}, options_);  // says what is wrong with the rest
  }
  Tensor encode(const std::vector<std::string>& texts) const override {
    return pad_sequences(numbers_of(numbering_, texts), options_);
  }
  void describe(TextInfo& info) const override {
    info.encoder = numbering_.to_json();
    info.maxlen = *options_.maxlen;
    info.padding = options_.padding;
    info.truncating = options_.truncating;
  }
  static std::shared_ptr<const Encoder> read(const TextInfo& info) {
    if (info.maxlen == 0)
      throw InvalidArgument("TextPreprocessing: a " + info.encoder.at("class_name").as_string() +
                            " without a maxlen");
    return std::make_shared<NumberEncoder>(
        Numbering::from_json(info.encoder),
        PadSequencesOptions{.maxlen = info.maxlen, .padding = info.padding, .truncating = info.truncating});
  }

 private:
  Numbering numbering_;
  PadSequencesOptions options_;
};

class VectorizationEncoder : public Encoder {
 public:
  explicit VectorizationEncoder(TextVectorization vectorization) : vectorization_(std::move(vectorization)) {}
  /// For new models, whose inputs shall have one length.
  static std::shared_ptr<const Encoder> of_one_length(TextVectorization vectorization) {
    const TextVectorizationOptions& options = vectorization.options();
    if (options.output_mode == "int" && options.output_sequence_length == 0)
      throw InvalidArgument(
          "TextPreprocessing: give an output_sequence_length, or the inputs of two calls differ in length");
    return std::make_shared<VectorizationEncoder>(std::move(vectorization));
  }
  Tensor encode(const std::vector<std::string>& texts) const override {
    const Tensor input = vectorization_(texts);
    return vectorization_.options().output_mode == "int" ? input : cast(input, DType::kFloat32);
  }
  void describe(TextInfo& info) const override { info.encoder = vectorization_.to_json(); }
  static std::shared_ptr<const Encoder> read(const TextInfo& info) {
    // Without a length where a model came so from Keras: it takes every length.
    return std::make_shared<VectorizationEncoder>(TextVectorization::from_json(info.encoder));
  }

 private:
  TextVectorization vectorization_;
};

class HashingEncoder : public Encoder {
 public:
  explicit HashingEncoder(TextHashing hashing) : hashing_(std::move(hashing)) {}
  Tensor encode(const std::vector<std::string>& texts) const override { return hashing_(texts); }
  void describe(TextInfo& info) const override { info.encoder = hashing_.to_json(); }
  static std::shared_ptr<const Encoder> read(const TextInfo& info) {
    return std::make_shared<HashingEncoder>(TextHashing::from_json(info.encoder));
  }

 private:
  TextHashing hashing_;
};

/// CountVectorizer or TfidfVectorizer.
template <class Vectorizer>
class TermEncoder : public Encoder {
 public:
  explicit TermEncoder(Vectorizer vectorizer) : vectorizer_(std::move(vectorizer)) {
    vectorizer_.get_feature_names();  // says that it was not fitted
  }
  Tensor encode(const std::vector<std::string>& texts) const override {
    return vectorizer_.transform(texts).to_dense();
  }
  void describe(TextInfo& info) const override { info.encoder = vectorizer_.to_json(); }
  std::vector<std::string> feature_names() const override { return vectorizer_.get_feature_names(); }
  static std::shared_ptr<const Encoder> read(const TextInfo& info) {
    return std::make_shared<TermEncoder>(Vectorizer::from_json(info.encoder));
  }

 private:
  Vectorizer vectorizer_;
};

std::map<std::string, detail::ReadTextEncoder>& classes() {
  static std::map<std::string, detail::ReadTextEncoder> all{{"Tokenizer", NumberEncoder<Tokenizer>::read},
                                                            {"TermNumbers", NumberEncoder<TermNumbers>::read},
                                                            {"TextVectorization", VectorizationEncoder::read},
                                                            {"Hashing", HashingEncoder::read},
                                                            {"CountVectorizer", TermEncoder<CountVectorizer>::read},
                                                            {"TfidfVectorizer", TermEncoder<TfidfVectorizer>::read}};
  return all;
}

std::shared_ptr<const Encoder> read_encoder(const TextInfo& info) {
  const std::string& name = info.encoder.at("class_name").as_string();
  if (const auto found = classes().find(name); found != classes().end()) return found->second(info);
  std::vector<std::string> known;
  for (const auto& [each, read] : classes()) known.push_back(each);
  throw InvalidArgument("TextPreprocessing: unknown class '" + name.substr(0, 40) + "'" + suggest(name, known));
}

}  // namespace

bool detail::register_text_encoder(const char* class_name, ReadTextEncoder read) {
  return classes().emplace(class_name, read).second;
}

TextPreprocessing::TextPreprocessing(Tokenizer tokenizer, PadSequencesOptions options)
    : encoder_(std::make_shared<NumberEncoder<Tokenizer>>(std::move(tokenizer), std::move(options))) {}

TextPreprocessing::TextPreprocessing(TermNumbers terms, PadSequencesOptions options)
    : encoder_(std::make_shared<NumberEncoder<TermNumbers>>(std::move(terms), std::move(options))) {}

TextPreprocessing::TextPreprocessing(TextVectorization vectorization)
    : encoder_(VectorizationEncoder::of_one_length(std::move(vectorization))) {}

TextPreprocessing::TextPreprocessing(TextHashing hashing)
    : encoder_(std::make_shared<HashingEncoder>(std::move(hashing))) {}

TextPreprocessing::TextPreprocessing(CountVectorizer vectorizer)
    : encoder_(std::make_shared<TermEncoder<CountVectorizer>>(std::move(vectorizer))) {}

TextPreprocessing::TextPreprocessing(TfidfVectorizer vectorizer)
    : encoder_(std::make_shared<TermEncoder<TfidfVectorizer>>(std::move(vectorizer))) {}

TextPreprocessing::TextPreprocessing(const TextInfo& info) : encoder_(read_encoder(info)) {
  if (!info.segmenter.is_null()) segmenter_ = UnigramSegmenter::from_json(info.segmenter);
}

std::optional<TextPreprocessing> TextPreprocessing::of_input(const DataInfo& info, const std::string& input) {
  const Json* const texts = info.sections.find(kTextInputs);
  const Json* const encoder = texts && texts->is_object() ? texts->find(input) : nullptr;
  if (!encoder) return {};
  return TextPreprocessing(TextInfo{.encoder = *encoder});
}

TextPreprocessing TextPreprocessing::segmented_by(UnigramSegmenter segmenter) const {
  TextPreprocessing result = *this;
  result.segmenter_ = std::move(segmenter);
  return result;
}

Tensor TextPreprocessing::operator()(const std::vector<std::string>& texts) const {
  return encoder_->encode(segmenter_ ? segmenter_->join(texts) : texts);
}

std::vector<std::string> TextPreprocessing::feature_names() const { return encoder_->feature_names(); }

TextInfo TextPreprocessing::info() const {
  TextInfo info;
  encoder_->describe(info);
  if (segmenter_) info.segmenter = segmenter_->to_json();
  return info;
}

}  // namespace lamina
