// Detector: a network that finds things in pictures, from pixels to boxes.
#pragma once

#include <string>
#include <vector>

#include "lamina/image/picture.h"
#include "lamina/vision/boxes.h"
#include "lamina/vision/detector_info.h"

namespace lamina::vision {

/// A picture in a frame of another size.
struct Framed {
  Picture picture;                  ///< red, green, blue
  double scale_x = 1, scale_y = 1;  ///< pixels of the frame for one of the picture
  double left = 0, top = 0;         ///< where the picture begins in the frame

  /// A box of the frame in pixels of the picture.
  Box to_picture(const Box& box) const;
  /// A box of the picture in pixels of the frame.
  Box to_frame(const Box& box) const;
};

/// The picture in a frame of that size: stretched, or in the middle with its proportions and `fill` around
/// it, brought there with Pillow's "bilinear". Greys become colours. Throws InvalidArgument for sizes below 1
/// and a picture of no pixels.
Framed framed(const Picture& picture, int64_t height, int64_t width, bool letterbox, double fill = 0);

/// Finds things of known classes:
///
///   const Detector detector = Detector::load("nanodet_m.onnx");
///   for (const Detection& one : detector.detect(load_img("street.jpg"))) ...
class Detector {
 public:
  /// A model that is known to detect (recognised_detector), with names of its classes: those of its DataInfo,
  /// or `class_names`, or "class 0", "class 1" ... Throws InvalidArgument for a model that is not known to
  /// detect, outputs that are not of its head, and another number of names than there are classes.
  /// @param name  what messages call it
  explicit Detector(Model model, const std::string& name = "the model",
                    const std::vector<std::string>& class_names = {});

  /// Of a file that load_model reads. Where it does not name its classes, they are read from `classes`, a
  /// line each, or else from the only file beside it that ends in ".names", "classes.txt" or "labels.txt";
  /// without one they are numbered, which is told to the log. Throws FileError and InvalidArgument.
  static Detector load(const std::string& path, const std::string& classes = "");
  /// The same for a model that was read from there.
  static Detector of_file(Model model, const std::string& path, const std::string& classes = "");

  const DetectorInfo& info() const { return info_; }
  const std::vector<std::string>& class_names() const { return class_names_; }
  const Model& model() const { return model_; }

  /// What is in a picture, in its pixels, cut at its edges, the surest first. Pictures may be of any size,
  /// each of another. Throws Error where the network says what is no number.
  std::vector<Detection> detect(const Picture& picture, const SuppressionOptions& options = {}) const;
  /// The same for several at once.
  std::vector<std::vector<Detection>> detect(const std::vector<Picture>& pictures,
                                             const SuppressionOptions& options = {}) const;

 private:
  Model model_;
  std::string name_;
  DetectorInfo info_;
  std::vector<std::string> class_names_;
};

/// A frame's pixels as the network takes them: float32 (height, width, 3) or (3, height, width) at `to`.
void write_input(const Picture& frame, const DetectorInfo& info, float* to);

}  // namespace lamina::vision
