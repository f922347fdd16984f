// The training report: well formed, self-contained, escaped.
#include "lamina/explain/report.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lamina {
namespace {

TrainingReport sample() {
  TrainingReport report;
  report.title = "fashion & <shoes>";
  report.subtitle = "trained on \"things\"";
  report.command = "lamina train fashion-mnist --out 'a b.keras'";
  report.headlines = {{"accuracy", "91 %", "of 10"}};
  report.history = {
      {"loss", {0.5, NAN, 0.25}}, {"val_loss", {0.6, 0.5, 0.4}}, {"accuracy", {0.8, 0.9, 0.95}}};
  report.layers = {{"dense", "Dense", "(None, 10)", 1290}, {"dense_1", "Dense", "(None, 2)", 22}};
  report.sections = {{"Versions", {{"lamina", "<1>"}}}};
  report.classes = {"cat", "d&g"};
  report.confusion = {{5, 1}, {0, 4}};
  report.evaluated_on = "10 images";
  report.attention = {{"a <b>", {"un", "&"}, {"a", "\"b\""}, {{1, 0}, {0.25F, 0.75F}}}};
  report.mistakes = {{Picture{2, 2, 1, {0, 1, 2, 3}}, "cat", "d&g", 0.75, 3}};
  return report;
}

// The names of elements that are open or closed out of order; "" when the page nests properly.
std::string nesting_fault(const std::string& html) {
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    size_t end = html.find('>', at);
    if (end == std::string::npos) return "unclosed tag";
    std::string tag = html.substr(at + 1, end - at - 1);
    if (tag[0] == '!' || tag.back() == '/') continue;
    std::string name = tag.substr(0, tag.find_first_of(" \n"));
    if (name == "meta" || name == "img" || name == "br" || name == "wbr") continue;
    if (name[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || open.back() != name.substr(1)) {
      return name + " closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " stays open";
}

TEST(Report, IsWellFormedAndNeedsNoNetwork) {
  std::string html = to_html(sample());
  EXPECT_EQ(nesting_fault(html), "");
  for (const char* outside : {"http", "//cdn", "<script", "<link", "@import", "url(", "src=\"/", "file:"}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(html.find("src=\"data:image/png;base64,iVBORw0KGgo"), std::string::npos);
  EXPECT_NE(html.find("prefers-color-scheme: dark"), std::string::npos);
}

TEST(Report, DrawsSharesAsACellEach) {
  const std::string html = to_html(sample());
  EXPECT_NE(html.find("title=\"&amp; sees 75% of &quot;b&quot;\""), std::string::npos);
  EXPECT_NE(html.find("<p>a &lt;b&gt;</p>"), std::string::npos);
}

TEST(Report, EscapesEveryText) {
  std::string html = to_html(sample());
  EXPECT_NE(html.find("<h1>fashion &amp; &lt;shoes&gt;</h1>"), std::string::npos);
  EXPECT_NE(html.find("trained on &quot;things&quot;"), std::string::npos);
  EXPECT_NE(html.find("&#39;a b.keras&#39;"), std::string::npos);
  EXPECT_NE(html.find("&lt;1&gt;"), std::string::npos);
  EXPECT_NE(html.find("d&amp;g"), std::string::npos);
  EXPECT_EQ(html.find("<shoes>"), std::string::npos);
  EXPECT_EQ(html.find("d&g"), std::string::npos);
}

// Names of layers, classes and metrics come from files: none may become markup.
TEST(Report, HostileTextStaysText) {
  const std::string evil = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;";
  TrainingReport report = sample();
  report.title = report.subtitle = report.command = report.evaluated_on = evil;
  report.headlines = {{evil, evil, evil}};
  report.history = {{evil, {1, 2}}, {"val_" + evil, {2, 1}}};
  report.layers = {{evil, evil, evil, 1}};
  report.sections = {{evil, {{evil, evil}}}};
  report.classes = {evil, evil};
  report.mistakes[0].expected = report.mistakes[0].predicted = evil;
  const std::string html = to_html(report);
  EXPECT_EQ(nesting_fault(html), "");
  for (const char* part : {"<script", "<img src=x", "\"'", "\"\"", "'>", ">&lt;"}) {
    EXPECT_EQ(html.find(part), std::string::npos) << part;
  }
}

TEST(Report, ShowsTotalsAndRecall) {
  std::string html = to_html(sample());
  EXPECT_NE(html.find(">1,312<"), std::string::npos);
  EXPECT_NE(html.find(">83.3%<"), std::string::npos);
  EXPECT_NE(html.find(">100.0%<"), std::string::npos);
}

TEST(Report, PairsValidationWithTraining) {
  std::string html = to_html(sample());
  size_t charts = 0;
  for (size_t at = html.find("<svg"); at != std::string::npos; at = html.find("<svg", at + 1)) ++charts;
  EXPECT_EQ(charts, 2u);  // loss with val_loss, accuracy alone
}

TEST(Report, LeavesOutWhatIsEmpty) {
  TrainingReport report;
  report.title = "t";
  std::string html = to_html(report);
  EXPECT_EQ(nesting_fault(html), "");
  for (const char* part : {"Confusion", "gets wrong", "Run it again", "<svg", "Model"}) {
    EXPECT_EQ(html.find(part), std::string::npos) << part;
  }
}

TEST(LineChart, ValuesThatAreNotFiniteLeaveGaps) {
  std::string svg = line_chart("loss", {{"loss", {0.5, NAN, 0.25, 0.2}}});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  size_t path = svg.find("<path d=\"M");
  ASSERT_NE(path, std::string::npos);
  EXPECT_NE(svg.find('M', path + 10), std::string::npos);  // the pen was lifted
  EXPECT_EQ(line_chart("loss", {{"loss", {NAN, INFINITY}}}).find("<path"), std::string::npos);
}

TEST(LineChart, OneEpochIsADot) {
  std::string svg = line_chart("loss", {{"loss", {0.5}}});
  EXPECT_NE(svg.find("<circle"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

// On a telephone 32 mistakes were many screens, the shapes of layers four lines each, and a wide matrix cut.
TEST(Report, IsForNarrowScreensToo) {
  TrainingReport report;
  report.title = "narrow";
  report.layers = {{"conv2d", "Conv2D", "(None, 26, 26, 32)", 320}};
  report.classes = {"cat", "dog"};
  report.confusion = {{3, 1}, {0, 4}};
  for (int i = 0; i < 20; ++i)
    report.mistakes.push_back({Picture{2, 2, 1, {0, 1, 2, 3}}, "cat", "dog", 0.75, i});
  const std::string page = to_html(report);
  EXPECT_NE(page.find("<summary>4 more</summary>"), std::string::npos);
  EXPECT_NE(page.find("<td class=\"name\">conv2d<div class=\"below\">Conv2D</div></td>"), std::string::npos);
  EXPECT_NE(page.find("<td class=\"shape\">(None, 26, 26, 32)</td>"), std::string::npos);
  EXPECT_NE(page.find("<div class=\"wide\"><table class=\"matrix\">"), std::string::npos);
  report.mistakes.resize(16);
  EXPECT_EQ(to_html(report).find(" more</summary>"), std::string::npos);
}

}  // namespace
}  // namespace lamina
