// Options of lamina convert for TFLite files. Internal header.
#pragma once

#include <string>

#include "command.h"
#include "convert_shapes.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

struct TfliteChoices {
  bool int8 = false;
  std::string calibrate;  ///< a file of samples; "" for none
};

bool is_tflite(const std::string& path);
void add_tflite_choices(Command& command, TfliteChoices& choices);
/// Throws UsageError for choices that do not go together, or not with that file.
void check_tflite_choices(const TfliteChoices& choices, const std::string& out);
void write_tflite(const Model& model, const std::string& out, const TfliteChoices& choices, InputShapes shapes);

}  // namespace lamina::cli
