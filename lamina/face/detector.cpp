// Which network is in a file, and how detections are counted.
#include "lamina/face/detector.h"

#include <algorithm>
#include <fstream>

#include "lamina/base/error.h"
#include "lamina/face/detail/networks.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::face {

Detector Detector::load(const std::string& path, const DetectorOptions& options) {
  const auto refuse = [](const std::string& what) { throw InvalidArgument("Detector::load: " + what); };
  if (!(options.threshold >= 0 && options.threshold < 1)) {
    refuse("threshold must be 0 (the usual one) or between 0 and 1, received " +
           std::to_string(options.threshold));
  }
  if (!(options.overlap > 0 && options.overlap <= 1))
    refuse("overlap must be above 0 and at most 1, received " + std::to_string(options.overlap));
  if (options.smallest < 12)
    refuse("smallest must be at least 12 pixels, received " + std::to_string(options.smallest));
  DetectorOptions known = options;
  if (known.threshold == 0) known.threshold = 0.7;
  if (path.ends_with(".safetensors")) return Detector(detail::mtcnn_detector(path, known));
  return Detector(detail::prior_detector(path, known));
}

std::vector<Face> Detector::detect(const Picture& picture) const {
  if (picture.height < 1 || picture.width < 1)
    throw InvalidArgument("detect: expected a picture of at least one pixel, received one without");
  return network_->detect(detail::in_colours(picture));
}

bool Detector::gives_landmarks() const { return network_->gives_landmarks(); }

Picture detail::in_colours(const Picture& picture) {
  return picture.channels == 3 ? picture : lamina::detail::with_channels(picture, 3, "a picture");
}

void add_detections(DetectionScore& score, const std::vector<Face>& found, const std::vector<Box>& there,
                    double least) {
  std::vector<Face> order = found;
  std::stable_sort(order.begin(), order.end(),
                   [](const Face& a, const Face& b) { return a.score > b.score; });
  std::vector<bool> taken(there.size());
  for (const Face& face : order) {
    double best = 0;
    size_t which = there.size();
    for (size_t i = 0; i < there.size(); ++i) {
      const double overlap = taken[i] ? 0 : iou(face.box, there[i]);
      if (overlap > best) {
        best = overlap;
        which = i;
      }
    }
    if (which == there.size() || best < least) continue;
    taken[which] = true;
    ++score.found;
  }
  score.there += static_cast<int>(there.size());
  score.told += static_cast<int>(found.size());
}

}  // namespace lamina::face
