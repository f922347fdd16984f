// Recipes of intents: from JSON to answers that may be "out of scope".
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/apps/recipe_test.h"

namespace lamina {
namespace {

using test::Outcome;

// Requests for three things, each with words of its own, and sentences of other words.
Json requests(int count, uint32_t seed, bool outside) {
  const char* intents[] = {"balance", "card", "weather"};
  const char* telling[3][2] = {{"balance", "account"}, {"card", "credit"}, {"rain", "sunny"}};
  const char* plain[] = {"what", "is", "my", "please", "now", "the", "tell", "me"};
  const char* other[] = {"zebra", "quartz", "violin", "moss", "jungle", "comet", "puzzle", "vortex"};
  Json list = Json::list();
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    std::string text;
    for (uint32_t k = 0; k < 3; ++k)
      text += std::string((outside ? other : plain)[(seed >> (5 * k + 8)) % 8]) + " ";
    if (!outside) text += telling[i % 3][(seed >> 28) % 2];
    list.push_back(Json::list({text, outside ? "oos" : intents[i % 3]}));
  }
  return list;
}

class IntentRecipe : public test::RecipeTest<IntentRecipe> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    const Json data = Json::object({{"train", requests(300, 1, false)},
                                    {"val", requests(60, 2, false)},
                                    {"test", requests(60, 3, false)},
                                    {"oos_train", requests(20, 4, true)},
                                    {"oos_val", requests(20, 5, true)},
                                    {"oos_test", requests(40, 6, true)}});
    write_file(*folder_ / "data_full.json", data.dump());
    trained_ = new Outcome(run({"train", "clinc150", "--data", ".", "--epochs", "8", "--json"}));
  }
};

TEST_F(IntentRecipe, LearnsIntentsAndWhatIsNone) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  const Json metrics = Json::parse(trained_->lines().back()).at("metrics");
  EXPECT_GT(metrics.at("in_scope_accuracy").as_double(), 0.9);
  EXPECT_GT(metrics.at("out_of_scope_recall").as_double(), 0.9);
  EXPECT_GT(metrics.at("out_of_scope_precision").as_double(), 0.9);
  const Outcome judged = run({"evaluate", "clinc150.keras", "--data", ".", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(), metrics.dump());
  EXPECT_EQ(Json::parse(judged.out).at("samples").as_int(), 100);
  const Outcome text = run({"evaluate", "clinc150.keras", "--data", ".", "--quiet"});
  EXPECT_NE(text.out.find("out_of_scope_recall: "), std::string::npos) << text.out;
}

TEST_F(IntentRecipe, SaysOutOfScope) {
  const Outcome said =
      run({"predict", "clinc150.keras", "please tell my account balance", "vortex of moss", "--json"});
  ASSERT_EQ(said.lines().size(), 2u) << said.err;
  EXPECT_EQ(Json::parse(said.lines()[0]).at("label").as_string(), "balance");
  EXPECT_EQ(Json::parse(said.lines()[1]).at("label").as_string(), "out_of_scope");
  const Outcome empty = run({"predict", "clinc150.keras", "?!", "--json"});
  ASSERT_EQ(empty.status, 0) << empty.err;
  EXPECT_FALSE(Json::parse(empty.lines().at(0)).at("label").is_null())
      << "a text without a known term has an answer";
}

TEST_F(IntentRecipe, LearnsTablesWithoutAnythingOutOfScope) {
  std::string table = "text,category\n";
  const Json list = requests(200, 9, false);
  for (const Json& pair : list.as_list())
    table += pair.as_list()[0].as_string() + "," + pair.as_list()[1].as_string() + "\n";
  std::filesystem::create_directory(*folder_ / "bank");
  write_file(*folder_ / "bank/train.csv", table);
  write_file(*folder_ / "bank/test.csv", table);
  const Outcome trained = run({"train", "banking77", "--data", "bank", "--epochs", "6", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Json last = Json::parse(trained.lines().back());
  EXPECT_EQ(last.at("metrics_of").as_string(), "test");
  EXPECT_GT(last.at("metrics").at("accuracy").as_double(), 0.9);
  EXPECT_EQ(last.at("metrics").find("out_of_scope_recall"), nullptr);
}

}  // namespace
}  // namespace lamina
