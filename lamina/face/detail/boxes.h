// Overlap of boxes, and what of overlapping ones is kept. Internal header.
#pragma once

#include <cstddef>
#include <vector>

#include "lamina/face/face.h"

namespace lamina::face::detail {

/// What the shared area of two boxes is held against.
enum class Overlap {
  kUnion,    ///< the area that both cover
  kSmaller,  ///< the smaller of the two: a box inside of another overlaps it fully
};

/// Greedy suppression: places of the boxes that are kept, by falling score: those that overlap no better one
/// by more than `threshold`. Of equal scores the first comes first. Boxes with a score or side that is not
/// finite, and those without area, are left out. `boxes` and `scores` have one length.
std::vector<size_t> non_max_suppression(const std::vector<Box>& boxes, const std::vector<double>& scores,
                                        double threshold, Overlap overlap = Overlap::kUnion);

/// The same of faces: those that are kept.
std::vector<Face> best_faces(const std::vector<Face>& faces, double threshold,
                             Overlap overlap = Overlap::kUnion);

}  // namespace lamina::face::detail
