// TextVectorization by StringSplit, StringConcat and LabelEncoder.
#include "lamina/formats/onnx/export/texts.h"

#include "lamina/base/error.h"
#include "lamina/ops/full.h"
#include "lamina/text/text_vectorization.h"

namespace lamina::onnx {
namespace {

constexpr const char* kPunctuation = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'";

std::string text_constant(Builder& b, const std::string& text) {
  return b.constant(Value::of_strings({text}, Shape{}), "text");
}

/// `texts` with `to` in place of each `from`: cut there, and joined again column by column. Exact for all texts, where
/// StringNormalizer would change the case of all alphabets.
std::string replaced(Builder& b, const std::string& texts, char from, const std::string& to) {
  const Names parts = b.nodes("StringSplit", {texts}, 2, {{"delimiter", std::string(1, from)}});
  const std::string nothing = text_constant(b, ""), batch = b.node("Shape", {texts});
  const std::string empty = b.node("Expand", {nothing, batch});
  // One column more, so that there is one at all.
  const std::string columns = b.node("Concat", {parts[0], b.node("Unsqueeze", {empty, b.integers({1})})}, {{"axis", 1}});

  Builder body(b);
  const auto input = [&](const char* wish, ElementType type, bool each) {
    const std::string name = body.unique(wish);
    body.add_input(name, type, each ? Builder::Dims{{-1, ""}} : Builder::Dims{});
    return name;
  };
  const auto output = [&](const std::string& name, ElementType type, bool each) {
    body.add_output(body.node("Identity", {name}), type, each ? Builder::Dims{{-1, ""}} : Builder::Dims{});
  };
  const std::string joined = input("joined", ElementType::kString, true);
  const std::string number = input("number", ElementType::kInt64, false);
  const std::string column = input("column", ElementType::kString, true);
  std::string next = joined;
  if (!to.empty()) {
    const std::string between = body.node("And", {body.node("Less", {number, parts[1]}), body.node("Greater", {number, body.integer(0)})});
    next = body.node("StringConcat", {next, body.node("Where", {between, text_constant(b, to), nothing})});
  }
  output(body.node("StringConcat", {next, column}), ElementType::kString, true);
  output(body.node("Add", {number, body.integer(1)}), ElementType::kInt64, false);
  body.proto().set_name(body.unique("join"));
  return b.nodes("Scan", {empty, b.integer(0), columns}, 2,
                 {{"body", std::move(body.proto())},
                  {"num_scan_inputs", 1},
                  {"scan_input_axes", std::vector<int64_t>{1}}})[0];
}

std::string standardized(Builder& b, std::string texts, const std::string& way) {
  if (way == "strip_punctuation" || way == "lower_and_strip_punctuation") {
    for (const char* c = kPunctuation; *c != '\0'; ++c) texts = replaced(b, texts, *c, "");
  }
  if (way == "lower" || way == "lower_and_strip_punctuation") {
    for (char c = 'A'; c <= 'Z'; ++c) texts = replaced(b, texts, c, std::string(1, static_cast<char>(c - 'A' + 'a')));
  }
  return texts;
}

TextVectorization vectorization_of(const Model& model) {
  const std::optional<TextInfo>& text = model.data_info().text;
  if (!text) throw Unsupported("texts: the model does not know how texts become its input; set_data_info tells it");
  const Json* kind = text->encoder.find("class_name");
  const std::string name = kind && kind->is_string() ? kind->as_string() : "";
  if (name != "TextVectorization")
    throw Unsupported("texts: ONNX has no operators for what a " + name +
                      " does with letters of all alphabets; TextVectorization can be written");
  if (!text->segmenter.is_null()) throw Unsupported("texts: ONNX has no operator that segments texts");
  TextVectorization result = TextVectorization::from_json(text->encoder);
  const TextVectorizationOptions& options = result.options();
  if (options.output_mode != "int" || !options.ngrams.empty() || options.split.name != "whitespace")
    throw Unsupported("texts: only TextVectorization to numbers (output_mode \"int\") of single words, split at white "
                      "space, is written");
  return result;
}

}  // namespace

std::string written_texts(Builder& b, const Model& model, const std::string& texts, DType dtype, int64_t length) {
  if (b.opset() < 20) throw Unsupported("texts: ONNX splits strings since operator set 20; ask for that or a later one");
  const TextVectorization vectorization = vectorization_of(model);
  const TextVectorizationOptions& options = vectorization.options();
  const int64_t fixed = options.output_sequence_length;
  if (length >= 0 && fixed != length)
    throw Unsupported("texts: the model takes " + std::to_string(length) + " words, its TextVectorization gives " +
                      (fixed == 0 ? "as many as the longest text has" : std::to_string(fixed)));
  const std::string standard = standardized(b, texts, options.standardize.name);
  // Run times take the space alone for white space.
  std::string spaced = standard;
  for (const char c : {'\t', '\n', '\v', '\f', '\r'}) spaced = replaced(b, spaced, c, " ");
  const std::string words = b.nodes("StringSplit", {spaced}, 2)[0];

  const std::vector<std::string> vocabulary = vectorization.get_vocabulary();  // "" is 0
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < vocabulary.size(); ++i) numbers.push_back(static_cast<int64_t>(i));
  std::string ids = b.node("LabelEncoder", {words},
                           {{"keys_strings", vocabulary}, {"values_int64s", numbers}, {"default_int64", 1}}, "ai.onnx.ml");
  if (fixed > 0) {
    const std::string shape = b.node("Concat", {b.node("Shape", {texts}), b.integers({fixed})}, {{"axis", 0}});
    const std::string padding = b.node("Expand", {b.integer(0), shape});
    const std::string longer = b.node("Concat", {ids, padding}, {{"axis", 1}});
    ids = b.node("Slice", {longer, b.integers({0}), b.integers({fixed}), b.integers({1})});
  }
  return dtype == DType::kInt64 ? ids : b.cast(ids, dtype);
}

}  // namespace lamina::onnx
