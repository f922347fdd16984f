// Recipes of detectors: pictures with boxes, and how a network learns to find them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/model.h"
#include "lamina/vision/annotations.h"
#include "lamina/vision/coco_evaluation.h"
#include "lamina/vision/detection_batches.h"
#include "lamina/vision/detector.h"

namespace lamina::vision {

/// What `lamina train NAME` trains, where the data are pictures with boxes.
struct DetectorRecipe {
  std::string name;         ///< "blood-cells"
  std::string description;  ///< one line
  std::string file;  ///< what the model is saved as unless the user says otherwise: "blood-cells.keras"
  /// Classes that are learned where the data have all of them; boxes of others are then left out, which is
  /// told. Empty: all.
  std::vector<std::string> class_names = {};
  int64_t longer_side = 416;  ///< of what goes in, in pixels, at most; the other side goes by the data
  int epochs = 100;
  int batch_size = 8;
  double learning_rate = 2e-3;  ///< the highest
  double weight_decay = 0.02;
  DetectionBatchesOptions batches = {};  ///< how pictures are changed
  /// Where it goes on from a published detector: classes of other names there (pretrained_detector).
  std::map<std::string, std::string> like = {};
};

/// All of them.
const std::vector<DetectorRecipe>& detector_recipes();
/// The one of that name, or nullptr.
const DetectorRecipe* find_detector_recipe(const std::string& name);

/// The pictures of `part` with the boxes that the recipe learns. Throws as load_annotations.
AnnotatedImages load_recipe_annotations(const DetectorRecipe& recipe, const std::string& source,
                                        const std::string& part);

/// What a new network depends on besides the data.
struct DetectorRun {
  uint64_t seed = 0;
  int64_t steps = 1;  ///< batches of the whole training
  double learning_rate =
      0;  ///< the highest; 0: the recipe's, or a tenth of it for a network that has learned already
  std::string from =
      {};  ///< file of a detector to go on from, as Detector::load takes it; empty: from nothing
};

/// A network for the data, compiled with DetectionLoss and AdamW, whose rate rises within the first twentieth
/// of `steps` and falls along half a cosine. Of a size that fits most pictures. Throws InvalidArgument for
/// data without boxes and fewer than one step.
Model new_detector(const DetectorRecipe& recipe, const AnnotatedImages& training, const DetectorRun& run);

/// loss, where the model is compiled with one, then CocoScores::items: what it finds in the pictures, with
/// scores from 0.001 on and overlaps in a class of up to 0.6.
/// @param progress  called with the number of pictures that are done, 0 while the loss is computed; returns
///   false to stop, which throws Error. May be empty.
/// Throws FileError for a picture that cannot be read, InvalidArgument for boxes of classes that the model
/// does not know.
std::vector<std::pair<std::string, double>> detector_metrics(
    const Detector& detector, const AnnotatedImages& data, const std::function<bool(int64_t)>& progress = {});

}  // namespace lamina::vision
