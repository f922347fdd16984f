// lamina face: its command line, and the parts that work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli.h"
#include "lamina/face/gallery.h"

namespace lamina::cli {

/// The command line of `lamina face`.
struct FaceOptions {
  std::string action;
  std::vector<std::string> images;
  std::string gallery, name, passphrase_file, detector, embedder, truth, pairs, report;
  std::optional<double> threshold, score;
  bool largest = false, aligned = false, json = false, overwrite = false;
  Place place;
  Given given;
};

/// A picture and the face in it that is meant.
struct OneFace {
  Picture picture;
  face::Face face;
};

/// The detector and embedder that the options name, or else those that are found: in the current folder and
/// in $LAMINA_DATA, under the names that shared models have. Throws UsageError, saying what to do, where none
/// is found.
face::Detector face_detector(const FaceOptions& options);
face::Embedder face_embedder(const FaceOptions& options);

/// The only face in a file, or, with --largest, the largest. Throws Error where there is none and where there
/// are several.
OneFace one_face(const FaceOptions& options, const face::Detector& detector, const std::string& path);
/// face_detector, unless --aligned says that images are faces already.
std::optional<face::Detector> detector_if_needed(const FaceOptions& options);
/// Of a file that is a face already, without a detector, or of the only face in it.
face::Embedding embedding_of(const FaceOptions& options, const std::optional<face::Detector>& detector,
                             const face::Embedder& embedder, const std::string& path);

/// Throws UsageError for fewer or more images than an action takes.
void need_images(const FaceOptions& options, size_t least, size_t most);

/// Images one after the other: of several one that cannot be read does not stop the others; it is told, and counted.
class ImagesInTurn {
 public:
  ImagesInTurn(size_t count, bool json) : count_(count), json_(json) {}
  /// Upright; nothing for one that cannot be read. Throws FileError where it is the only one.
  std::optional<Picture> read(const std::string& path);
  /// Throws Error where any could not be read.
  void finish() const;

 private:
  size_t count_, bad_ = 0;
  bool json_;
};

// Each does what the action of its name says; the exit status.
int face_detect(const FaceOptions& options);
int face_enrol(const FaceOptions& options);
int face_verify(const FaceOptions& options);
int face_identify(const FaceOptions& options);
int face_list(const FaceOptions& options);
int face_remove(const FaceOptions& options);

/// {"box": [left, top, right, bottom], "score": ..., "landmarks": [[x, y], ...]}
Json face_json(const face::Face& face);

/// One face on a page of matches.
struct FaceOnPage {
  Picture picture;
  std::string title, note;
  bool known = false;
};
/// A page of faces with their names, HTML that needs no network.
std::string faces_page(const std::string& title, const std::vector<FaceOnPage>& faces);
/// The face with a margin around it, as a small picture; black beyond the border.
Picture face_crop(const Picture& picture, const face::Box& box);

void add_face(CLI::App& app, Action& action);

}  // namespace lamina::cli
