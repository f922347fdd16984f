// What of faces that lie on each other is kept. Internal header.
#pragma once

#include <vector>

#include "lamina/face/face.h"

namespace lamina::face::detail {

/// The faces that vision::non_max_suppression keeps, by falling score. Those with a score or side that is not finite, and those
/// without area, are left out.
std::vector<Face> best_faces(const std::vector<Face>& faces, double threshold,
                             vision::Overlap overlap = vision::Overlap::kUnion);

}  // namespace lamina::face::detail
