// Recipes that learn what texts mean.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/log.h"
#include "lamina/data/labelled_data.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/text_networks.h"

namespace lamina {
namespace {

struct Reading {
  TokenizerOptions words;
  int64_t maxlen = 0;                            // of their tokens, the last ones
  int features = 0;                              // of each word
  std::vector<AnyLayer> layers;                  // that read the words
  std::optional<UnigramOptions> segmenter = {};  // for languages that write no spaces
  bool any_length = true;                        // whether the layers read fewer words, too
  Choice<Optimizer> optimizer = Adam();
};

// Texts that are much shorter than what a network reads would be zeros for the most part, which cost as much
// as words: it reads as much as 98 of 100 of them have, where that is at most half.
int64_t usual_length(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int64_t most) {
  std::vector<int64_t> lengths;
  for (const std::vector<int>& sequence : tokenizer.texts_to_sequences(texts))
    lengths.push_back(static_cast<int64_t>(sequence.size()));
  if (lengths.empty()) return most;
  const int64_t length = std::max<int64_t>(1, detail::usual(std::move(lengths), 98));
  if (2 * length > most) return most;
  warn("these texts are short: their last " + std::to_string(length) + " tokens are read, not " +
       std::to_string(most));
  return length;
}

// Embedding, what reads it, and an output for each class, or one of yes and no for two.
Model classifier(const LabelledData& training, const Reading& how, uint64_t seed) {
  const int64_t classes = detail::classes_of(training, "texts");
  Tokenizer tokenizer(how.words);
  std::optional<UnigramSegmenter> segmenter;
  if (how.segmenter) segmenter = UnigramSegmenter::train(training.texts, *how.segmenter);
  const std::vector<std::string> texts = segmenter ? segmenter->join(training.texts) : training.texts;
  tokenizer.fit_on_texts(texts);
  const int64_t maxlen = how.any_length ? usual_length(tokenizer, texts, how.maxlen) : how.maxlen;
  std::vector<AnyLayer> layers = {
      Input({maxlen}, {.dtype = DType::kInt32}),
      Embedding(static_cast<int>(how.words.num_words), how.features, {.mask_zero = true})};
  layers.insert(layers.end(), how.layers.begin(), how.layers.end());
  if (classes == 2) {
    layers.emplace_back(Dense(1, {.activation = "sigmoid"}));
  } else {
    layers.emplace_back(Dense(static_cast<int>(classes), {.activation = "softmax"}));
  }
  Sequential model(layers, {.seed = seed});
  model.compile({.optimizer = how.optimizer,
                 .loss = classes == 2 ? "binary_crossentropy" : "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  TextPreprocessing preprocessing(tokenizer, {.maxlen = maxlen});
  if (segmenter) preprocessing = preprocessing.segmented_by(*segmenter);
  DataInfo info;
  info.text = preprocessing.info();
  model.set_data_info(info);
  return model;
}

// Narrower than the tutorial's LSTM(128) behind Embedding(10000, 128), and with more dropout: five thousand
// reviews are few.
Model imdb(const LabelledData& training, const RecipeRun& run) {
  return classifier(training, {{.num_words = 10000}, 400, 32, {Dropout(0.5), LSTM(32, {.dropout = 0.5})}},
                    run.seed);
}

Model tweets(const LabelledData& training, const RecipeRun& run) {
  return classifier(
      training, {{.num_words = 10000}, 40, 64, {LSTM(64, {.return_sequences = true}), LSTM(32)}}, run.seed);
}

Model tweets_transformer(const LabelledData& training, const RecipeRun& run) {
  constexpr int64_t kWords = 40;
  constexpr int kFeatures = 64;
  return classifier(training,
                    {{.num_words = 10000},
                     kWords,
                     kFeatures,
                     {transformer_encoder(kWords, kFeatures, {.dropout = 0.2, .seed = run.seed}),
                      GlobalAveragePooling1D(), Dropout(0.3)},
                     {},
                     false},
                    run.seed);
}

// Words that are learned from the reviews, since Chinese writes none apart.
Model hotel_words(const LabelledData& training, const RecipeRun& run) {
  return classifier(training,
                    {{.num_words = 6000},
                     120,
                     64,
                     {Dropout(0.5), LSTM(64, {.dropout = 0.5})},
                     UnigramOptions{.vocab_size = 6000}},
                    run.seed);
}

// Characters: they are known without a dictionary.
Model hotel(const LabelledData& training, const RecipeRun& run) {
  Reading reading{
      {.num_words = 4000, .char_level = true}, 200, 64, {Dropout(0.3), LSTM(64, {.dropout = 0.3})}};
  // With steps of one size the accuracy of an epoch is a point and more off that of the next.
  reading.optimizer = Adam(CosineDecay(1e-3, static_cast<double>(run.steps), {.alpha = 0.05}));
  return classifier(training, reading, run.seed);
}

}  // namespace

std::vector<Recipe> detail::text_recipes() {
  const DataNeeds texts{.samples = SampleKind::kTexts, .target = TargetKind::kClassNumbers};
  return {{.name = "imdb",
           .description = "tell whether long reviews praise or blame (LSTM over 400 words)",
           .file = "imdb.keras",
           .network = "lstm_dropout",
           .epochs = 8,
           .batch_size = 32,
           .needs = texts,
           .build = imdb},
          {.name = "tweets",
           .description = "tell the mood of short texts, two classes or more (two LSTMs)",
           .file = "tweets.keras",
           .network = "lstm2",
           .epochs = 5,
           .batch_size = 32,
           .needs = texts,
           .build = tweets},
          {.name = "tweets-transformer",
           .description = "the same by attention (one block of a Transformer encoder)",
           .file = "tweets-transformer.keras",
           .network = "transformer",
           .epochs = 2,
           .batch_size = 32,
           .needs = texts,
           .build = tweets_transformer},
          {.name = "hotel-zh",
           .description = "tell whether Chinese reviews praise or blame, character by character (LSTM)",
           .file = "hotel-zh.keras",
           .network = "lstm",
           .epochs = 4,
           .batch_size = 32,
           .needs = texts,
           .build = hotel},
          {.name = "hotel-zh-words",
           .description = "the same by words, which it learns from the reviews (LSTM)",
           .file = "hotel-zh-words.keras",
           .network = "lstm",
           .epochs = 4,
           .batch_size = 32,
           .needs = texts,
           .build = hotel_words}};
}

}  // namespace lamina
