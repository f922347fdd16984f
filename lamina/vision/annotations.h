// Pictures with boxes around the things in them, as data sets come: tables, COCO, Pascal VOC, YOLO.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/vision/boxes.h"

namespace lamina::vision {

/// A thing that somebody marked in a picture.
struct TruthBox {
  Box box = {};
  int64_t label = 0;  ///< number of the class
  bool ignore =
      false;  ///< marked as hard to tell or as a crowd: finding it counts neither for nor against a detector
  bool crowd = false;  ///< many things in one box: a detection inside of it is one of them
  double area = -1;    ///< of the thing's own outline, in pixels; below 0: that of the box
};

/// A picture's file and the things in it.
struct AnnotatedImage {
  std::string file;   ///< a path that can be opened
  int64_t width = 0;  ///< in pixels, as the annotations say; 0 where they do not
  int64_t height = 0;
  std::vector<TruthBox> boxes = {};
};

/// A data set.
struct AnnotatedImages {
  std::vector<std::string> class_names = {};
  std::vector<AnnotatedImage> images = {};  ///< in the order of their files; also those without any thing

  /// Boxes of all pictures.
  int64_t boxes() const;
};

/// How annotations are read.
struct AnnotationOptions {
  /// "train", "val" or "test": pictures of that part alone, where the source has parts. Empty: all.
  std::string part = {};
  /// Classes in the order of their numbers. Empty: those of the source (sorted by name, or as COCO's and
  /// YOLO's files number them).
  std::vector<std::string> class_names = {};
  /// Whether boxes of classes that class_names does not have are left out, which is told to the log; else an
  /// error.
  bool leave_out_others = false;
};

/// Reads the data set at `source`, which is one of
///
/// - a folder with `annotations.csv`, or that file: columns `file`, `class`, `xmin`, `ymin`, `xmax`, `ymax`
/// and maybe
///   `split`, `width` and `height`; files are relative to the table's folder;
/// - COCO's .json (`images`, `annotations`, `categories`), or a folder with one `_annotations.coco.json` or
///   `annotations.json`, or with such a file in the folder of the part; files are relative to it, or to a
///   folder `images` beside it;
/// - a folder of Pascal VOC's .xml files, in itself, in `Annotations` or in the folder of the part; pictures
/// beside them
///   or in `JPEGImages`; `ImageSets/Main/PART.txt` names those of a part;
/// - a folder of YOLO's .txt files beside the pictures, or in `labels` with the pictures in `images`, maybe
/// with a folder
///   for each part; names of classes in `classes.txt`, `obj.names` or `data.yaml`.
///
/// Boxes that reach out of their picture are cut at its edges, and those of no area left out, both told to
/// the log. Throws FileError for a source that is none of these, damaged lines with their place, numbers that
/// are none, and pictures without size where boxes are shares of it; InvalidArgument for classes that are not
/// known.
AnnotatedImages load_annotations(const std::string& source, const AnnotationOptions& options = {});

/// Whether load_annotations would take it: looks at names alone.
bool has_annotations(const std::string& source);

}  // namespace lamina::vision
