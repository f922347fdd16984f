// TFLite models that take texts, by hash tables, and audio operators that are asked for what they cannot do.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/ops/full.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tflite_bytes.h"

namespace lamina::test {
namespace {

Model load_bytes_of(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "model.tflite", bytes);
  return load_model(folder / "model.tflite");
}

// A table that CALL_ONCE fills, asked for texts, whose numbers are rows of an embedding.
std::string table_of_texts() {
  const auto strings = [](const std::vector<std::string>& texts) {
    std::vector<int32_t> head{static_cast<int32_t>(texts.size())};
    std::string all;
    for (const std::string& text : texts) {
      head.push_back(static_cast<int32_t>(4 * (texts.size() + 2) + all.size()));
      all += text;
    }
    head.push_back(static_cast<int32_t>(4 * (texts.size() + 2) + all.size()));
    return tflite_bytes_of(head) + all;
  };
  constexpr int8_t kInt64 = 4, kResource = 13;
  const auto options = [](auto& builder) { return tfl::CreateHashtableOptions(builder, 3, kTfString, 4).Union(); };
  const TfliteOperator handle{tfl::BuiltinOperator_HASHTABLE, {}, {0}, tfl::Options_Hashtable, options};
  TfliteGraph main{.tensors = {{.name = "table", .shape = {1}, .type = kResource},
                               {.name = "x", .shape = {1}, .type = kTfString, .signature = {-1}},
                               {.name = "none", .shape = {}, .type = kInt64, .data = tflite_bytes_of<int64_t>({0})},
                               {.name = "i", .shape = {1}, .type = kInt64, .signature = {-1}},
                               {.name = "rows", .shape = {3, 2}, .data = tflite_bytes_of<float>({0, 1, 2, 3, 4, 5})},
                               {.name = "y", .shape = {1, 2}, .signature = {-1, 2}}},
                   .operators = {{tfl::BuiltinOperator_CALL_ONCE,
                                  {},
                                  {},
                                  tfl::Options_CallOnce,
                                  [](auto& builder) { return tfl::CreateCallOnceOptions(builder, 1).Union(); }},
                                 handle,
                                 {tfl::BuiltinOperator_HASHTABLE_FIND, {0, 1, 2}, {3}},
                                 {tfl::BuiltinOperator_GATHER, {4, 3}, {5}}},
                   .inputs = {1},
                   .outputs = {5}};
  TfliteGraph fill{.tensors = {{.name = "table", .shape = {1}, .type = kResource},
                               {.name = "keys", .shape = {2}, .type = kTfString, .data = strings({"red", "blue"})},
                               {.name = "values", .shape = {2}, .type = kInt64, .data = tflite_bytes_of<int64_t>({2, 1})}},
                   .operators = {handle, {tfl::BuiltinOperator_HASHTABLE_IMPORT, {0, 1, 2}, {}}},
                   .inputs = {},
                   .outputs = {}};
  return tflite_model({main, fill});
}

TEST(Tflite, HashTablesTakeTexts) {
  Model model = load_bytes_of(table_of_texts());
  ASSERT_TRUE(model.data_info().text);
  const Tensor numbers = TextPreprocessing(*model.data_info().text)({"blue", "pink", "red"});
  EXPECT_EQ(numbers.to_vector<int64_t>(), (std::vector<int64_t>{1, 0, 2}));
  EXPECT_EQ(model.predict(numbers).to_vector<float>(), (std::vector<float>{2, 3, 0, 1, 4, 5}));
}

// What audio operators cannot be asked is refused, and not computed.
TEST(Tflite, AudioOperatorsRefuseWhatDoesNotFit) {
  constexpr int8_t kInt16 = 7;
  const auto with = [&](const char* name, int32_t samples) {
    return tflite_model({{.tensors = {{.name = "x", .shape = {samples}, .type = kInt16}, {.name = "y", .shape = {samples}, .type = kInt16}},
                          .operators = {{.code = tfl::BuiltinOperator_CUSTOM, .inputs = {0}, .outputs = {1}, .custom = name}},
                          .inputs = {0},
                          .outputs = {1}}});
  };
  for (const char* name : {"SignalRfft", "SignalIrfft", "SignalWindow", "SignalFramer", "SignalOverlapAdd"}) {
    SCOPED_TRACE(name);
    EXPECT_THROW(load_bytes_of(with(name, 8)).predict(zeros({8}, DType::kInt16)), Error);
  }
}

}  // namespace
}  // namespace lamina::test
