// A dual encoder whose two sides are one network.
#include "lamina/chat/sentence_encoder.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "lamina/base/error.h"
#include "lamina/chat/detail/text_vectors.h"
#include "lamina/nn/layers/embedding.h"
#include "lamina/nn/layers/global_pooling1d.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
#include "lamina/text/pad_sequences.h"
#include "lamina/text/term_numbers.h"
#include "lamina/zoo/detail/learning.h"

namespace lamina {
namespace {

constexpr char kSection[] = "sentence_encoder";
constexpr int64_t kMostTerms = 384;     // of a text
constexpr int64_t kVocabulary = 20000;  // of words, and of runs of characters
constexpr double kScale = 20;           // cosines times that are the logits

using detail::unit_rows;

// Both texts of a pair through one network; each first one looks for its second one in the batch.
class PairModel : public LayerOf<PairModel, Model> {
 public:
  PairModel(const Sequential& network, uint64_t seed)
      : LayerOf<PairModel, Model>(ModelOptions{.seed = seed}), network_(network) {
    track("network", std::make_shared<Sequential>(network));
  }
  std::string class_name() const override { return "PairModel"; }

  void train_step(TrainStep& step) override {
    const int64_t n = step.batch_size();
    const Tensor first = unit_rows(step.call(network_, step.x()[0]));
    const Tensor second = unit_rows(step.call(network_, step.x()[1]));
    const Tensor logits = matmul(first, second, false, true) * kScale;
    // Others of the same group are right as well, so that they are no contrast.
    const Tensor group = step.x()[2];
    const Tensor same = equal(reshape(group, {n, 1}), reshape(group, {1, n}));
    const Tensor places = arange(n);
    const Tensor self = equal(reshape(places, {n, 1}), reshape(places, {1, n}));
    const Tensor kept = where(logical_and(same, logical_not(self)), -1e9, logits);
    const SparseCategoricalCrossentropy entropy({.from_logits = true});
    const Tensor loss = entropy(places, kept) + entropy(places, transpose(kept));
    step.minimize(loss);
    step.log("loss", loss);
  }

 private:
  Sequential network_;
};

CountVectorizer fitted(CountVectorizerOptions options, const std::vector<std::string>& texts) {
  options.max_features = kVocabulary;
  CountVectorizer vectorizer(std::move(options));
  vectorizer.fit(texts);
  return vectorizer;
}

TermNumbers terms_of(const std::vector<std::string>& texts) {
  std::vector<CountVectorizer> vectorizers;
  for (const CountVectorizerOptions& options :
       {CountVectorizerOptions{.token_pattern = R"((?u)\b\w+\b)", .ngram_range = {1, 2}},
        CountVectorizerOptions{.ngram_range = {1, 4}, .analyzer = "char_wb"}}) {
    try {
      vectorizers.push_back(fitted(options, texts));
    } catch (const InvalidArgument&) {  // no word in any text
    }
  }
  if (vectorizers.empty()) throw InvalidArgument("SentenceEncoder: the texts have no words");
  return TermNumbers(std::move(vectorizers));
}

// Random directions, as long as the terms are rare: what TF-IDF weighs.
Tensor projection(const std::vector<std::vector<int32_t>>& numbers, int64_t size,
                  const SentenceEncoderOptions& options) {
  std::vector<double> documents(static_cast<size_t>(size), 0);
  for (const auto& text : numbers) {
    for (const int32_t number : text) ++documents[static_cast<size_t>(number)];
  }
  std::mt19937_64 random(options.seed);
  std::vector<float> values(static_cast<size_t>(size) * static_cast<size_t>(options.dimensions));
  auto at = values.begin();
  for (size_t i = 0; i < documents.size(); ++i) {
    // 0 fills up and 1 is in all texts: they say nothing.
    const double weight =
        i < 2 ? 0 : std::log((1 + static_cast<double>(numbers.size())) / (1 + documents[i])) / 8;
    for (int k = 0; k < options.dimensions; ++k) *at++ = static_cast<float>(random() & 1 ? weight : -weight);
  }
  return Tensor::from(values, {size, options.dimensions});
}

void check(const SentenceEncoderOptions& options) {
  if (options.dimensions < 1 || options.epochs < 1 || options.batch_size < 2 || options.most_steps < 1)
    throw InvalidArgument(
        "SentenceEncoder: dimensions, epochs and most_steps are at least 1, batch_size at least 2; got " +
        std::to_string(options.dimensions) + ", " + std::to_string(options.epochs) + ", " +
        std::to_string(options.most_steps) + " and " + std::to_string(options.batch_size));
}

// A learned vector for each term, and their mean.
class TermMeans final : public detail::TextVectors {
 public:
  TermMeans(TermNumbers terms, Model network, int64_t length)
      : terms_(std::move(terms)), network_(std::move(network)), length_(length) {}

  Tensor numbers(const std::vector<std::string>& texts) const {
    return pad_sequences(terms_(texts), {.maxlen = length_, .padding = "post", .truncating = "post"});
  }
  Tensor of(const std::vector<std::string>& texts) const override {
    Model network = network_;
    return network.predict(numbers(texts), {.batch_size = 256});
  }
  int64_t dimensions() const override { return network_.output_shape()[1]; }
  Model model() const override {
    Model network = network_;
    DataInfo info = network.data_info();
    info.sections[kSection] =
        Json::object({{"version", 1}, {"length", length_}, {"terms", terms_.to_json()}});
    network.set_data_info(info);
    return network;
  }

 private:
  TermNumbers terms_;
  Model network_;
  int64_t length_;  // terms of a text that count
};

}  // namespace

Tensor detail::unit_rows(const Tensor& x) { return x / sqrt(sum(square(x), {-1}, true) + 1e-12); }

SentenceEncoder::SentenceEncoder(std::shared_ptr<const detail::TextVectors> vectors)
    : vectors_(std::move(vectors)) {}

SentenceEncoder SentenceEncoder::learn(const std::vector<std::string>& texts,
                                       const std::vector<TextPair>& pairs,
                                       const SentenceEncoderOptions& options) {
  check(options);
  if (texts.empty()) throw InvalidArgument("SentenceEncoder: expected texts; got none");
  TermNumbers terms = terms_of(texts);
  const std::vector<std::vector<int32_t>> known = terms(texts);
  std::vector<int64_t> lengths;
  for (const auto& text : known) lengths.push_back(static_cast<int64_t>(text.size()));
  const int64_t length = std::min(detail::usual(std::move(lengths), 98), kMostTerms);
  const Sequential network(
      {Input({length}, {.dtype = DType::kInt32}),
       Embedding(terms.size(), options.dimensions,
                 {.mask_zero = true, .weights = projection(known, terms.size(), options)}),
       GlobalAveragePooling1D()},
      {.seed = options.seed});
  const auto means = std::make_shared<const TermMeans>(std::move(terms), network, length);
  if (pairs.size() < 2) return SentenceEncoder(means);
  std::vector<std::string> first, second;
  std::vector<int64_t> groups;
  for (const TextPair& pair : pairs) {
    first.push_back(pair.first), second.push_back(pair.second);
    groups.push_back(pair.group);
  }
  PairModel model(network, options.seed);
  model.compile({.optimizer = Adam(options.learning_rate)});
  const auto n = static_cast<int64_t>(groups.size());
  const auto most = static_cast<int>(std::max<int64_t>(1, options.most_steps * options.batch_size / n));
  model.fit({means->numbers(first), means->numbers(second), Tensor::from(groups, {n})}, {},
            {.epochs = std::min(options.epochs, most), .batch_size = options.batch_size, .verbose = 0});
  return SentenceEncoder(means);
}

Model SentenceEncoder::model() const { return vectors_->model(); }

SentenceEncoder SentenceEncoder::of(const Model& model, const std::string& name) {
  const Json* const section = model.data_info().sections.find(kSection);
  if (!section) throw FileError(name + ": it holds no encoder of sentences");
  try {
    if (section->at("version").as_int() != 1) throw InvalidArgument("another version than 1");
    const int64_t length = section->at("length").as_int();
    TermNumbers terms = TermNumbers::from_json(section->at("terms"), name);
    const std::vector<WeightPtr> weights = model.weights();
    const Shape& out = model.output_shape();
    if (weights.size() != 1 || weights[0]->value.shape().rank() != 2 ||
        weights[0]->value.shape()[0] != terms.size() || out.rank() != 2 || length < 1 || length > kMostTerms)
      throw InvalidArgument("the network is not one over those terms");
    return SentenceEncoder(std::make_shared<const TermMeans>(std::move(terms), model, length));
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": the section \"" + kSection + "\": " + error.what());
  }
}

int64_t SentenceEncoder::dimensions() const { return vectors_->dimensions(); }

Tensor SentenceEncoder::operator()(const std::vector<std::string>& texts) const {
  return unit_rows(vectors_->of(texts)).eval();
}

}  // namespace lamina
