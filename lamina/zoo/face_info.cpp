// The section in a file, and what it may hold.
#include "lamina/zoo/face_info.h"

#include <cmath>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr char kFaces[] = "faces";
constexpr int64_t kFacesVersion = 1;

}  // namespace

void FaceInfo::save(DataInfo& info) const {
  Json points = Json::list();
  for (const double value : landmarks) points.push_back(value);
  info.sections[kFaces] = Json::object(
      {{"version", kFacesVersion}, {"layer", layer}, {"landmarks", points}, {"threshold", threshold}});
}

std::optional<FaceInfo> FaceInfo::of(const DataInfo& info, const std::string& name) {
  const Json* json = info.sections.find(kFaces);
  if (!json) return std::nullopt;
  try {
    const int64_t version = json->at("version").as_int();
    if (version != kFacesVersion)
      throw InvalidArgument("faces: version " + std::to_string(version) +
                            " is newer than this program, which knows " + std::to_string(kFacesVersion));
    FaceInfo faces{json->at("layer").as_string(), {}, json->at("threshold").as_double()};
    const Json& points = json->at("landmarks");
    if (points.size() != faces.landmarks.size())
      throw InvalidArgument("faces: 10 numbers of landmarks were expected; got " +
                            std::to_string(points.size()));
    for (size_t i = 0; i < faces.landmarks.size(); ++i) {
      faces.landmarks[i] = points.at(i).as_double();
      if (!(std::abs(faces.landmarks[i]) <= 2))
        throw InvalidArgument("faces: a landmark is beyond the picture");
    }
    if (!(std::abs(faces.threshold) <= 1))
      throw InvalidArgument("faces: a threshold of -1 to 1 was expected");
    return faces;
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": " + error.what());
  }
}

}  // namespace lamina
