// ONNX files: models of other frameworks, which are asked, trained and saved here like our own.
#pragma once

#include <string>

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

}  // namespace lamina
