// Asks for pairs of pictures.
#include "face_metrics.h"

#include "lamina/base/log.h"
#include "lamina/zoo/face_info.h"
#include "lamina/zoo/verification.h"

namespace lamina::cli {

Metrics face_metrics_of(const Model& model, const std::string& source) {
  if (!FaceInfo::of(model.data_info())) return {};
  if (has_pairs(source)) return verify_pairs(model, source).metrics;
  warn("'" + source +
       "' has no table test_pairs.csv of pairs of pictures: how well the model tells persons apart that "
       "it has not learned is not known");
  return {};
}

}  // namespace lamina::cli
