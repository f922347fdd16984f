// Tracks, lines and their scores: TrackEval's and SciPy's numbers (tools/golden/tracks.py), and videos by
// hand.
#include "lamina/vision/tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/vision/assignment.h"
#include "lamina/vision/track_evaluation.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::vision {
namespace {

using test::message_of;

std::vector<std::vector<TrackBox>> frames_of(const Json& frames) {
  std::vector<std::vector<TrackBox>> all;
  for (const Json& frame : frames.as_list()) {
    all.emplace_back();
    for (const Json& one : frame.as_list())
      all.back().push_back(
          {one.at(0).as_int(),
           {one.at(1).as_double(), one.at(2).as_double(), one.at(3).as_double(), one.at(4).as_double()}});
  }
  return all;
}

TEST(TrackEvaluation, IsTrackEvals) {
  const Json golden = Json::parse(test::golden_text("vision/tracks.json"), "tracks.json");
  ASSERT_EQ(golden.at("tracks").size(), 9u);
  for (const Json& one : golden.at("tracks").as_list()) {
    const std::string name = one.at("name").as_string();
    const TrackScores scores = track_evaluation(frames_of(one.at("truth")), frames_of(one.at("found")));
    const double hota[4] = {scores.hota, scores.deta, scores.assa, scores.loca};
    for (size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(hota[i], one.at("hota").at(i).as_double(), 1e-9) << name << " " << i;
    const double identity[3] = {scores.idf1, scores.id_precision, scores.id_recall};
    for (size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(identity[i], one.at("identity").at(i).as_double(), 1e-9) << name << " id " << i;
  }
}

TEST(TrackEvaluation, RefusesWhatDoesNotFit) {
  EXPECT_NE(message_of<InvalidArgument>([] { track_evaluation({{}}, {}); }).find("0 frames"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] {
              track_evaluation({{{7, {0, 0, 1, 1}}, {7, {0, 0, 1, 1}}}}, {{}});
            }).find("id 7 comes twice"),
            std::string::npos);
}

TEST(Assignment, CostsWhatScipysCosts) {
  const Json golden = Json::parse(test::golden_text("vision/tracks.json"), "tracks.json");
  ASSERT_EQ(golden.at("assignments").size(), 20u);
  for (const Json& one : golden.at("assignments").as_list()) {
    std::vector<std::vector<double>> costs;
    for (const Json& row : one.at("costs").as_list()) {
      costs.emplace_back();
      for (const Json& cost : row.as_list()) costs.back().push_back(cost.as_double());
    }
    const std::vector<int64_t> given = least_cost_assignment(costs);
    double sum = 0;
    std::set<int64_t> columns;
    for (size_t row = 0; row < given.size(); ++row) {
      if (given[row] < 0) continue;
      EXPECT_TRUE(columns.insert(given[row]).second);
      sum += costs[row][static_cast<size_t>(given[row])];
    }
    EXPECT_EQ(columns.size(), std::min(costs.size(), costs[0].size()));
    EXPECT_NEAR(sum, one.at("sum").as_double(), 1e-9);
  }
  EXPECT_TRUE(least_cost_assignment({}).empty());
  EXPECT_EQ(least_cost_assignment({{}, {}}), (std::vector<int64_t>{-1, -1}));
  EXPECT_NE(message_of<InvalidArgument>([] {
              least_cost_assignment({{1, 2}, {1}});
            }).find("row 1"),
            std::string::npos);
  EXPECT_NE(
      message_of<InvalidArgument>([] { least_cost_assignment({{std::nan("")}}); }).find("no finite number"),
      std::string::npos);
}

Detection at(double x, double y, double score = 0.9, int64_t label = 0) {
  return {{x, y, x + 20, y + 40}, score, label};
}

// Two things pass each other; one is hidden for some frames and comes back as itself.
TEST(Tracker, KeepsThingsApart) {
  Tracker tracker;
  std::vector<std::vector<TrackBox>> truth, found;
  for (int t = 0; t < 40; ++t) {
    std::vector<Detection> seen{at(5 * t, 100)};
    truth.push_back({{1, seen[0].box}, {2, at(200 - 5 * t, 130).box}});
    const bool hidden = t > 14 && t < 20;
    if (!hidden) seen.push_back(at(200 - 5 * t, 130, t % 5 == 0 ? 0.2 : 0.9));
    found.emplace_back();
    for (const Tracked& one : tracker.next(seen)) found.back().push_back({one.id, one.detection.box});
  }
  std::set<int64_t> ids;
  for (const auto& frame : found) {
    for (const TrackBox& one : frame) ids.insert(one.id);
  }
  EXPECT_EQ(ids, (std::set<int64_t>{1, 2}));
  const TrackScores scores = track_evaluation(truth, found);
  EXPECT_GT(scores.idf1, 0.93);
  EXPECT_GT(scores.hota, 0.9);
}

TEST(Tracker, BeginsAndEndsTracks) {
  Tracker tracker({.confirm = 2, .patience = 1});
  EXPECT_TRUE(tracker.next({at(0, 0)}).empty());
  EXPECT_EQ(tracker.next({at(1, 0)}).at(0).id, 1);
  EXPECT_TRUE(tracker.next({}).empty());
  EXPECT_EQ(tracker.next({at(3, 0)}).at(0).id, 1);  // waited for
  tracker.next({});
  tracker.next({});
  tracker.next({at(6, 0)});
  EXPECT_EQ(tracker.next({at(7, 0)}).at(0).id, 2);
  EXPECT_TRUE(tracker.next({at(8, 0, 0.9, 1)}).empty());  // of another class
  EXPECT_TRUE(Tracker().next({at(0, 0, 0.2)}).empty());   // too unsure to begin
}

TEST(Tracker, LeavesOutWhatIsNoBox) {
  Tracker tracker({.confirm = 1});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(tracker.next({at(0, 0, nan), {{0, 0, nan, 5}, 0.9, 0}, {{5, 5, 5, 9}, 0.9, 0}}).empty());
  EXPECT_EQ(tracker.next({at(0, 0)}).size(), 1u);
  EXPECT_NE(message_of<InvalidArgument>([] { Tracker tracker({.sure = 2}); }).find("from 0 to 1"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { Tracker tracker({.sure = 0.1, .unsure = 0.5}); }).find("unsure"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { Tracker tracker({.confirm = 0}); }).find("confirm"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { Tracker tracker({.patience = -1}); }).find("patience"),
            std::string::npos);
}

TEST(LineCounter, CountsEachThingOnceADirection) {
  LineCounter counter({100, 0, 100, 200});
  const auto see = [&](int64_t id, double x, double bottom) {
    counter.next({{id, {{x - 10, bottom - 40, x + 10, bottom}, 0.9, 0}}});
  };
  for (const double x : {80.0, 95.0, 105.0, 98.0, 103.0}) see(1, x, 100);  // shakes on the line
  EXPECT_EQ(counter.to_left(), 1);  // from above, left and right of who looks down are turned
  EXPECT_EQ(counter.to_right(), 1);
  for (const double x : {120.0, 100.0, 80.0}) see(2, x, 100);  // a frame on the line itself
  EXPECT_EQ(counter.to_right(), 2);
  for (const double x : {80.0, 120.0}) see(3, x, 300);  // past its end
  EXPECT_EQ(counter.to_left(), 1);
  for (const double x : {100.0, 80.0}) see(4, x, 100);  // begins on the line, and comes from no side
  for (const double x : {100.0, 120.0}) see(5, x, 100);
  EXPECT_EQ(counter.to_left(), 1);
  EXPECT_EQ(counter.to_right(), 2);
  EXPECT_NE(message_of<InvalidArgument>([] {
              LineCounter counter({5, 5, 5, 5});
            }).find("two different ends"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina::vision
