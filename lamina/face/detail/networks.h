// The kinds of face detectors, for Detector::load. Internal header.
#pragma once

#include <memory>
#include <string>

#include "lamina/face/detector.h"

namespace lamina::face::detail {

/// The network of an ONNX file; throws FileError where its inputs and outputs are not those of a kind that is
/// known.
std::shared_ptr<const Detector::Network> prior_detector(const std::string& path,
                                                        const DetectorOptions& options);
/// MTCNN with the weights of a file that has them under the names of face-api.js; throws FileError.
std::shared_ptr<const Detector::Network> mtcnn_detector(const std::string& path,
                                                        const DetectorOptions& options);

/// A picture of three channels: grey three times, opacity dropped.
Picture in_colours(const Picture& picture);

}  // namespace lamina::face::detail
