// Models that Keras saved with layers of texts and categories inside, which is where vocabularies are.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/layers/category_encoding.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/discretization.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/layers/integer_lookup.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

constexpr char kFolder[] = "formats/preprocessing";

Tensor inputs_of(const Model& model, const test::Golden& golden) {
  if (!golden.contains("texts")) return golden.at("input");
  std::vector<std::string> texts;
  for (const Json& text : golden.json("texts").as_list()) texts.push_back(text.as_string());
  return TextPreprocessing(*model.data_info().text)(texts);
}

std::string keras_file(const std::string& name) {
  return test::golden_path(std::string(kFolder) + "/" + name + ".keras");
}

std::string config_of(const std::string& path) {
  return detail::parse_keras_archive(detail::ByteSource::of_file(path), path).config.dump();
}

class KerasPreprocessingGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(KerasPreprocessingGolden, LoadsPredictsAndRoundTrips) {
  const test::Golden golden(std::string(kFolder) + "/" + GetParam());
  Model model = load_model(keras_file(GetParam()));
  const Tensor x = inputs_of(model, golden), y = model.predict(x);
  test::expect_close(y, golden.at("output"), GetParam(), 1e-5);
  TemporaryFolder written;
  for (const std::string name : {"again.keras", "again.h5"}) {
    model.save(written / name);
    Model again = load_model(written / name);
    EXPECT_EQ(again.predict(x).to_vector<float>(), y.to_vector<float>()) << name;
    EXPECT_EQ(again.data_info().text, model.data_info().text) << name;
  }
  // Keras finds its layers of texts again.
  const std::string saved = config_of(written / "again.keras");
  for (const char* word : {"\"TextVectorization\"", "\"StringLookup\"", "\"Hashing\"", "\"string\""})
    EXPECT_EQ(saved.find(word) != std::string::npos, config_of(keras_file(GetParam())).find(word) != std::string::npos) << word;
}

INSTANTIATE_TEST_SUITE_P(All, KerasPreprocessingGolden, ::testing::ValuesIn(test::golden_cases(kFolder)),
                         test::CaseName());

/// The golden archive with one member changed; an empty text takes it out.
std::string changed(const TemporaryFolder& folder, const std::string& name, const std::string& part,
                    const std::string& from, const std::string& to) {
  const std::string bytes = read_file(keras_file(name));
  const detail::ZipReader reader(bytes, name);
  detail::ZipWriter zip;
  for (const std::string& member : reader.members()) {
    std::string content = reader.read(member);
    if (member.find(part) != std::string::npos) {
      if (to.empty()) continue;
      const size_t at = content.find(from);
      EXPECT_NE(at, std::string::npos) << from;
      content.replace(at, from.size(), to);
    }
    zip.add(member, content);
  }
  const std::string path = folder / "changed.keras";
  write_file(path, zip.finish());
  return path;
}

std::string refusal(const std::string& path) {
  return message_of<FileError>([&] { load_model(path); });
}

TEST(KerasPreprocessing, SaysWhatItCannotTake) {
  TemporaryFolder folder;
  EXPECT_NE(refusal(changed(folder, "text_numbers", "assets/", "", "")).find("has no vocabulary"),
            std::string::npos);
  EXPECT_NE(refusal(changed(folder, "integers_learned", "assets/", "", "")).find("vocabulary"),
            std::string::npos);
  EXPECT_NE(
      refusal(changed(folder, "integers_learned", "assets/", "7", "seven")).find("'seven', where an integer"),
      std::string::npos);
  EXPECT_NE(refusal(changed(folder, "text_numbers", "config.json", "\"ragged\": false, \"vocabulary\"",
                            "\"ragged\": true, \"vocabulary\""))
                .find("ragged is true, where false was expected"),
            std::string::npos);
  EXPECT_NE(refusal(changed(folder, "text_numbers", "config.json", "\"batch_shape\": [null, 1]",
                            "\"batch_shape\": [null, 3]"))
                .find("one text a sample was expected"),
            std::string::npos);
  EXPECT_NE(refusal(changed(folder, "word_numbers", "config.json", "\"num_oov_indices\": 1",
                            "\"num_oov_indices\": 2"))
                .find("num_oov_indices is 2, where 1 was expected"),
            std::string::npos);
  EXPECT_NE(refusal(changed(folder, "bins", "config.json", "\"bin_boundaries\": [0.0, 1.0, 2.0]",
                            "\"bin_boundaries\": null"))
                .find("has not been adapted"),
            std::string::npos);
}

TEST(KerasPreprocessing, GoesOnAfterTraining) {
  Model model = load_model(keras_file("text_numbers"));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = TextPreprocessing(*model.data_info().text)({"the cat", "a dog"});
  model.fit(x, Tensor::from<float>({1, 0, 0, 1}, {2, 2}), {.epochs = 1, .verbose = 0});
  TemporaryFolder written;
  model.save(written / "trained.keras");
  EXPECT_NE(config_of(written / "trained.keras").find("\"TextVectorization\""), std::string::npos);
  EXPECT_EQ(load_model(written / "trained.keras").predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
}

TEST(KerasPreprocessing, LeavesOutWhatDoesNotFitAnyMore) {
  Model model = load_model(keras_file("text_numbers"));
  TemporaryFolder written;
  Sequential other({Input({6}, {.name = "numbers"}), Dense(2)}, {.seed = 1});
  other.set_data_info(model.data_info());
  other.save(written / "other.keras");
  EXPECT_EQ(config_of(written / "other.keras").find("TextVectorization"), std::string::npos);
  DataInfo damaged = model.data_info();
  damaged.sections["keras_text"] = Json::object({{"fronts", Json::list({Json::object({{"inputs", 3}})})}});
  model.set_data_info(damaged);
  EXPECT_NE(message_of<InvalidArgument>([&] { model.save(written / "damaged.keras"); }).find("'keras_text'"), std::string::npos);
}

TEST(KerasPreprocessing, TakesTextsAtSeveralInputs) {
  const test::Golden golden("formats/text_inputs/several");
  Model model = load_model(test::golden_path("formats/text_inputs/several.keras"));
  const auto inputs = [&] {
    std::vector<std::pair<std::string, Tensor>> all;
    for (const std::string& name : model.input_names()) {
      const auto text = TextPreprocessing::of_input(model.data_info(), name);
      EXPECT_EQ(text.has_value(), name != "age") << name;
      std::vector<std::string> texts;
      if (text) {
        for (const Json& one : golden.json(name).as_list()) texts.push_back(one.as_string());
      }
      all.emplace_back(name, text ? (*text)(texts) : golden.at(name));
    }
    return Tensors(all);
  }();
  EXPECT_FALSE(model.data_info().text);
  test::expect_close(model.predict(inputs), golden.at("output"), "several", 1e-5);
  TemporaryFolder written;
  model.save(written / "again.keras");
  EXPECT_EQ(load_model(written / "again.keras").predict(inputs).to_vector<float>(), model.predict(inputs).to_vector<float>());
  const std::string saved = config_of(written / "again.keras");
  EXPECT_NE(saved.find("\"TextVectorization\""), std::string::npos);
  EXPECT_NE(saved.find("\"StringLookup\""), std::string::npos);
}

TEST(KerasPreprocessing, LayersRefuseBadArguments) {
  const auto says = [](auto make, const char* what) {
    EXPECT_NE(message_of<InvalidArgument>(make).find(what), std::string::npos)
        << message_of<InvalidArgument>(make);
  };
  says([] { CategoryEncoding(0); }, "num_tokens must be positive");
  says([] { CategoryEncoding(3, {.output_mode = "multihot"}); }, "did you mean 'multi_hot'");
  says([] { CategoryEncoding(3, {.output_mode = "int"}); }, "unknown output_mode 'int'");
  says([] { Discretization({}); }, "at least one number");
  says([] { Discretization({2, 1}); }, "must ascend");
  says([] { IntegerLookup({}); }, "the vocabulary is empty");
  says([] { IntegerLookup({3, 4, 3}); }, "holds 3 twice");
  says([] { IntegerLookup({3, 4}, {.max_tokens = 2}); }, "3 places, more than max_tokens, 2");
  says([] { IntegerLookup({3}, {.num_oov_indices = 0}); }, "num_oov_indices must be from 1");
  says([] { IntegerLookup({3}, {.invert = true, .output_mode = "count"}); }, "invert goes with");
  says([] { CategoryEncoding(3)(Tensor::from<int32_t>({1, 2}, {2})); }, "expected input (batch, n)");
  says([] { CategoryEncoding(3)(Tensor::from<float>({0.5F}, {1, 1})).to_vector<float>(); }, "0.5");
}

TEST(KerasPreprocessing, LayersComputeOnTheirOwn) {
  const Tensor ids = Tensor::from<int64_t>({3, 9, -1, 5}, {2, 2});
  EXPECT_EQ(IntegerLookup({3, 5})(ids).to_vector<int64_t>(), (std::vector<int64_t>{1, 0, 0, 2}));
  EXPECT_EQ(IntegerLookup({-1, 3, 5})(ids).to_vector<int64_t>(), (std::vector<int64_t>{1, 0, 0, 2}));
  EXPECT_EQ(Discretization({0, 4})(ids).to_vector<int32_t>(), (std::vector<int32_t>{1, 2, 0, 2}));
  EXPECT_EQ(CategoryEncoding(4)(ids).to_vector<float>(), (std::vector<float>{0, 0, 0, 1, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace lamina
