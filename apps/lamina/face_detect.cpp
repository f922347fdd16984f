// lamina face detect: where faces are, and how many of those of a table were found.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "face.h"
#include "face_metrics.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/data/csv.h"
#include "pages.h"

namespace lamina::cli {
namespace {

namespace fs = std::filesystem;

// Boxes of the table, by the files that it names beside itself.
using TrueBoxes = std::map<std::string, std::vector<face::Box>>;

TrueBoxes true_boxes(const std::string& path) {
  TrueBoxes boxes;
  const fs::path folder = fs::path(path).parent_path();
  const CsvTable table = read_csv(path);
  const size_t file = table.column("file"), sides[] = {table.column("xmin"), table.column("ymin"),
                                                       table.column("xmax"), table.column("ymax")};
  for (size_t i = 0; i < table.rows.size(); ++i) {
    double values[4] = {};
    for (size_t k = 0; k < 4; ++k) {
      const std::string& field = table.rows[i][sides[k]];
      const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), values[k]);
      if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(values[k]))
        throw FileError(fmt::format("'{}', line {}: '{}' is no number; the side of a box was expected", path,
                                    table.lines[i], field.substr(0, 40)));
    }
    const face::Box box{values[0], values[1], values[2], values[3]};
    if (!box.valid())
      throw FileError(fmt::format("'{}', line {}: a box without area, from {}, {} to {}, {}", path,
                                  table.lines[i], box.left, box.top, box.right, box.bottom));
    boxes[(folder / table.rows[i][file]).string()].push_back(box);
  }
  return boxes;
}

// Of an image that the table names, or, where it lies elsewhere, of the only one of its name.
std::vector<face::Box> boxes_that_are_there(const TrueBoxes& boxes, const std::string& table,
                                            const std::string& image) {
  std::error_code ignored;
  const fs::path place = fs::weakly_canonical(image, ignored);
  const std::vector<face::Box>* of_name = nullptr;
  int named = 0;
  for (const auto& [file, there] : boxes) {
    if (fs::path(file).filename() != place.filename()) continue;
    if (fs::weakly_canonical(file, ignored) == place) return there;
    of_name = &there;
    ++named;
  }
  if (named == 1) return *of_name;
  if (named > 1)
    throw InvalidArgument(fmt::format("'{}' is none of the {} images of that name in '{}'", image, named, table));
  warn(fmt::format("'{}' is not in '{}': it is taken to show no face", image, table));
  return {};
}

}  // namespace

int face_detect(const FaceOptions& options) {
  const face::Detector detector = face_detector(options);
  std::vector<std::string> images = options.images;
  TrueBoxes truth;
  if (!options.truth.empty()) {
    truth = true_boxes(options.truth);
    if (images.empty()) {
      for (const auto& [file, boxes] : truth) images.push_back(file);
    }
  }
  if (images.empty()) need_images(options, 1, SIZE_MAX);
  if (!options.report.empty()) refuse_to_lose_page(options.report, options.overwrite);
  face::DetectionScore score;
  std::vector<FaceOnPage> page;
  // What is judged by a table must all be read.
  ImagesInTurn in_turn(options.truth.empty() ? images.size() : 1, options.json);
  for (const std::string& path : images) {
    const std::optional<Picture> read = in_turn.read(path);
    if (!read) continue;
    const Picture& picture = *read;
    const std::vector<face::Face> faces = detector.detect(picture);
    if (!options.truth.empty())
      add_detections(score, faces, boxes_that_are_there(truth, options.truth, path));
    Json list = Json::list();
    for (const face::Face& face : faces) {
      list.push_back(face_json(face));
      if (!options.report.empty())
        page.push_back({face_crop(picture, face.box), fs::path(path).filename().string(),
                        fmt::format("score {:.3f}", face.score)});
    }
    if (options.json) {
      if (options.truth.empty()) print_json(Json::object({{"image", path}, {"faces", std::move(list)}}));
      continue;
    }
    tell(stdout,
         fmt::format("{}: {}\n", printable(path),
                     faces.empty() ? "no face"
                                   : fmt::format("{} face{}", faces.size(), faces.size() == 1 ? "" : "s")));
    for (const face::Face& face : faces)
      tell(stdout, fmt::format("  {:.3f}  {:.0f}, {:.0f} to {:.0f}, {:.0f}\n", face.score, face.box.left,
                               face.box.top, face.box.right, face.box.bottom));
  }
  if (!options.report.empty())
    write_page(options.report, faces_page("Faces that were found", page), options.overwrite);
  in_turn.finish();
  if (options.truth.empty()) return 0;
  if (options.json) {
    print_json(Json::object({{"recall", score.recall()},
                             {"precision", score.precision()},
                             {"faces", score.there},
                             {"found", score.told},
                             {"right", score.found},
                             {"images", images.size()}}));
  } else {
    tell(stdout,
         fmt::format("recall: {:.3f} - precision: {:.3f} - {} of {} faces in {} images, {} found\n",
                     score.recall(), score.precision(), score.found, score.there, images.size(), score.told));
  }
  return 0;
}

}  // namespace lamina::cli
