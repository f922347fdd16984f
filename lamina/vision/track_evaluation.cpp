// HOTA and IDF1 over the frames of one video.
#include "lamina/vision/track_evaluation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "lamina/base/error.h"
#include "lamina/vision/assignment.h"

namespace lamina::vision {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr size_t kAlphas = 19;  // 0.05, 0.10 ... 0.95

using Table = std::vector<std::vector<double>>;

struct Frame {
  std::vector<size_t> truth, found;  // numbers of ids
  Table overlaps;
};

// Ids as numbers from 0.
class Numbers {
 public:
  std::vector<size_t> of(const std::vector<TrackBox>& boxes, size_t frame) {
    std::vector<size_t> numbers;
    for (const TrackBox& one : boxes) {
      const size_t number = numbers_.emplace(one.id, numbers_.size()).first->second;
      if (std::find(numbers.begin(), numbers.end(), number) != numbers.end())
        throw InvalidArgument("evaluation of tracks: id " + std::to_string(one.id) +
                              " comes twice in frame " + std::to_string(frame));
      numbers.push_back(number);
      counts_.resize(numbers_.size());
      ++counts_[number];
      ++boxes_;
    }
    return numbers;
  }
  const std::vector<double>& counts() const { return counts_; }
  double boxes() const { return boxes_; }

 private:
  std::map<int64_t, size_t> numbers_;
  std::vector<double> counts_;
  double boxes_ = 0;
};

Table table(size_t rows, size_t columns) { return Table(rows, std::vector<double>(columns)); }

// How well each pair of ids goes together over all frames.
Table alignment(const std::vector<Frame>& frames, const Numbers& truth, const Numbers& found) {
  Table together = table(truth.counts().size(), found.counts().size());
  for (const Frame& frame : frames) {
    std::vector<double> of_column(frame.found.size());
    std::vector<double> of_row(frame.truth.size());
    for (size_t i = 0; i < frame.truth.size(); ++i) {
      for (size_t k = 0; k < frame.found.size(); ++k) {
        of_row[i] += frame.overlaps[i][k];
        of_column[k] += frame.overlaps[i][k];
      }
    }
    for (size_t i = 0; i < frame.truth.size(); ++i) {
      for (size_t k = 0; k < frame.found.size(); ++k) {
        const double whole = of_row[i] + of_column[k] - frame.overlaps[i][k];
        if (whole > kEps) together[frame.truth[i]][frame.found[k]] += frame.overlaps[i][k] / whole;
      }
    }
  }
  for (size_t i = 0; i < together.size(); ++i) {
    for (size_t k = 0; k < together[i].size(); ++k)
      together[i][k] /= truth.counts()[i] + found.counts()[k] - together[i][k];
  }
  return together;
}

void hota(const std::vector<Frame>& frames, const Numbers& truth, const Numbers& found, TrackScores& scores) {
  if (truth.boxes() == 0 || found.boxes() == 0) {
    scores.loca = 1;
    return;
  }
  const Table aligned = alignment(frames, truth, found);
  std::array<double, kAlphas> right{}, overlap{};
  std::vector<Table> matches(kAlphas, table(truth.counts().size(), found.counts().size()));
  for (const Frame& frame : frames) {
    if (frame.truth.empty() || frame.found.empty()) continue;
    Table costs = frame.overlaps;
    for (size_t i = 0; i < costs.size(); ++i) {
      for (size_t k = 0; k < costs[i].size(); ++k) costs[i][k] *= -aligned[frame.truth[i]][frame.found[k]];
    }
    const std::vector<int64_t> given = least_cost_assignment(costs);
    for (size_t a = 0; a < kAlphas; ++a) {
      const double alpha = 0.05 + static_cast<double>(a) * 0.05;
      for (size_t i = 0; i < given.size(); ++i) {
        if (given[i] < 0) continue;
        const auto k = static_cast<size_t>(given[i]);
        if (frame.overlaps[i][k] < alpha - kEps) continue;
        right[a] += 1;
        overlap[a] += frame.overlaps[i][k];
        matches[a][frame.truth[i]][frame.found[k]] += 1;
      }
    }
  }
  for (size_t a = 0; a < kAlphas; ++a) {
    double associated = 0;
    for (size_t i = 0; i < matches[a].size(); ++i) {
      for (size_t k = 0; k < matches[a][i].size(); ++k) {
        const double count = matches[a][i][k];
        associated += count * count / std::max(1.0, truth.counts()[i] + found.counts()[k] - count);
      }
    }
    const double assa = associated / std::max(1.0, right[a]);
    const double deta = right[a] / std::max(1.0, truth.boxes() + found.boxes() - right[a]);
    scores.assa += assa / kAlphas;
    scores.deta += deta / kAlphas;
    scores.hota += std::sqrt(assa * deta) / kAlphas;
    scores.loca += std::max(1e-10, overlap[a]) / std::max(1e-10, right[a]) / kAlphas;
  }
}

void identities(const std::vector<Frame>& frames, const Numbers& truth, const Numbers& found,
                TrackScores& scores) {
  if (truth.boxes() == 0 || found.boxes() == 0) return;
  constexpr double kRight = 0.5;
  const size_t rows = truth.counts().size(), columns = found.counts().size();
  Table together = table(rows, columns);
  for (const Frame& frame : frames) {
    for (size_t i = 0; i < frame.truth.size(); ++i) {
      for (size_t k = 0; k < frame.found.size(); ++k)
        together[frame.truth[i]][frame.found[k]] += frame.overlaps[i][k] >= kRight;
    }
  }
  // An id that goes with no other leaves all of its boxes unmatched: it has a partner of its own for that.
  const double never = truth.boxes() + found.boxes() + 1;
  Table costs = table(rows + columns, rows + columns);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t k = 0; k < columns; ++k)
      costs[i][k] = truth.counts()[i] + found.counts()[k] - 2 * together[i][k];
    for (size_t k = 0; k < rows; ++k) costs[i][columns + k] = i == k ? truth.counts()[i] : never;
  }
  for (size_t i = 0; i < columns; ++i) {
    for (size_t k = 0; k < columns; ++k) costs[rows + i][k] = i == k ? found.counts()[k] : never;
  }
  const std::vector<int64_t> given = least_cost_assignment(costs);
  double right = 0;
  for (size_t i = 0; i < rows; ++i) {
    if (given[i] >= 0 && given[i] < static_cast<int64_t>(columns))
      right += together[i][static_cast<size_t>(given[i])];
  }
  scores.id_recall = right / truth.boxes();
  scores.id_precision = right / found.boxes();
  scores.idf1 = 2 * right / (truth.boxes() + found.boxes());
}

}  // namespace

TrackScores track_evaluation(const std::vector<std::vector<TrackBox>>& truth,
                             const std::vector<std::vector<TrackBox>>& found) {
  if (truth.size() != found.size())
    throw InvalidArgument("evaluation of tracks: " + std::to_string(found.size()) +
                          " frames came with the truth of " + std::to_string(truth.size()));
  Numbers of_truth, of_found;
  std::vector<Frame> frames;
  for (size_t t = 0; t < truth.size(); ++t) {
    Frame& frame = frames.emplace_back(Frame{of_truth.of(truth[t], t), of_found.of(found[t], t), {}});
    for (const TrackBox& one : truth[t]) {
      frame.overlaps.emplace_back();
      for (const TrackBox& other : found[t]) frame.overlaps.back().push_back(iou(one.box, other.box));
    }
  }
  TrackScores scores;
  hota(frames, of_truth, of_found, scores);
  identities(frames, of_truth, of_found, scores);
  return scores;
}

}  // namespace lamina::vision
