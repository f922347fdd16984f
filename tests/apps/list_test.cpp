// lamina list: what the registries hold, and that the page of it is up to date.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "lamina/base/json.h"
#include "lamina/nn/layer.h"
#include "tests/support/program.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

std::string listed(const std::vector<std::string>& words) {
  std::vector<std::string> all = words;
  all.insert(all.begin(), "list");
  const test::Outcome outcome = test::run_lamina(".", all);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.out;
}

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(ListCommand, TellsWhatTheRegistriesHold) {
  const Json all = Json::parse(listed({"--json"}));
  for (const char* kind : {"layers", "activations", "losses", "metrics", "optimizers", "schedules",
                           "initializers", "regularizers", "constraints", "estimators", "recipes"})
    EXPECT_GT(all.at(kind).size(), 0u) << kind;
  // Those that train's help names, of whatever kind.
  const std::string help = test::run_lamina(".", {"train", "--help"}).out;
  std::string listed_recipes;
  for (const Json& recipe : all.at("recipes").as_list()) {
    const std::string name = recipe.at("name").as_string();
    EXPECT_NE(help.find("\n  " + name + ": "), std::string::npos) << name;
    listed_recipes += name + " ";
  }
  for (const char* name :
       {"mnist ", "translate-en-fr ", "tabular-forest ", "shakespeare ", "dialogue ", "classify "})
    EXPECT_NE(listed_recipes.find(name), std::string::npos) << name << listed_recipes;
  std::vector<std::string> names;
  for (const Json& layer : all.at("layers").as_list()) names.push_back(layer.at("name").as_string());
  for (const char* layer : {"Dense", "LSTM", "MultiHeadAttention"})
    EXPECT_NE(std::find(names.begin(), names.end(), layer), names.end()) << layer;
  const std::string losses = listed({"losses"});
  EXPECT_NE(losses.find("MeanSquaredError  (mean_squared_error, mse"), std::string::npos) << losses;
  EXPECT_EQ(test::run_lamina(".", {"list", "loses"}).status, 2);
}

// The page shows the commands with their output, in full: tests/docs/run_pages runs them in the slow tests,
// and this looks at the names in every build.
TEST(ListCommand, IsWhatThePageSays) {
  for (const char* name : {"catalogue.md", "catalogue.zh-CN.md"}) {
    const std::string page = text_of(fs::path(LAMINA_SOURCE_DIR) / "docs/guide" / name);
    for (const char* kind : {"", "layers", "activations", "losses", "metrics", "optimizers", "schedules",
                             "initializers", "regularizers", "constraints", "estimators", "recipes"}) {
      const std::string command = std::string("$ lamina list") + (*kind ? " " : "") + kind + "\n";
      std::vector<std::string> words;
      if (*kind) words.emplace_back(kind);
      EXPECT_NE(page.find(command + listed(words) + "```"), std::string::npos)
          << name << " does not show what '" << command << "' prints; scripts/catalogue writes it anew";
    }
  }
}

// Callbacks are given as objects and registered nowhere: their headers are the list.
TEST(ListCommand, ThePageNamesEveryCallback) {
  const std::regex declared("class (\\w+) (?:final )?: public Callback\\b");
  const std::string page = text_of(fs::path(LAMINA_SOURCE_DIR) / "docs/guide/catalogue.md");
  int found = 0;
  for (const auto& file : fs::directory_iterator(fs::path(LAMINA_SOURCE_DIR) / "lamina/nn/callbacks")) {
    const std::string text = text_of(file.path());
    for (std::sregex_iterator at(text.begin(), text.end(), declared), end; at != end; ++at, ++found)
      EXPECT_NE(page.find("`" + at->str(1) + "`"), std::string::npos) << at->str(1);
  }
  EXPECT_GE(found, 9);
}

}  // namespace
}  // namespace lamina
