// DetectorInfo: what turns a picture into a detector's input and its outputs into boxes; it travels in the
// model's file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina::vision {

/// What a network that detects wants and says. Part of its DataInfo, as section "detection".
struct DetectorInfo {
  /// How its outputs are to be read: "dense" (Lamina's own), "nanodet" or "fastestdet"; detector_heads() has
  /// all.
  std::string head = "dense";
  int64_t height = 0, width = 0;  ///< of the pictures that go in, in pixels
  bool bgr = false;               ///< whether blue is the first channel
  bool channels_first = false;    ///< (batch, channels, height, width)
  /// (byte - mean) / deviation goes in, by channel in the order in which they go in.
  std::array<double, 3> mean = {0, 0, 0}, deviation = {1, 1, 1};
  bool letterbox =
      true;  ///< whether pictures keep their proportions, with `fill` around them; else they are stretched
  double fill = 0;  ///< a byte
  /// Of the heads "dense" and "nanodet": pixels between two places at each level, and bins of the
  /// distribution of a side.
  std::vector<int64_t> strides = {8, 16, 32};
  int64_t bins = 8;

  bool operator==(const DetectorInfo&) const = default;
  /// {"version": 1, "head": ...}
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be: another
  /// version, unknown heads, sizes that are not above 0 or of more than 2^13, strides that do not divide
  /// them.
  static DetectorInfo from_json(const Json& json, const std::string& name);

  /// Places over all levels, for heads with strides.
  int64_t places() const;
};

/// What the model's file says, if it says that it detects. Throws FileError as from_json.
std::optional<DetectorInfo> detector_info(const Model& model, const std::string& name);
/// The same, or what the shapes of its inputs and outputs say: NanoDet's and FastestDet's are known.
std::optional<DetectorInfo> recognised_detector(const Model& model, const std::string& name);
/// Writes it into the model's DataInfo.
void set_detector_info(Model& model, const DetectorInfo& info, const std::vector<std::string>& class_names);

/// Names of the heads whose outputs can be read.
std::vector<std::string> detector_heads();

}  // namespace lamina::vision
