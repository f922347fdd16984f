// Plots: every number lands where the axes say, and nothing that is none is drawn.
#include "lamina/explain/plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "lamina/base/error.h"
#include "lamina/explain/detail/axis.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(Plot, DrawsCurvesWithinItsRanges) {
  const std::string card = plot_card({.heading = "ROC <of> it",
                                      .note = "area 0.75",
                                      .x_label = "false positives",
                                      .y_label = "true positives",
                                      .bands = {{"90%", {0, 1}, {0, 0.5}, {0.5, 1}}},
                                      .curves = {{"model", {0, 0.5, 1}, {0, 1, 1}},
                                                 {"chance", {0, 1}, {0, 1}, Look::kDashed},
                                                 {"points", {0.5}, {0.5}, Look::kDots}},
                                      .x_range = {{0, 1}},
                                      .y_range = {{0, 1}}});
  EXPECT_NE(card.find("ROC &lt;of&gt; it"), std::string::npos);
  for (const char* part : {"area 0.75", "false positives", "true positives", "model", "chance", "90%",
                           "stroke-dasharray", "fill-opacity", "<circle", "0.2", "1.0"}) {
    EXPECT_NE(card.find(part), std::string::npos) << part;
  }
  // From the lower left corner over the middle of the upper edge to the upper right one.
  EXPECT_NE(card.find("M88.0 270.0L314.0 12.0L540.0 12.0"), std::string::npos) << card;
}

TEST(Plot, LeavesGapsAndSurvivesNothing) {
  const std::string gap = plot_card(
      {.heading = "h", .note = {}, .x_label = {}, .y_label = {}, .curves = {{"a", {0, 1, 2}, {1, NAN, 3}}}});
  EXPECT_EQ(gap.find("nan"), std::string::npos);
  const size_t path = gap.find("<path d=\"M");
  ASSERT_NE(path, std::string::npos);
  EXPECT_NE(gap.find('M', path + 10), std::string::npos);  // the pen was lifted
  for (const std::vector<double>& values :
       {std::vector<double>{}, {INFINITY}, {NAN, NAN}, {1e300, -1e300}, {5}}) {
    std::vector<double> places(values.size());
    for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<double>(i);
    const std::string card = plot_card(
        {.heading = "h", .note = {}, .x_label = {}, .y_label = {}, .curves = {{"a", places, values}}});
    EXPECT_EQ(card.find("inf"), std::string::npos);
    EXPECT_LT(card.size(), 20000u);
  }
  EXPECT_NE(
      test::message_of<InvalidArgument>([] {
        plot_card({.heading = "h", .note = {}, .x_label = {}, .y_label = {}, .curves = {{"a", {0, 1}, {1}}}});
      }).find("'a' has 2 places and 1 values"),
      std::string::npos);
}

TEST(Plot, AnEmptyCurveHasNoLegendAndKeepsItsColour) {
  Plot plot{.heading = "h", .note = {}, .x_label = {}, .y_label = {}};
  plot.curves = {{"nothing", {}, {}}, {"something", {1, 2}, {1, 2}, Look::kMarked}};
  plot.whole_x = true;
  const std::string card = plot_card(plot);
  EXPECT_EQ(card.find("nothing"), std::string::npos);
  EXPECT_NE(card.find("<i style=\"background:var(--val)\"></i>something"), std::string::npos) << card;
  EXPECT_NE(card.find("<title>something, 1: 1</title>"), std::string::npos) << card;
  EXPECT_EQ(card.find(">1.2<"), card.rfind(">1.2<"));  // on the axis of values alone
}

// Ten colours, then the same with dashes.
TEST(Plot, ManyCurvesCanBeToldApart) {
  Plot plot{.heading = "h", .note = {}, .x_label = {}, .y_label = {}};
  for (int i = 0; i < 12; ++i) plot.curves.push_back({std::to_string(i), {0, 1}, {0, 1.0 * i}});
  const std::string card = plot_card(plot);
  std::set<std::string> pens;
  for (size_t at = card.find("<path"); at != std::string::npos; at = card.find("<path", at + 1)) {
    const std::string path = card.substr(at, card.find("/>", at) - at);
    pens.insert(path.substr(path.find(" stroke=")));
  }
  EXPECT_EQ(pens.size(), 12u);
}

TEST(Axis, HasRoundMarks) {
  const detail::Axis axis = detail::Axis::around(0.13, 0.87);
  EXPECT_DOUBLE_EQ(axis.step, 0.2);
  EXPECT_DOUBLE_EQ(axis.low, 0);
  EXPECT_DOUBLE_EQ(axis.high, 1);
  EXPECT_EQ(axis.text(0.4), "0.4");
  EXPECT_EQ(detail::Axis::around(0, 1250).text(500), "500");
  EXPECT_GT(detail::Axis::around(3, 3).high, detail::Axis::around(3, 3).low);
}

TEST(ReportPage, NeedsNoNetwork) {
  const std::string page = report_page("a & b", "c", "<p>d</p>");
  EXPECT_NE(page.find("<title>a &amp; b"), std::string::npos);
  EXPECT_NE(page.find("<p>d</p>"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);
}

}  // namespace
}  // namespace lamina
