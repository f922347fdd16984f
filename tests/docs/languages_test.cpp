// Pages in two languages say the same: as many sections, the same links, listings and figures, in one order.
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

// What two languages have in common on a page.
struct Page {
  std::vector<std::string> headings;  // their marks: "##"
  std::vector<std::string> links;     // without ".zh-CN"
  std::vector<std::string> code;      // lines of listings without comments and blanks; no diagrams
  std::vector<std::string> cells;     // of tables, where they are one number or piece of code
};

void add_links(const std::string& line, std::vector<std::string>& links) {
  for (size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 2)) {
    std::string link = line.substr(at + 2, line.find(')', at) - at - 2);
    if (const size_t language = link.find(".zh-CN"); language != std::string::npos) link.erase(language, 6);
    links.push_back(link);
  }
}

bool is_ascii(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

void add_cells(const std::string& line, std::vector<std::string>& cells) {
  std::istringstream row(line.substr(1));
  for (std::string cell; std::getline(row, cell, '|');) {
    const bool number = cell.find_first_of("0123456789") != std::string::npos &&
                        cell.find_first_not_of(" *0123456789.,×") == std::string::npos;
    const bool code = cell.starts_with(" `") && cell.ends_with("` ") &&
                      std::count(cell.begin(), cell.end(), '`') == 2 && is_ascii(cell);
    if (number || code) cells.push_back(cell);
  }
}

Page page(const fs::path& path) {
  Page found;
  std::ifstream file(path);
  bool code = false, diagram = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      diagram = !code && line.starts_with("```mermaid");
      code = !code;
      continue;
    }
    if (code) {
      for (const char* comment : {"//", " #"}) {
        if (const size_t at = line.find(comment); at != std::string::npos && line[0] != '#') line.erase(at);
      }
      while (!line.empty() && line.back() == ' ') line.pop_back();
      if (!diagram && !line.empty() && is_ascii(line)) found.code.push_back(line);
      continue;
    }
    if (line.starts_with("#")) found.headings.push_back(line.substr(0, line.find(' ')));
    if (line.starts_with("|")) add_cells(line, found.cells);
    add_links(line, found.links);
  }
  return found;
}

void expect_same(const fs::path& english, const fs::path& chinese) {
  const Page one = page(english), other = page(chinese);
  ASSERT_FALSE(one.headings.empty()) << english;
  EXPECT_EQ(one.headings, other.headings) << english;
  EXPECT_EQ(one.links, other.links) << english;
  EXPECT_EQ(one.code, other.code) << english;
  EXPECT_EQ(one.cells, other.cells) << english;
}

TEST(Languages, BothReadmesSayTheSame) {
  EXPECT_GT(page(kRoot / "README.md").code.size(), 20u);
  expect_same(kRoot / "README.md", kRoot / "README.zh-CN.md");
}

TEST(Languages, BothGuidesSayTheSame) {
  int guides = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs" / "guide")) {
    const fs::path chinese = entry.path().parent_path() / (entry.path().stem().string() + ".zh-CN.md");
    if (!fs::exists(chinese)) continue;
    ++guides;
    expect_same(entry.path(), chinese);
  }
  EXPECT_GT(guides, 2);
}

TEST(Languages, TheReadmesFiguresAreThoseOfThePerformancePage) {
  std::ifstream file(kRoot / "docs" / "performance.md");
  std::stringstream text;
  text << file.rdbuf();
  int figures = 0;
  for (std::string cell : page(kRoot / "README.md").cells) {
    std::erase_if(cell, [](char c) { return c == '*' || c == ' '; });
    ++figures;
    EXPECT_NE(text.str().find("| " + cell + " |"), std::string::npos) << cell;
  }
  EXPECT_GE(figures, 8);
}

}  // namespace
