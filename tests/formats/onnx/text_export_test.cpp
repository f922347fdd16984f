// Tests of models of texts written as ONNX: strings become the numbers that the model takes, read back it takes texts.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "lamina/lamina.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

const std::vector<std::string> kTexts{"The cat, the DOG & a \"mat\"!", "", "...", "a\tdog\n barks \v\f\r end",
                                      "dog dog dog dog dog dog dog dog", "  the\u00a0cat  É\u00e9 éÉ İstanbul ", "#a-b_c'd/e"};
const std::vector<std::string> kLearned{"the cat sat on the mat", "a dog barks", "the end of a day é", "b c d istanbul it's"};

/// A model that hands on what it takes, so that the file gives the numbers themselves.
Model of_texts(const TextPreprocessing& texts, const Shape& shape, DType dtype, DataInfo info = {}) {
  Tensor x = Input(shape, {.dtype = dtype, .name = "review"});
  Model model(x, Activation("linear")(x));
  info.text = texts.info();
  model.set_data_info(info);
  return model;
}

/// The file's graph with strings at its input, as other run times see it: without the note that lets ours begin behind them.
onnx::ImportedGraph with_strings(const std::string& path) {
  std::string bytes = read_file(path);
  const std::string note = "lamina.texts";
  const size_t at = bytes.find(note);
  if (at == std::string::npos) throw InternalError("the file says nothing of texts");
  bytes.replace(at, note.size(), "nobody.reads");
  return onnx::ImportedGraph::parse(std::string_view(bytes), path, "");
}

Tensor computed(const onnx::ImportedGraph& graph, const std::vector<std::string>& texts) {
  const auto rows = static_cast<int64_t>(texts.size());
  const auto random = [] { return std::pair(Tensor::from<int64_t>({1, 0}), 0); };
  std::vector<Tensor> weights;
  for (const onnx::GraphWeight& weight : graph.weights()) weights.push_back(weight.value);
  return graph.run({onnx::Value::of_strings(texts, {rows, 1})}, weights, random).at(0).tensor();
}

void expect_equal(const Tensor& expected, const Tensor& got) {
  ASSERT_EQ(expected.shape(), got.shape());
  EXPECT_EQ(expected.dtype(), got.dtype());
  EXPECT_EQ(expected.to_vector<double>(), got.to_vector<double>());
}

void expect_numbers(const TextPreprocessing& texts, const Shape& shape, DType dtype) {
  const TemporaryFolder folder;
  Model model = of_texts(texts, shape, dtype);
  const OnnxReport report = export_onnx(model, folder / "model.onnx");
  EXPECT_EQ(report.texts, std::vector<std::string>{"review"});
  EXPECT_TRUE(report.outside.empty());
  const onnx::ImportedGraph graph = with_strings(folder / "model.onnx");
  expect_equal(model.predict(texts(kTexts)), computed(graph, kTexts));
  for (const std::string& text : kTexts) {
    SCOPED_TRACE(text);
    expect_equal(model.predict(texts({text})), computed(graph, {text}));
  }
  Model again = load_onnx(folder / "model.onnx");
  EXPECT_EQ(again.input_names(), std::vector<std::string>{"review"});
  ASSERT_TRUE(again.data_info().text);
  expect_equal(model.predict(texts(kTexts)), again.predict(TextPreprocessing(*again.data_info().text)(kTexts)));
}

TextVectorization vectorization(TextVectorizationOptions options) {
  TextVectorization layer(std::move(options));
  layer.adapt(kLearned);
  return layer;
}

TEST(OnnxTexts, NumbersOfWords) {
  for (const char* standardize : {"lower_and_strip_punctuation", "lower", "strip_punctuation", "none"}) {
    SCOPED_TRACE(standardize);
    expect_numbers(vectorization({.standardize = standardize, .output_sequence_length = 5}), {5}, DType::kInt64);
  }
  expect_numbers(vectorization({.max_tokens = 6, .ngrams = {1, 3, 2}, .output_sequence_length = 9}), {9}, DType::kInt64);
  expect_numbers(vectorization({.split = "none", .output_sequence_length = 1}), {1}, DType::kInt64);
  expect_numbers(vectorization({.split = "none", .output_sequence_length = 3}), {3}, DType::kInt64);
}

TEST(OnnxTexts, BagsOfWords) {
  for (const char* mode : {"multi_hot", "count", "tf_idf"}) {
    SCOPED_TRACE(mode);
    const TextVectorization plain = vectorization({.output_mode = mode});
    expect_numbers(plain, {plain.vocabulary_size()}, DType::kFloat32);
    expect_numbers(vectorization({.max_tokens = 60, .ngrams = {1, 2}, .output_mode = mode, .pad_to_max_tokens = true}), {60},
                   DType::kFloat32);
  }
}

TEST(OnnxTexts, LettersThatAVocabularyHasInUpperCase) {
  TextVectorization layer({.standardize = "lower", .output_sequence_length = 4, .vocabulary = {"The", "cat", "dog", "DOG"}});
  expect_numbers(layer, {4}, DType::kInt64);
}

TEST(OnnxTexts, NumbersOfATokenizer) {
  for (const char* padding : {"pre", "post"}) {
    for (const char* truncating : {"pre", "post"}) {
      for (const bool unknown : {false, true}) {
        for (const bool lower : {false, true}) {
          TokenizerOptions options{.num_words = 9, .lower = lower};
          if (unknown) options.oov_token = "<unk>";
          Tokenizer tokenizer(options);
          tokenizer.fit_on_texts(kLearned);
          expect_numbers(TextPreprocessing(tokenizer, {.maxlen = 4, .padding = padding, .truncating = truncating}), {4},
                         DType::kInt32);
        }
      }
    }
  }
  Tokenizer all({.filters = "-é", .split = "--"});
  all.fit_on_texts({"a--b-c é istanbul"});
  EXPECT_FALSE(export_onnx(of_texts(TextPreprocessing(all, {.maxlen = 4}), {4}, DType::kInt32), TemporaryFolder() / "x.onnx").outside.empty());
}

std::string outside_of(const Model& model, const OnnxOptions& options = {}) {
  const TemporaryFolder folder;
  const OnnxReport report = export_onnx(model, folder / "model.onnx", options);
  EXPECT_TRUE(report.texts.empty());
  Model again = load_onnx(folder / "model.onnx");
  EXPECT_EQ(again.input_names(), model.input_names());
  return report.outside.empty() ? "" : report.outside[0];
}

TEST(OnnxTexts, StaysOutsideWithAReason) {
  const Model model = of_texts(vectorization({.output_sequence_length = 5}), {5}, DType::kInt64);
  EXPECT_EQ(outside_of(model, {.texts = false}), "");
  EXPECT_NE(outside_of(model, {.opset = 19}).find("operator set 20, and 19 was asked for"), std::string::npos);
  const std::string open = outside_of(of_texts(TextHashing(7), {1}, DType::kInt64));
  EXPECT_NE(open.find("input 'review' takes numbers, int64 (batch, 1), not texts: "), std::string::npos) << open;
  EXPECT_NE(open.find("Hashing"), std::string::npos) << open;
  Tokenizer greek;
  greek.fit_on_texts({"και σας"});
  EXPECT_NE(outside_of(of_texts(TextPreprocessing(greek, {.maxlen = 4}), {4}, DType::kInt32)).find("sigma"), std::string::npos);
  CountVectorizer counts;
  counts.fit(kLearned);
  const auto terms = static_cast<int64_t>(counts.get_feature_names().size());
  EXPECT_NE(outside_of(of_texts(counts, {terms}, DType::kFloat32)).find("CountVectorizer"), std::string::npos);
  EXPECT_NE(outside_of(of_texts(vectorization({.output_sequence_length = 5}), {6}, DType::kInt64)).find("has 5 columns"), std::string::npos);
}

TEST(OnnxTexts, CharactersAreReadBackAsNumbers) {
  Tokenizer tokenizer({.char_level = true});
  tokenizer.fit_on_texts(kLearned);
  const TextPreprocessing texts(tokenizer, {.maxlen = 6});
  const TemporaryFolder folder;
  Model model = of_texts(texts, {6}, DType::kInt32);
  const OnnxReport report = export_onnx(model, folder / "model.onnx");
  EXPECT_EQ(report.texts.size(), 1u);
  Model again = load_onnx(folder / "model.onnx");
  expect_equal(model.predict(texts(kTexts)), again.predict(TextPreprocessing(*again.data_info().text)(kTexts)));
}

TEST(OnnxTexts, RefusesANoteOfValuesThatTheFileLacks) {
  const TemporaryFolder folder;
  export_onnx(of_texts(vectorization({.output_sequence_length = 5}), {5}, DType::kInt64), folder / "model.onnx");
  std::string bytes = read_file(folder / "model.onnx");
  const std::string note = "{\"review\"";
  const size_t at = bytes.find(note);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at + 2, 6, "unread");
  try {
    onnx::ImportedGraph::parse(std::string_view(bytes), "x.onnx", "");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find("its input 'unread'"), std::string::npos) << error.what();
  }
}

TEST(OnnxExport, HoldsAWeightOfSeveralLayersOnce) {
  const TemporaryFolder folder;
  Tensor ids = Input({-1}, {.dtype = DType::kInt32, .name = "ids"});
  const Embedding table(64, 32);
  const Tensor x = table(ids);
  // The rows once looked up, once multiplied by: in either order of axes.
  class Scores final : public LayerOf<Scores> {
   public:
    explicit Scores(Embedding table) : table_(std::move(table)) {}
    std::string class_name() const override { return "Scores"; }
    bool checks_by_running() const override { return true; }
    Shape compute_output_shape(const Shape& input) const override { return {input[0], input[1], 64}; }
    Tensor call(const Tensor& input, CallContext&) const override {
      return matmul(input, transpose(table_.weights().at(0)->value, {1, 0}));
    }

   private:
    Embedding table_;
  };
  Model model(ids, Scores(table)(Dense(32)(x)));
  export_onnx(model, folder / "model.onnx");
  EXPECT_LT(read_file(folder / "model.onnx").size(), size_t{64 * 32 * 4 + 32 * 32 * 4 + 6000});
  Model again = load_onnx(folder / "model.onnx");
  const Tensor words = Tensor::from<int32_t>({1, 5, 63}).reshape({1, 3});
  const std::vector<float> expected = model.predict(words).to_vector<float>(), got = again.predict(words).to_vector<float>();
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(expected[i], got[i], 1e-5);
}

}  // namespace
}  // namespace lamina::test
