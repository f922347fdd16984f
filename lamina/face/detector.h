// Detector: faces in a picture, by networks that others have trained.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/face/face.h"
#include "lamina/image/picture.h"

namespace lamina::face {

/// What a detector takes for a face.
struct DetectorOptions {
  /// Least score of a face, above 0 and below 1. 0: 0.7, which the authors of these networks use.
  double threshold = 0;
  /// Most overlap (iou) of two faces; of two that overlap more the less certain one is left out. Above 0, at
  /// most 1.
  double overlap = 0.3;
  /// Shortest side of the faces that are looked for, in pixels of the picture, from 12 on. Of MTCNN alone:
  /// the other networks see the picture in one size, 320 by 240, where a face has 10 pixels at least. Its
  /// first network sees 2048 pixels at most, so that of larger pictures the smallest faces are larger, too.
  int smallest = 20;
};

/// A network that finds faces. Copies share it. Any number of threads may ask it at once.
///
///   face::Detector detector = face::Detector::load("face-slim-landmark5.onnx");
///   for (const face::Face& face : detector.detect(load_img("people.jpg"))) ...
class Detector {
 public:
  /// Reads a network of one of these kinds, told by what is in the file:
  /// - an ONNX file of one input (1, 3, height, width) and outputs (1, n, 4) and (1, n, 2), offsets from n
  /// prior boxes
  ///   and the scores of "nothing" and "face" (W. Liu et al., "SSD: Single Shot MultiBox Detector", 2016),
  ///   with the priors of UltraFace: strides 8, 16, 32 and 64 with sides 10, 16, 24; 32, 48; 64, 96; 128,
  ///   192, 256. It takes red, green and blue as (value - 127) / 128;
  /// - the same with a third output (1, n, 10), five points (J. Deng et al., "RetinaFace", 2020), which takes
  /// blue,
  ///   green and red less 104, 117 and 123;
  /// - the weights of MTCNN (K. Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded
  ///   Convolutional Networks", 2016), a .safetensors file with the names of face-api.js; its networks are
  ///   built here.
  /// Throws FileError for a file that is missing, damaged or none of these, saying what it lacks, and
  /// InvalidArgument for options out of range.
  static Detector load(const std::string& path, const DetectorOptions& options = {});

  /// The faces in a picture of any size, by falling score; none, where there is none. Grey pictures will do.
  /// Boxes and points are in the picture's pixels, and may lie beyond its border where a face is cut off
  /// there. Throws InvalidArgument for a picture without pixels.
  std::vector<Face> detect(const Picture& picture) const;

  /// Whether its faces have landmarks, which an Embedder asks for.
  bool gives_landmarks() const;

  /// A kind of network; what load() makes.
  class Network {
   public:
    virtual ~Network() = default;
    virtual std::vector<Face> detect(const Picture& picture) const = 0;
    virtual bool gives_landmarks() const = 0;
  };

 private:
  explicit Detector(std::shared_ptr<const Network> network) : network_(std::move(network)) {}

  std::shared_ptr<const Network> network_;
};

/// How found faces fit to those that are there.
struct DetectionScore {
  int found = 0;  ///< faces found that are there
  int there = 0;  ///< faces that are there
  int told = 0;   ///< faces found, right or wrong
  double recall() const { return there > 0 ? static_cast<double>(found) / there : 0; }
  double precision() const { return told > 0 ? static_cast<double>(found) / told : 0; }
};

/// Counts into `score` what was found in one picture: by falling score each takes the true box that it
/// overlaps most of those not yet taken, and is right where that is `least` or more (M. Everingham et al.,
/// "The PASCAL Visual Object Classes Challenge", 2010).
void add_detections(DetectionScore& score, const std::vector<Face>& found, const std::vector<Box>& there,
                    double least = 0.5);

}  // namespace lamina::face
