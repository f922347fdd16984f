// DataInfo: what a model knows of its data goes through its file unchanged, and nonsense is refused.
#include "lamina/nn/data_info.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

DataInfo all_that_is_known() {
  return {.class_names = {"bird", "K\u00e4fer", "a, \"b\""},
          .features = {"width", "height"},
          .target = "kind",
          .scale = PixelScale::kNone,
          .missing = Missing::kDrop,
          .infinite = Infinite::kKeep,
          .text = TextInfo{.encoder = Json::object(
                               {{"class_name", "Tokenizer"}, {"config", Json::object({{"lower", true}})}}),
                           .segmenter = Json::object({{"class_name", "S"}, {"config", Json::object()}}),
                           .maxlen = 30,
                           .padding = "post",
                           .truncating = "pre"},
          .sections = Json::object({{"vocabulary", Json::object({{"words", Json::list({"a", "b"})}})}})};
}

Sequential model() { return Sequential({Input({2}), Dense(3, {.activation = "softmax"})}, {.seed = 1}); }

TEST(DataInfo, IsWhatItsJsonSays) {
  EXPECT_EQ(DataInfo::from_json(all_that_is_known().to_json(), "d"), all_that_is_known());
  EXPECT_EQ(DataInfo{}.to_json().dump(), "{\"version\": 1}");
  const DataInfo words{.text = TextInfo{.encoder = all_that_is_known().text->encoder}};
  EXPECT_EQ(DataInfo::from_json(words.to_json(), "d"), words);
  EXPECT_EQ(words.to_json().at("text").size(), 1u);  // no lengths where there are none
  EXPECT_TRUE(DataInfo{}.empty());
  EXPECT_FALSE(all_that_is_known().empty());
  EXPECT_EQ(all_that_is_known().to_json().dump(), Json::parse(all_that_is_known().to_json().dump()).dump());
}

TEST(DataInfo, RefusesNonsense) {
  const auto refused = [](const char* text, const std::string& words) {
    const std::string message =
        message_of<FileError>([&] { DataInfo::from_json(Json::parse(text), "m.keras/lamina/data.json"); });
    EXPECT_NE(message.find(words), std::string::npos) << text << ": " << message;
    EXPECT_NE(message.find("m.keras/lamina/data.json"), std::string::npos) << message;
  };
  refused("[]", "expected an object");
  refused("{}", "version");
  refused("{\"version\": 2}", "version 2; this build reads 1");
  refused("{\"version\": 1, \"classes\": []}", "unknown member 'classes'");
  refused("{\"version\": 1, \"class_names\": {}}", "list");
  refused("{\"version\": 1, \"class_names\": [1]}", "string");
  refused("{\"version\": 1, \"class_names\": [\"a\", \"a\"]}", "'a' occurs twice");
  refused("{\"version\": 1, \"class_names\": [\"\"]}", "a name is empty");
  refused("{\"version\": 1, \"features\": [\"a\\u0000b\"]}", "zero byte");
  refused("{\"version\": 1, \"features\": [\"a\"], \"target\": \"a\"}", "also one of the features");
  refused("{\"version\": 1, \"scale\": \"1..255\"}", "unknown scale '1..255'");
  refused("{\"version\": 1, \"missing\": true}", "string");
  refused("{\"version\": 1, \"infinite\": \"kep\"}", "did you mean 'keep'?");
  const std::string text = "{\"version\": 1, \"text\": {\"encoder\": {\"class_name\": \"T\", \"config\": {}}";
  refused("{\"version\": 1, \"text\": []}", "object");
  refused("{\"version\": 1, \"text\": {}}", "'encoder' is no object with a class_name");
  refused("{\"version\": 1, \"text\": {\"encoder\": {\"class_name\": 7, \"config\": {}}}}",
          "'encoder' is no");
  refused((text + ", \"segmenter\": 1}}").c_str(), "'segmenter' is no object with a class_name");
  refused((text + ", \"maxlen\": -1}}").c_str(), "maxlen of -1");
  refused((text + ", \"maxlen\": 1000000000}}").c_str(), "maxlen of 1000000000");
  refused((text + ", \"padding\": \"last\"}}").c_str(), "unknown padding 'last'");
  refused((text + ", \"truncating\": 1}}").c_str(), "string");
  refused((text + ", \"words\": 1}}").c_str(), "unknown member 'words'");
  refused("{\"version\": 1, \"sections\": [1]}", "object");
  refused("{\"version\": 1, \"sections\": {\"drift\": 1}}", "'drift' is not an object");
  EXPECT_NE(message_of<FileError>([] {
              DataInfo::from_json(Json::object({{"version", 1}, {"target", std::string(5000, 'x')}}), "d");
            }).find("5000 bytes"),
            std::string::npos);
  EXPECT_THROW(model().set_data_info({.class_names = {"a", "a"}}), InvalidArgument);
}

TEST(DataInfo, GoesThroughFilesAndCheckpoints) {
  const TemporaryFolder folder;
  Sequential known = model();
  known.compile({.optimizer = "sgd", .loss = "categorical_crossentropy"});
  known.set_data_info(all_that_is_known());
  known.save(folder / "a.keras");
  Model again = load_model(folder / "a.keras");
  EXPECT_EQ(again.data_info(), all_that_is_known());
  again.save(folder / "b.keras");
  EXPECT_EQ(load_model(folder / "b.keras", {.compile = false}).data_info(), all_that_is_known());
  known.fit(Tensor::from<float>({{1, 2}}), Tensor::from<float>({{0, 0, 1}}), {.verbose = 0});
  save_checkpoint(known, folder / "c.keras");
  EXPECT_EQ(load_checkpoint(folder / "c.keras").model.data_info(), all_that_is_known());
  EXPECT_EQ(load_model(folder / "c.keras").data_info(), all_that_is_known());
}

// One member of ours, which Keras leaves alone, and none where nothing is known.
TEST(DataInfo, IsOneMemberOfTheArchive) {
  const TemporaryFolder folder;
  Sequential known = model();
  known.save(folder / "plain.keras");
  known.set_data_info(all_that_is_known());
  known.save(folder / "known.keras");
  const auto members = [&](const std::string& name) {
    const std::string bytes = read_file(folder / name);
    return detail::ZipReader(bytes, name).members();
  };
  std::vector<std::string> expected = members("plain.keras");
  expected.push_back("lamina/data.json");
  EXPECT_EQ(members("known.keras"), expected);
}

TEST(DataInfo, ADamagedMemberIsNamed) {
  const TemporaryFolder folder;
  Sequential known = model();
  known.set_data_info(all_that_is_known());
  known.save(folder / "a.keras");
  std::string bytes = read_file(folder / "a.keras");
  detail::ZipWriter zip;
  {
    const detail::ZipReader old(bytes, "a");
    for (const std::string& member : old.members())
      zip.add(member, member == "lamina/data.json" ? "{\"version\": 1, \"scale\": 7}" : old.read(member));
  }
  write_file(folder / "a.keras", zip.finish());
  const std::string message = message_of<FileError>([&] { load_model(folder / "a.keras"); });
  EXPECT_NE(message.find("a.keras/lamina/data.json"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
