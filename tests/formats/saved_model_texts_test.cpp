// SavedModels of texts (tools/golden/saved_models.py texts): hash tables, words, ragged lists.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/npy.h"
#include "lamina/ops/full.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

// Models of texts begin behind what turns these into numbers, which travels with them.
std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const std::string text = read_file(path);
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

TEST(SavedModelTexts, TextsGiveWhatKerasGives) {
  for (const std::string name : {"words", "characters", "counts", "lookup"}) {
    SCOPED_TRACE(name);
    const std::string folder = golden_path("formats/saved_models/texts_" + name);
    const std::vector<std::string> texts = lines_of(folder + "/texts.txt");
    const Tensor expected = read_npy(folder + "/y.npy");
    Model model = load_model(folder);
    ASSERT_TRUE(model.data_info().text);
    const TextPreprocessing encode(*model.data_info().text);
    expect_close(model.predict(encode(texts)), expected, name);
    const TemporaryFolder out;
    model.save(out / "m.keras");
    Model again = load_model(out / "m.keras");
    expect_close(again.predict(TextPreprocessing(*again.data_info().text)(texts)), expected, name);
  }
}

TEST(SavedModelTexts, TextsBesideNumbersAndATableFromAFile) {
  const std::string folder = golden_path("formats/saved_models/texts_table");
  Model model = load_model(folder);
  EXPECT_FALSE(model.data_info().text);
  const auto encode = TextPreprocessing::of_input(model.data_info(), "texts");
  ASSERT_TRUE(encode);
  EXPECT_FALSE(TextPreprocessing::of_input(model.data_info(), "weights"));
  const Tensor numbers = (*encode)(lines_of(folder + "/texts.txt"));
  EXPECT_EQ(numbers.shape(), (Shape{3, 3}));
  const Tensors outputs = model.outputs_on_batch({{"texts", numbers}, {"weights", full({3, 3}, 0.5)}});
  expect_close(outputs.values()[0], read_npy(folder + "/y.npy"), "table");
}

TEST(SavedModelTexts, RefusesTextsThatAreNoUtf8AndGraphsThatAreDamaged) {
  const std::string folder = golden_path("formats/saved_models/texts_words");
  TextInfo info = *load_model(folder).data_info().text;
  const TextPreprocessing encode(info);
  EXPECT_EQ(encode({"a \xff b"}).shape(), (Shape{1, 3}));  // mended, with a warning
  info.encoder["config"]["graph"] = "AAAA";
  EXPECT_THROW(TextPreprocessing{info}, Error);
}

}  // namespace
}  // namespace lamina::test
