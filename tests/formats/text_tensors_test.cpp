// Texts as tensors, their .npy files, and ONNX models that take and give texts.
#include "lamina/formats/text_tensors.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/onnx_bytes.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/text_npy.h"

namespace lamina {
namespace {

using test::TemporaryFolder;

TEST(TextTensors, KeepTextsAndTheirShape) {
  const Texts texts{{"cat", "", "naïve", "猫"}, {2, 2}};
  const Tensor tensor = tensor_of_texts(texts);
  EXPECT_EQ(tensor.shape(), (Shape{2, 2, 6}));
  EXPECT_EQ(texts_of(tensor).values, texts.values);
  EXPECT_EQ(texts_of(tensor).shape, texts.shape);
  EXPECT_EQ(texts_of(tensor_of_texts({{""}, {1}})).values, std::vector<std::string>{""});
  EXPECT_EQ(texts_of(tensor_of_texts({{}, {0, 3}})).shape, (Shape{0, 3}));
}

TEST(TextTensors, AreRefusedWhereTheyAreNone) {
  EXPECT_THROW(tensor_of_texts({{"a"}, {2}}), InvalidArgument);
  EXPECT_THROW(tensor_of_texts({{std::string("a\0b", 3)}, {1}}), InvalidArgument);
  EXPECT_THROW(texts_of(Tensor::from<float>({1, 2})), InvalidArgument);
}

TEST(TextTensors, TravelAsNumpysStrings) {
  const TemporaryFolder folder;
  write_file(folder / "words.npy", test::text_npy({"one", "three"}));
  const Tensor read = read_npy_texts(folder / "words.npy");
  EXPECT_EQ(texts_of(read).values, (std::vector<std::string>{"one", "three"}));
  write_npy_texts(folder / "again.npy", read);
  EXPECT_EQ(read_file(folder / "again.npy"), read_file(folder / "words.npy"));
  write_npy_texts(folder / "wide.npy", tensor_of_texts({{"naïve", "猫", ""}, {3, 1}}));
  EXPECT_EQ(texts_of(read_npy_texts(folder / "wide.npy")).values, (std::vector<std::string>{"naïve", "猫", ""}));
  write_npy(folder / "numbers.npy", Tensor::from<float>({1, 2}));
  EXPECT_THROW(read_npy_texts(folder / "numbers.npy"), FileError);
  EXPECT_THROW(read_npy(folder / "words.npy"), FileError);
}

test::Message texts_attribute(const std::string& name, const std::vector<std::string>& values) {
  test::Message attribute;
  attribute.bytes(1, name);
  for (const std::string& value : values) attribute.bytes(9, value);
  return attribute.integer(20, 8);
}

// What converters of scikit-learn write around a table: a column of texts becomes numbers, a class becomes its name.
std::string pets() {
  const test::OnnxGraphParts parts{
      .nodes = {test::onnx_node("LabelEncoder", {"sound"}, {"code"},
                                {texts_attribute("keys_strings", {"meow", "woof"}),
                                 test::onnx_attribute("values_int64s", std::vector<int64_t>{0, 1}),
                                 test::onnx_attribute("default_int64", 2)},
                                "ai.onnx.ml"),
                test::onnx_node("LabelEncoder", {"code"}, {"label"},
                                {test::onnx_attribute("keys_int64s", std::vector<int64_t>{0, 1}),
                                 texts_attribute("values_strings", {"cat", "dog"}),
                                 test::Message().bytes(1, "default_string").bytes(4, "eel").integer(20, 3)},
                                "ai.onnx.ml"),
                test::onnx_node("Mul", {"weight", "weight"}, {"square"})},
      .inputs = {test::onnx_value("sound", {-1, 1}, 8), test::onnx_value("weight", {-1, 1})},
      .outputs = {test::onnx_value("label", {-1, 1}, 8), test::onnx_value("square", {-1, 1})}};
  return test::Message()
      .integer(1, 8)
      .message(7, test::onnx_graph(parts))
      .message(8, test::Message().integer(2, 17))
      .message(8, test::Message().bytes(1, "ai.onnx.ml").integer(2, 3))
      .str();
}

// A name for each name: nothing in it is a number.
std::string names() {
  const test::OnnxGraphParts parts{
      .nodes = {test::onnx_node("LabelEncoder", {"sound"}, {"label"},
                                {texts_attribute("keys_strings", {"meow", "woof"}),
                                 texts_attribute("values_strings", {"cat", "dog"}),
                                 test::Message().bytes(1, "default_string").bytes(4, "eel").integer(20, 3)},
                                "ai.onnx.ml")},
      .inputs = {test::onnx_value("sound", {-1, 1}, 8)},
      .outputs = {test::onnx_value("label", {-1, 1}, 8)}};
  return test::Message()
      .integer(1, 8)
      .message(7, test::onnx_graph(parts))
      .message(8, test::Message().integer(2, 17))
      .message(8, test::Message().bytes(1, "ai.onnx.ml").integer(2, 3))
      .str();
}

TEST(TextTensors, GoIntoAndComeOutOfOnnxModels) {
  const TemporaryFolder folder;
  write_file(folder / "names.onnx", names());
  for (const char* file : {"names.onnx", "names.keras"}) {
    SCOPED_TRACE(file);
    Model model = load_model(folder / file);
    EXPECT_TRUE(text_tensors(model).takes("sound"));
    EXPECT_TRUE(text_tensors(model).gives("label"));
    const Tensors outputs = model.outputs_on_batch(Tensors(std::vector<std::pair<std::string, Tensor>>{
        {"sound", tensor_of_texts({{"woof", "meow", "blub"}, {3, 1}})}}));
    EXPECT_EQ(texts_of(outputs[0]).values, (std::vector<std::string>{"dog", "cat", "eel"}));
    EXPECT_EQ(texts_of(outputs[0]).shape, (Shape{3, 1}));
    model.save(folder / "names.keras");
  }
}

// The column of texts becomes numbers before the model.
TEST(TextTensors, ComeOutOfModelsWhoseTextsBecomeNumbers) {
  const TemporaryFolder folder;
  write_file(folder / "pets.onnx", pets());
  for (const char* file : {"pets.onnx", "pets.keras"}) {
    SCOPED_TRACE(file);
    Model model = load_model(folder / file);
    const TextTensors texts = text_tensors(model);
    EXPECT_FALSE(texts.takes("sound"));
    EXPECT_TRUE(texts.gives("label"));
    EXPECT_FALSE(texts.gives("square"));
    EXPECT_FALSE(TextPreprocessing::of_input(model.data_info(), "weight"));
    const auto encode = TextPreprocessing::of_input(model.data_info(), "sound");
    ASSERT_TRUE(encode);
    const Tensors outputs = model.outputs_on_batch(Tensors(std::vector<std::pair<std::string, Tensor>>{
        {"sound", (*encode)({"woof", "meow", "blub"})}, {"weight", Tensor::from<float>({{1}, {2}, {3}})}}));
    EXPECT_EQ(texts_of(outputs[0]).values, (std::vector<std::string>{"dog", "cat", "eel"}));
    EXPECT_EQ(outputs[1].to_vector<float>(), (std::vector<float>{1, 4, 9}));
    model.save(folder / "pets.keras");
  }
}

}  // namespace
}  // namespace lamina
