// ONNX files: models of other frameworks, which are asked, trained and saved here like our own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// The model in an ONNX file, of operator sets up to 28 of ai.onnx and up to 6 of ai.onnx.ml; load_model calls it
/// for ".onnx". It is a graph of one layer of class OnnxGraph, with the names that inputs and outputs have in the
/// file. Kernels, biases, scales and tables are weights, under their names in the file: after compile() they are
/// trained on, as far as the operators on the way have derivatives, and save(".keras") keeps the model, for Lamina
/// alone.
///
/// Open extents ("batch", "time") are resolved for each shape that comes. A model that was made for one sample takes
/// any number, one after the other. Where an extent or a branch follows from values (NonZero, If), predictions are
/// computed step by step, and such a model is not trained.
///
/// Data in files beside it are read from the same folder. Throws FileError for a file that is missing or damaged,
/// for a version of the future, and for operators that are not known, all in one message with their nodes.
/// @param path  a .onnx file, of IR version 3 or later; see https://onnx.ai/onnx/repo-docs/IR.html
Model load_onnx(const std::string& path);

/// The part of an ONNX model that gives features, for another head.
struct OnnxFeatures {
  Model model;           ///< from the only input to the features
  std::string features;  ///< the name that they have in the file
  /// What the file says of itself: {"Image.NominalPixelRange", "Normalized_0_1"}.
  std::vector<std::pair<std::string, std::string>> metadata;
  bool scales = false;  ///< whether it begins with arithmetic that brings its input to a scale
};

/// Reads the file as load_onnx does, up to the features. A graph that is made for batches of one sample takes batches at
/// once where that gives the same, which is tried on two random samples.
/// @param features  the name of a value or node; empty: what the last product or convolution with weights weighs.
/// Throws FileError as load_onnx does, and for an unknown name, suggesting the nearest, where nothing is weighed, and
/// for a model of several inputs.
OnnxFeatures load_onnx_features(const std::string& path, const std::string& features = "");

}  // namespace lamina
