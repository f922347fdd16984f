// What the actions on faces share: their networks, the one face that is meant, and how a face is told.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "face.h"
#include "lamina/base/log.h"
#include "lamina/image/load_img.h"

namespace lamina::cli {
namespace {

// A file of that name in the current folder, or in $LAMINA_DATA, there also in a folder faces.
std::string find_network(const std::string& said, const char* option, const char* name, const char* what) {
  if (!said.empty()) {
    if (!exists(said)) throw FileError(fmt::format("{} '{}' is not there", option, said));
    return said;
  }
  std::vector<std::string> places{name};
  if (const char* data = std::getenv("LAMINA_DATA"); data && *data)
    places.insert(places.end(), {std::string(data) + "/" + name, std::string(data) + "/faces/" + name});
  for (const std::string& place : places) {
    if (exists(place)) return place;
  }
  throw UsageError(
      fmt::format("face: no network that {}: name its file by {}, or put {} into this folder or into "
                  "$LAMINA_DATA",
                  what, option, name));
}

double area_of_box(const face::Box& box) { return box.width() * box.height(); }

}  // namespace

face::Detector face_detector(const FaceOptions& options) {
  const std::string path =
      find_network(options.detector, "--detector", "face-slim-landmark5.onnx", "finds faces is here");
  return face::Detector::load(path, {.threshold = options.score.value_or(0)});
}

face::Embedder face_embedder(const FaceOptions& options) {
  return face::Embedder::load(find_network(options.embedder, "--embedder",
                                           "face-reidentification-retail-0095.onnx", "embeds faces is here"));
}

OneFace one_face(const FaceOptions& options, const face::Detector& detector, const std::string& path) {
  Picture picture = load_img(path, {.exif_orientation = true});
  const std::vector<face::Face> faces = detector.detect(picture);
  if (faces.empty())
    throw Error(
        fmt::format("'{}': no face is found in this image; --score takes less certain ones, too", path));
  if (faces.size() > 1 && !options.largest) {
    throw Error(fmt::format(
        "'{}': {} faces are found where one is meant: cut it out, or take the largest by --largest", path,
        faces.size()));
  }
  const auto largest = std::max_element(
      faces.begin(), faces.end(),
      [](const face::Face& a, const face::Face& b) { return area_of_box(a.box) < area_of_box(b.box); });
  return {std::move(picture), *largest};
}

std::optional<face::Detector> detector_if_needed(const FaceOptions& options) {
  if (options.aligned) return std::nullopt;
  return face_detector(options);
}

face::Embedding embedding_of(const FaceOptions& options, const std::optional<face::Detector>& detector,
                             const face::Embedder& embedder, const std::string& path) {
  if (!detector) return embedder.embed_aligned(load_img(path, {.exif_orientation = true}));
  const OneFace one = one_face(options, *detector, path);
  return with_data_of(path, [&] { return embedder.embed(one.picture, one.face); });
}

Json face_json(const face::Face& face) {
  const auto number = [](double value) { return finite(std::round(value * 1000) / 1000); };
  Json json = Json::object({{"box", Json::list({number(face.box.left), number(face.box.top),
                                                number(face.box.right), number(face.box.bottom)})},
                            {"score", finite(face.score)}});
  if (!face.landmarks) return json;
  Json points = Json::list();
  for (const face::Point& point : *face.landmarks)
    points.push_back(Json::list({number(point.x), number(point.y)}));
  json["landmarks"] = std::move(points);
  return json;
}

void need_images(const FaceOptions& options, size_t least, size_t most) {
  const size_t n = options.images.size();
  if (n >= least && n <= most) return;
  throw UsageError(fmt::format(
      "face {}: expected {} image{}, got {}; see 'lamina face --help'", options.action,
      least == most ? std::to_string(least) : "at least " + std::to_string(least), least == 1 ? "" : "s", n));
}

std::optional<Picture> ImagesInTurn::read(const std::string& path) {
  try {
    return load_img(path, {.exif_orientation = true});
  } catch (const FileError& error) {
    if (count_ == 1) throw;
    ++bad_;
    if (json_) print_json(Json::object({{"image", path}, {"error", error.what()}}));
    warn(error.what());
    return std::nullopt;
  }
}

void ImagesInTurn::finish() const {
  if (bad_ > 0) throw Error(fmt::format("{} of {} images could not be read", bad_, count_));
}

}  // namespace lamina::cli
