// Tracker: which box of a frame is the same thing as which of the frame before, and who crosses a line.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lamina/vision/boxes.h"

namespace lamina::vision {

/// How things are followed.
struct TrackerOptions {
  double sure = 0.5;       ///< a detection of at least this score may begin a track
  double unsure = 0.1;     ///< one of at least this score may continue one, once the sure ones are given out
  double least_iou = 0.2;  ///< overlap with where a track is expected, from which on a box may be it
  int64_t confirm = 2;     ///< frames in which a thing is seen until it is told
  int64_t patience = 30;   ///< frames for which a thing that is not seen is waited for
  bool by_class = true;    ///< whether a track keeps its class
};

/// A thing in a frame.
struct Tracked {
  int64_t id = 0;  ///< from 1, never used again
  Detection detection = {};
};

/// Follows things over the frames of a video, as SORT (Bewley et al., 2016, arXiv 1602.00763) and ByteTrack
/// (Zhang et al., 2021, arXiv 2110.06864) do: a Kalman filter of constant speed for each says where it will
/// be, and boxes are given out such that the sum of overlaps is largest, first the sure ones, then the
/// others. Same boxes, same tracks.
class Tracker {
 public:
  /// Throws InvalidArgument for shares outside 0 to 1, `unsure` above `sure`, confirm below 1 and patience
  /// below 0.
  explicit Tracker(const TrackerOptions& options = {});
  Tracker(Tracker&& other) noexcept;
  Tracker& operator=(Tracker&& other) noexcept;
  ~Tracker();

  /// The next frame: what was found in it. Boxes and scores that are no finite numbers, and boxes without
  /// area, are left out.
  /// @return  the things that are seen in this frame and confirmed, by their ids, each with its own box of
  /// `detections`.
  std::vector<Tracked> next(const std::vector<Detection>& detections);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A line over which things are counted, in pixels.
struct CountingLine {
  double from_x = 0, from_y = 0, to_x = 0, to_y = 0;
};

/// Counts things whose middle of the lower edge, where they stand, goes over the line.
class LineCounter {
 public:
  /// Throws InvalidArgument for a line of no length or of no finite numbers.
  explicit LineCounter(const CountingLine& line);
  ~LineCounter();
  LineCounter(LineCounter&& other) noexcept;

  /// The things of the next frame.
  void next(const std::vector<Tracked>& things);
  /// Things that have gone over it so far, each once a direction: to the right-hand side of who looks from
  /// its beginning to its end, and to the left.
  int64_t to_right() const;
  int64_t to_left() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::vision
