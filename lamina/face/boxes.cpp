// Suppression of faces.
#include "lamina/face/detail/boxes.h"

namespace lamina::face {

std::vector<Face> detail::best_faces(const std::vector<Face>& faces, double threshold, vision::Overlap overlap) {
  std::vector<const Face*> whole;
  std::vector<Box> boxes;
  std::vector<double> scores;
  for (const Face& face : faces) {
    if (!face.box.valid()) continue;
    whole.push_back(&face);
    boxes.push_back(face.box);
    scores.push_back(face.score);
  }
  std::vector<Face> best;
  for (const size_t i : vision::non_max_suppression(boxes, scores, threshold, overlap)) best.push_back(*whole[i]);
  return best;
}

}  // namespace lamina::face
