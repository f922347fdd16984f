// COCO's evaluation: matches of all pictures, precision over recall, and means of it.
#include "lamina/vision/coco_evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/vision/detail/coco_matching.h"

namespace lamina::vision {
namespace {

using detail::AreaRange;
using detail::Matches;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr int kRecalls = 101;  // 0, 0.01 ... 1, at which precision is looked at

// Precision at each of the recalls, and the largest recall, of one class at one overlap.
struct Curve {
  std::vector<double> precision;
  double recall = kNothing;
};

Curve curve_of(const std::vector<Matches>& pictures, size_t threshold, size_t most) {
  struct Found {
    double score;
    bool right;
  };
  std::vector<Found> all;
  int64_t things = 0;
  for (const Matches& picture : pictures) {
    things += picture.things;
    for (size_t d = 0; d < std::min(most, picture.scores.size()); ++d) {
      if (!picture.ignored[threshold][d])
        all.push_back({picture.scores[d], picture.found[threshold][d] != 0});
    }
  }
  if (things == 0) return {};
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
  std::vector<double> precision, recall;
  double right = 0, wrong = 0;
  for (const Found& one : all) {
    (one.right ? right : wrong) += 1;
    recall.push_back(right / static_cast<double>(things));
    precision.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  Curve curve;
  curve.recall = recall.empty() ? 0 : recall.back();
  for (int i = 0; i < kRecalls; ++i) {
    // As NumPy's linspace(0, 1, 101) rounds them.
    const double wanted = i == kRecalls - 1 ? 1.0 : i * (1.0 / (kRecalls - 1));
    const auto place = std::lower_bound(recall.begin(), recall.end(), wanted);
    curve.precision.push_back(place == recall.end() ? 0
                                                    : precision[static_cast<size_t>(place - recall.begin())]);
  }
  return curve;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  int64_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count ? sum / static_cast<double>(count) : kNothing;
}

double average(const Curve& curve) { return curve.precision.empty() ? kNothing : mean(curve.precision); }

// Means over classes of what one range of areas and number of detections gives.
struct Averages {
  std::vector<std::vector<double>> precision;  // for each overlap and class
  std::vector<std::vector<double>> recall;

  static double over(const std::vector<std::vector<double>>& values) {
    std::vector<double> all;
    for (const auto& row : values) all.insert(all.end(), row.begin(), row.end());
    return mean(all);
  }
};

class Evaluation {
 public:
  Evaluation(const std::vector<std::vector<TruthBox>>& truth,
             const std::vector<std::vector<Detection>>& found, int64_t classes,
             std::vector<double> thresholds, int64_t most)
      : thresholds_(std::move(thresholds)), classes_(static_cast<size_t>(classes)), pictures_(truth.size()) {
    things_.resize(classes_ * pictures_);
    found_.resize(classes_ * pictures_);
    overlaps_.resize(classes_ * pictures_);
    int64_t lost = 0;
    for (size_t picture = 0; picture < pictures_; ++picture) {
      for (const TruthBox& thing : truth[picture]) things_[place(thing.label, picture)].push_back(thing);
      for (const Detection& one : found[picture]) {
        const Box& box = one.box;
        const bool known =
            std::isfinite(one.score) && std::isfinite(box.left + box.top + box.right + box.bottom);
        if (known) found_[place(one.label, picture)].push_back(one);
        lost += !known;
      }
    }
    if (lost > 0)
      warn(std::to_string(lost) + " detections with a score or box that is no number are left out");
    for (size_t i = 0; i < found_.size(); ++i) {
      auto& detections = found_[i];
      std::stable_sort(detections.begin(), detections.end(),
                       [](const Detection& a, const Detection& b) { return a.score > b.score; });
      if (static_cast<int64_t>(detections.size()) > most) detections.resize(static_cast<size_t>(most));
      for (const Detection& one : detections) {
        overlaps_[i].emplace_back();
        for (const TruthBox& thing : things_[i])
          overlaps_[i].back().push_back(detail::coco_overlap(one, thing));
      }
    }
  }

  // Of things of that size, with so many detections of each picture and class.
  std::vector<Averages> averages(const AreaRange& range, const std::vector<int64_t>& most) const {
    std::vector<Averages> results(most.size());
    for (Averages& result : results) {
      result.precision.resize(thresholds_.size());
      result.recall.resize(thresholds_.size());
    }
    for (size_t label = 0; label < classes_; ++label) {
      std::vector<Matches> matches;
      for (size_t picture = 0; picture < pictures_; ++picture) {
        const size_t i = label * pictures_ + picture;
        if (things_[i].empty() && found_[i].empty()) continue;
        matches.push_back(detail::match_detections(things_[i], found_[i], overlaps_[i], range, thresholds_));
      }
      for (size_t m = 0; m < most.size(); ++m) {
        for (size_t t = 0; t < thresholds_.size(); ++t) {
          const Curve curve = curve_of(matches, t, static_cast<size_t>(most[m]));
          results[m].precision[t].push_back(average(curve));
          results[m].recall[t].push_back(curve.recall);
        }
      }
    }
    return results;
  }

 private:
  size_t place(int64_t label, size_t picture) const {
    if (label < 0 || label >= static_cast<int64_t>(classes_))
      throw InvalidArgument("evaluation of detections: picture " + std::to_string(picture) +
                            " has a box of class " + std::to_string(label) + "; 0 to " +
                            std::to_string(classes_) + " - 1 was expected");
    return static_cast<size_t>(label) * pictures_ + picture;
  }

  std::vector<double> thresholds_;
  size_t classes_, pictures_;
  std::vector<std::vector<TruthBox>> things_;  // by class and picture
  std::vector<std::vector<Detection>> found_;  // likewise
  std::vector<std::vector<std::vector<double>>> overlaps_;
};

std::vector<double> checked_thresholds(const CocoOptions& options) {
  std::vector<double> thresholds = options.iou_thresholds;
  if (thresholds.empty()) {
    // As NumPy's linspace(0.5, 0.95, 10) rounds them.
    const double step = (0.95 - 0.5) / 9;
    for (int i = 0; i < 9; ++i) thresholds.push_back(i * step + 0.5);
    thresholds.push_back(0.95);
  }
  for (const double threshold : thresholds) {
    if (!(threshold >= 0 && threshold <= 1))
      throw InvalidArgument("evaluation of detections: an overlap of " + std::to_string(threshold) +
                            " was asked for; a number from 0 to 1 was expected");
  }
  if (options.most[0] < 1 || options.most[1] < options.most[0] || options.most[2] < options.most[1])
    throw InvalidArgument("evaluation of detections: most has to be three ascending numbers of at least 1");
  return thresholds;
}

}  // namespace

CocoScores coco_evaluation(const std::vector<std::vector<TruthBox>>& truth,
                           const std::vector<std::vector<Detection>>& found, int64_t classes,
                           const CocoOptions& options) {
  const std::vector<double> thresholds = checked_thresholds(options);
  if (truth.size() != found.size())
    throw InvalidArgument("evaluation of detections: detections of " + std::to_string(found.size()) +
                          " pictures came with the boxes of " + std::to_string(truth.size()));
  if (classes < 1) throw InvalidArgument("evaluation of detections: there are no classes");
  const Evaluation evaluation(truth, found, classes, thresholds, options.most[2]);
  CocoScores scores;
  const std::vector<Averages> all =
      evaluation.averages({}, {options.most[0], options.most[1], options.most[2]});
  scores.map = Averages::over(all[2].precision);
  for (size_t i = 0; i < all.size(); ++i) scores.recall[i] = Averages::over(all[i].recall);
  const auto at = [&](double overlap) -> const std::vector<double>* {
    for (size_t t = 0; t < thresholds.size(); ++t) {
      if (std::abs(thresholds[t] - overlap) < 1e-9) return &all[2].precision[t];
    }
    return nullptr;
  };
  const auto* half = at(0.5);
  const auto* three_quarters = at(0.75);
  scores.map50 = half ? mean(*half) : kNothing;
  scores.map75 = three_quarters ? mean(*three_quarters) : kNothing;
  for (size_t label = 0; label < static_cast<size_t>(classes); ++label) {
    std::vector<double> over_thresholds;
    for (const auto& row : all[2].precision) over_thresholds.push_back(row[label]);
    scores.class_map.push_back(mean(over_thresholds));
    scores.class_map50.push_back(half ? (*half)[label] : kNothing);
  }
  constexpr double kSmall = 32 * 32, kMedium = 96 * 96, kLargest = 1e10;
  const auto sized = [&](const AreaRange& range, double& precision, double& recall) {
    const Averages averages = evaluation.averages(range, {options.most[2]})[0];
    precision = Averages::over(averages.precision);
    recall = Averages::over(averages.recall);
  };
  sized({0, kSmall}, scores.map_small, scores.recall_small);
  sized({kSmall, kMedium}, scores.map_medium, scores.recall_medium);
  sized({kMedium, kLargest}, scores.map_large, scores.recall_large);
  return scores;
}

std::vector<std::pair<std::string, double>> CocoScores::items(
    const std::vector<std::string>& class_names) const {
  std::vector<std::pair<std::string, double>> all{{"map50", map50},           {"map", map},
                                                  {"map75", map75},           {"map_small", map_small},
                                                  {"map_medium", map_medium}, {"map_large", map_large},
                                                  {"recall_1", recall[0]},    {"recall_10", recall[1]},
                                                  {"recall_100", recall[2]}};
  for (size_t label = 0; label < std::min(class_names.size(), class_map50.size()); ++label) {
    if (!std::isnan(class_map50[label])) all.emplace_back("map50/" + class_names[label], class_map50[label]);
  }
  return all;
}

}  // namespace lamina::vision
