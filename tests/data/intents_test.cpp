// Intents as CLINC150 writes them, and folders with a table for each part.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/labelled_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

const DataNeeds kTexts{
    .samples = SampleKind::kTexts, .target = TargetKind::kClassNumbers, .learned_from = true};

constexpr char kIntents[] = R"({
  "oos_train": [["what is life", "oos"]],
  "train": [["pay my bill", "pay"], ["my balance", "balance"]],
  "val": [["how much have i", "balance"]],
  "test": [["pay now", "pay"]], "oos_test": [["sing", "oos"], ["dance", "oos"]]
})";

TEST(Intents, AreReadByPartWithWhatIsOutOfScope) {
  TemporaryFolder folder;
  write_file(folder / "data_full.json", kIntents);
  for (const std::string& source : {folder.path(), folder / "data_full.json"}) {
    const LabelledData train = load_data(source, {.needs = kTexts});
    EXPECT_EQ(train.texts, (std::vector<std::string>{"pay my bill", "my balance", "what is life"}));
    EXPECT_EQ(train.class_names, (std::vector<std::string>{"balance", "out_of_scope", "pay"}));
    EXPECT_EQ(train.y.to_vector<int32_t>(), (std::vector<int32_t>{2, 0, 1}));
    DataNeeds known = kTexts;
    known.learned_from = false;
    known.known.class_names = train.class_names;
    EXPECT_EQ(load_data(source, {.split = "test", .needs = known}).y.to_vector<int32_t>(),
              (std::vector<int32_t>{2, 1, 1}));
    EXPECT_EQ(load_data(source + ":val", {.needs = known}).texts.size(), 1u);
    EXPECT_TRUE(has_part(source, "val"));
    known.known.class_names = {"balance", "out_of_scope"};
    test::expect_words(message_of<FileError>([&] { load_data(source, {.needs = known}); }),
                       {"does not know the class 'pay'"});
    known.target_optional = true;
    EXPECT_EQ(load_data(source, {.needs = known}).y.to_vector<int32_t>(), (std::vector<int32_t>{-1, 0, 1}));
  }
}

TEST(Intents, SayWhatTheyAreNot) {
  TemporaryFolder folder;
  const std::string path = folder / "data_full.json";
  const auto refused = [&](const std::string& text, const std::vector<std::string>& words) {
    write_file(path, text);
    test::expect_words(message_of<FileError>([&] { load_data(folder.path(), {.needs = kTexts}); }), words);
  };
  refused(R"({"train": [["a", "b"], ["c"]]})", {"list 'train', element 1", "[text, intent]"});
  refused(R"({"train": [["a", 5]]})", {"list 'train', element 0"});
  refused(R"({"train": [["a", ""]]})", {"element 0", "no name"});
  refused(R"({"train": {"a": "b"}})", {"'train' is no list"});
  refused(R"({"test": [["a", "b"]]})", {"no samples of the part 'train'"});
  refused("{\"train\": [[\"a\", \"\xFF\"]]}", {"data_full.json"});
  refused(R"({"train": [["a", "b"]])", {"data_full.json", "at byte"});
  write_file(path, kIntents);
  EXPECT_THROW(load_data(folder.path()), Error) << "a model of numbers takes no texts";
  EXPECT_FALSE(has_part(folder / "nowhere", "val"));
  EXPECT_THROW(has_part(folder.path(), "vla"), InvalidArgument);
}

TEST(PartTables, AreTheFilesOfAFolder) {
  TemporaryFolder folder;
  write_file(folder / "train.csv", "text,label\nred car,car\nold dog,dog\n");
  write_file(folder / "test.csv", "text,label\nsmall dog,dog\n");
  EXPECT_EQ(load_data(folder.path(), {.needs = kTexts}).texts.size(), 2u);
  EXPECT_EQ(load_data(folder.path(), {.split = "test", .needs = kTexts}).texts,
            (std::vector<std::string>{"small dog"}));
  EXPECT_TRUE(has_part(folder.path(), "test"));
  EXPECT_FALSE(has_part(folder.path(), "val"));
  test::expect_words(message_of<FileError>([&] { load_data(folder.path() + ":val", {.needs = kTexts}); }),
                     {"has no part 'val'"});
  write_file(folder / "val.tsv", "text\tlabel\nblue car\tcar\n");
  EXPECT_EQ(load_data(folder.path() + ":val", {.needs = kTexts}).texts.size(), 1u);
}

}  // namespace
}  // namespace lamina
