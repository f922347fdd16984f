// Tracker: predicts, gives boxes out, begins and ends tracks. LineCounter: sides of a line.
#include "lamina/vision/tracker.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lamina/base/error.h"
#include "lamina/vision/assignment.h"
#include "lamina/vision/detail/motion_filter.h"

namespace lamina::vision {
namespace {

struct Track {
  int64_t id = 0;  // 0 until it is confirmed
  int64_t label = 0;
  detail::MotionFilter motion;
  int64_t seen = 1, missed = 0;
};

}  // namespace

struct Tracker::State {
  TrackerOptions options;
  std::vector<Track> tracks;
  int64_t last_id = 0;

  // Gives `boxes` out to `waiting` (places of tracks); both lose what has found its other half.
  void give_out(const std::vector<Detection>& detections, std::vector<size_t>& boxes,
                std::vector<size_t>& waiting, std::vector<Tracked>& told) {
    if (boxes.empty() || waiting.empty()) return;
    constexpr double kNever = 2;  // worse than no overlap at all
    std::vector<std::vector<double>> costs;
    for (const size_t track : waiting) {
      costs.emplace_back();
      for (const size_t box : boxes) {
        const double overlap = iou(tracks[track].motion.box(), detections[box].box);
        const bool may = overlap >= options.least_iou &&
                         (!options.by_class || tracks[track].label == detections[box].label);
        costs.back().push_back(may ? 1 - overlap : kNever);
      }
    }
    const std::vector<int64_t> given = least_cost_assignment(costs);
    std::vector<size_t> boxes_left, waiting_left;
    std::vector<char> taken(boxes.size());
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (given[i] < 0 || costs[i][static_cast<size_t>(given[i])] >= kNever) {
        waiting_left.push_back(waiting[i]);
        continue;
      }
      taken[static_cast<size_t>(given[i])] = 1;
      see(tracks[waiting[i]], detections[boxes[static_cast<size_t>(given[i])]], told);
    }
    for (size_t i = 0; i < boxes.size(); ++i) {
      if (!taken[i]) boxes_left.push_back(boxes[i]);
    }
    boxes = std::move(boxes_left);
    waiting = std::move(waiting_left);
  }

  void see(Track& track, const Detection& detection, std::vector<Tracked>& told) {
    track.motion.correct(detection.box);
    track.missed = 0;
    ++track.seen;
    tell(track, detection, told);
  }

  void tell(Track& track, const Detection& detection, std::vector<Tracked>& told) {
    if (track.seen < options.confirm) return;
    if (track.id == 0) track.id = ++last_id;
    told.push_back({track.id, detection});
  }
};

Tracker::Tracker(const TrackerOptions& options) : state_(std::make_unique<State>()) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw InvalidArgument(std::string("tracker: ") + what);
  };
  for (const double share : {options.sure, options.unsure, options.least_iou})
    require(share >= 0 && share <= 1, "scores and overlaps have to be from 0 to 1");
  require(options.unsure <= options.sure, "unsure must not be above sure");
  require(options.confirm >= 1, "confirm has to be at least 1");
  require(options.patience >= 0, "patience has to be at least 0");
  state_->options = options;
}

Tracker::Tracker(Tracker&& other) noexcept = default;
Tracker& Tracker::operator=(Tracker&& other) noexcept = default;
Tracker::~Tracker() = default;

std::vector<Tracked> Tracker::next(const std::vector<Detection>& detections) {
  State& state = *state_;
  std::vector<size_t> sure, unsure, confirmed, fresh;
  for (size_t i = 0; i < detections.size(); ++i) {
    if (!std::isfinite(detections[i].score) || !detections[i].box.valid()) continue;
    if (detections[i].score >= state.options.sure)
      sure.push_back(i);
    else if (detections[i].score >= state.options.unsure)
      unsure.push_back(i);
  }
  for (size_t i = 0; i < state.tracks.size(); ++i) {
    state.tracks[i].motion.predict();
    (state.tracks[i].id != 0 ? confirmed : fresh).push_back(i);
  }
  std::vector<Tracked> told;
  state.give_out(detections, sure, confirmed, told);
  state.give_out(detections, unsure, confirmed, told);
  state.give_out(detections, sure, fresh, told);
  for (const size_t i : confirmed) ++state.tracks[i].missed;
  for (const size_t i : fresh)
    state.tracks[i].missed = state.options.patience + 1;  // seen once, and not again
  std::erase_if(state.tracks, [&](const Track& track) { return track.missed > state.options.patience; });
  for (const size_t i : sure) {
    state.tracks.push_back({0, detections[i].label, detail::MotionFilter(detections[i].box)});
    state.tell(state.tracks.back(), detections[i], told);
  }
  std::sort(told.begin(), told.end(), [](const Tracked& a, const Tracked& b) { return a.id < b.id; });
  return told;
}

struct LineCounter::State {
  CountingLine line;
  struct Seen {
    double x = 0, y = 0;
    bool right = false, left = false;  // counted in that direction
  };
  std::map<int64_t, Seen> seen;
  int64_t to_right = 0, to_left = 0;

  // Above 0 on the right-hand side, y going down.
  double side(double x, double y) const {
    return (line.to_x - line.from_x) * (y - line.from_y) - (line.to_y - line.from_y) * (x - line.from_x);
  }
  // Whether the way from a to b meets the line between its ends.
  bool crosses(double ax, double ay, double bx, double by) const {
    const auto turn = [&](double x, double y) { return (bx - ax) * (y - ay) - (by - ay) * (x - ax); };
    return turn(line.from_x, line.from_y) * turn(line.to_x, line.to_y) <= 0;
  }
};

LineCounter::LineCounter(const CountingLine& line) : state_(std::make_unique<State>()) {
  if (!std::isfinite(line.from_x + line.from_y + line.to_x + line.to_y) ||
      (line.from_x == line.to_x && line.from_y == line.to_y))
    throw InvalidArgument("a counting line needs two different ends of finite numbers");
  state_->line = line;
}

LineCounter::~LineCounter() = default;
LineCounter::LineCounter(LineCounter&& other) noexcept = default;

void LineCounter::next(const std::vector<Tracked>& things) {
  State& state = *state_;
  for (const Tracked& one : things) {
    const double x = (one.detection.box.left + one.detection.box.right) / 2, y = one.detection.box.bottom;
    const double is = state.side(x, y);
    if (is == 0) continue;  // on the line: the next frame tells
    const auto [place, added] = state.seen.try_emplace(one.id, State::Seen{x, y});
    if (added) continue;
    State::Seen& before = place->second;
    const double was = state.side(before.x, before.y);
    if ((was < 0) != (is < 0) && state.crosses(before.x, before.y, x, y)) {
      bool& counted = is > 0 ? before.right : before.left;
      if (!counted) ++(is > 0 ? state.to_right : state.to_left);
      counted = true;
    }
    before.x = x;
    before.y = y;
  }
}

int64_t LineCounter::to_right() const { return state_->to_right; }
int64_t LineCounter::to_left() const { return state_->to_left; }

}  // namespace lamina::vision
