// The written pages keep their promises: links lead somewhere, users' pages
// exist in both languages, and the page on dependencies knows every package
// that the scripts install.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = LAMINA_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> pages() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

// Targets of [text](target) and ![text](target).
std::vector<std::string> links(const std::string& text) {
  std::vector<std::string> found;
  for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
    const size_t end = text.find(')', at);
    if (end != std::string::npos) found.push_back(text.substr(at + 2, end - at - 2));
  }
  return found;
}

TEST(Docs, LinksLeadSomewhere) {
  int checked = 0;
  for (const fs::path& page : pages()) {
    for (std::string link : links(read(page))) {
      if (link.find(' ') != std::string::npos) continue;  // a lambda in a listing
      if (link.rfind("http", 0) == 0 || link.rfind('#', 0) == 0) continue;
      link = link.substr(0, link.find('#'));
      ++checked;
      EXPECT_TRUE(fs::exists(page.parent_path() / link)) << fs::relative(page, kRoot) << " links to " << link;
    }
  }
  EXPECT_GT(checked, 20);
}

TEST(Docs, UsersPagesAreInBothLanguages) {
  EXPECT_TRUE(fs::exists(kRoot / "README.md"));
  EXPECT_TRUE(fs::exists(kRoot / "README.zh-CN.md"));
  int guides = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs" / "guide")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".zh-CN.md") || !name.ends_with(".md")) continue;
    ++guides;
    const std::string stem = name.substr(0, name.size() - 3);
    EXPECT_TRUE(fs::exists(entry.path().parent_path() / (stem + ".zh-CN.md")))
        << name << " has no Chinese page";
  }
  EXPECT_GT(guides, 0);
}

TEST(Docs, EveryInstalledPackageHasItsReason) {
  const std::string page = read(kRoot / "docs" / "dependencies.md");
  std::ifstream list(kRoot / "scripts" / "packages.txt");
  int packages = 0;
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string group, package;
    words >> group >> package;
    ++packages;
    EXPECT_NE(page.find('`' + package + '`'), std::string::npos)
        << package << " is not on docs/dependencies.md";
  }
  EXPECT_GT(packages, 10);
}

TEST(Docs, TheEnginePageKnowsEveryPass) {
  int passes = 0;
  for (const auto& entry : fs::directory_iterator(kRoot / "lamina" / "graph" / "passes")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".cpp" || name == "pipeline") continue;
    ++passes;
    for (const char* page : {"engine.md", "engine.zh-CN.md"}) {
      EXPECT_NE(read(kRoot / "docs" / "guide" / page).find("| `" + name + "` |"), std::string::npos)
          << name << " is not on " << page;
    }
  }
  EXPECT_GT(passes, 3);
}

// "How to add" pages fit on one screen: if one grows, the design is to be
// changed and not the page.
TEST(Docs, HowToPagesFitOnAScreen) {
  for (const char* name : {"how-to-add-an-op.md", "how-to-add-a-layer.md", "how-to-add-a-backend.md"}) {
    const std::string text = read(kRoot / "docs" / name);
    ASSERT_FALSE(text.empty()) << name;
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 70) << name;
  }
}

}  // namespace
