// Plots as files, and exponents of growth.
#include "lamina/explain/plot_svg.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/explain/growth.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(PlotSvg, IsAFileOfItsOwn) {
  const std::string svg = plot_svg({.heading = "a < b",
                                    .note = "note",
                                    .x_label = "steps",
                                    .y_label = "seconds",
                                    .curves = {{"one & two", {0, 1}, {0, 1}}, {"three", {0, 1}, {1, 0}}}});
  EXPECT_EQ(svg.rfind("<svg xmlns=\"http://www.w3.org/2000/svg\"", 0), 0u);
  for (const char* part :
       {"a &lt; b", ">note<", "steps", "seconds", "one &amp; two</text>", "three</text>",
        "fill=\"var(--train)\"", "fill=\"var(--val)\"", "--val: #e8793a", "M88.0 270.0L540.0 12.0"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
  }
  EXPECT_EQ(svg.find("<section"), std::string::npos);
  EXPECT_EQ(svg.find("</svg>"), svg.size() - 7);
}

TEST(PlotSvg, LegendsTakeTheRowsThatTheyNeed) {
  Plot plot{.heading = "h", .note = {}, .x_label = {}, .y_label = {}};
  for (int i = 0; i < 6; ++i)
    plot.curves.push_back({"a name of some length " + std::to_string(i), {0, 1}, {0, 1}});
  const std::string svg = plot_svg(plot);
  for (const char* row : {"y=\"44\">a name of some length 0<", "y=\"44\">a name of some length 1<",
                          "y=\"62\">a name of some length 2<", "y=\"80\">a name of some length 5<"}) {
    EXPECT_NE(svg.find(row), std::string::npos) << row << "\n" << svg;
  }
}

TEST(GrowthExponent, IsTheSlopeOfLogarithms) {
  EXPECT_NEAR(growth_exponent({1, 2, 4}, {3, 12, 48}), 2, 1e-12);
  EXPECT_NEAR(growth_exponent({10, 1000}, {5, 5}), 0, 1e-12);
  EXPECT_THROW(growth_exponent({1}, {1}), InvalidArgument);
  EXPECT_THROW(growth_exponent({1, 2}, {1}), InvalidArgument);
  EXPECT_THROW(growth_exponent({2, 2}, {1, 2}), InvalidArgument);
  const std::string message = test::message_of<InvalidArgument>([] { growth_exponent({1, 2}, {1, 0}); });
  EXPECT_NE(message.find("at 1 is 0"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
