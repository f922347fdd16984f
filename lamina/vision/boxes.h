// Boxes in pictures: how far they overlap, and which of many that lie on each other are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lamina::vision {

/// A rectangle in pixels of a picture: x goes right from its left edge, y down from its upper edge; a picture
/// of `width` pixels reaches from 0 to `width`.
struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
  double area() const { return width() * height(); }
  /// Whether all four are numbers, not infinite, and the box has an area above 0.
  bool valid() const;
  bool operator==(const Box&) const = default;
};

/// What a detector says: a thing of that class is there.
struct Detection {
  Box box = {};
  double score = 0;   ///< from 0 to 1: how sure it is
  int64_t label = 0;  ///< number of the class
};

/// The area that both cover over the area that one of them covers, from 0 to 1; 0 where neither has an area.
double iou(const Box& a, const Box& b);
/// The same less the share of the smallest box around both that neither covers, from -1 to 1 (Rezatofighi et
/// al., 2019, arXiv 1902.09630): it says how far boxes that do not touch are from each other.
double giou(const Box& a, const Box& b);

/// The part of the box that lies in a picture of that size.
Box clipped(const Box& box, double width, double height);

/// What the area that two boxes share is held against.
enum class Overlap {
  kUnion,    ///< the area that one of them covers: iou()
  kSmaller,  ///< the smaller of the two: a box inside of another overlaps it fully
};

/// Greedy suppression: the surest box is kept, those that overlap it by more than `iou_threshold` are not,
/// and so on. As torchvision.ops.nms: of equal scores the first comes first; boxes without area suppress
/// nothing.
/// @param boxes, scores  of one length, or InvalidArgument. What is no valid number is not kept.
/// @param iou_threshold  from 0 to 1, or InvalidArgument.
/// @param overlap        what the threshold is for.
/// @return  the places of those that are kept, the surest first.
std::vector<size_t> non_max_suppression(const std::vector<Box>& boxes, const std::vector<double>& scores,
                                        double iou_threshold, Overlap overlap = Overlap::kUnion);

/// How detections of one picture are thinned out.
struct SuppressionOptions {
  double score_threshold = 0.05;  ///< those below it are left out first
  double iou_threshold = 0.6;     ///< as non_max_suppression
  int64_t most = 100;             ///< that are kept, the surest; at least 1
  bool by_class = true;           ///< whether boxes of different classes leave each other alone
};

/// The detections that are kept, the surest first, of equal scores in their order. Those with a score or box
/// that is no finite number, or without area, are left out. Throws InvalidArgument for thresholds outside 0
/// to 1 and `most` below 1.
std::vector<Detection> suppressed(const std::vector<Detection>& detections,
                                  const SuppressionOptions& options = {});

}  // namespace lamina::vision
