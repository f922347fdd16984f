// lamina convert to TFLite: floats, or integers by samples from a file.
#include "convert_tflite.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/formats/tflite/tflite_export.h"
#include "model_file.h"

namespace lamina::cli {

bool is_tflite(const std::string& path) { return ends_with_any(path, {".tflite"}); }

void add_tflite_choices(Command& command, TfliteChoices& choices) {
  command.flag(choices.int8, "--int8",
               "Of .tflite: weights and activations in integers of 8 bits; needs --calibrate");
  command.add(
      choices.calibrate,
      {.name = "--calibrate",
       .help = "With --int8: samples like those that the model will see, some hundred: .npy, or .npz with "
               "an array under the name of each input",
       .type = "FILE"});
}

void check_tflite_choices(const TfliteChoices& choices, const std::string& out) {
  if ((choices.int8 || !choices.calibrate.empty()) && !is_tflite(out))
    throw UsageError("convert: --int8 and --calibrate are for TFLite files, and '" + out +
                     "' is none; call it .tflite");
  if (choices.int8 != !choices.calibrate.empty())
    throw UsageError(
        choices.int8 ? "convert: --int8 needs samples to see what ranges numbers have: --calibrate FILE.npy"
                     : "convert: --calibrate gives samples for integers: add --int8");
}

void write_tflite(const Model& model, const std::string& out, const TfliteChoices& choices, InputShapes shapes) {
  TfliteOptions options;
  options.shapes = std::move(shapes);
  if (choices.int8) {
    const std::vector<std::string> names = model.input_names();
    if (ends_with_any(choices.calibrate, {".npz"})) {
      const std::map<std::string, Tensor> arrays = read_npz(choices.calibrate);
      for (const std::string& name : names) {
        const auto found = arrays.find(name);
        if (found != arrays.end()) {
          options.calibration.emplace_back(name, found->second);
        } else if (names.size() == 1 && arrays.size() == 1) {
          options.calibration.emplace_back(name, arrays.begin()->second);
        } else {
          std::vector<std::string> held;
          for (const auto& [key, array] : arrays) held.push_back(printable(key));
          throw InvalidArgument(
              fmt::format("convert: '{}' holds no array '{}', as an input is called; it holds {}",
                          printable(choices.calibrate), printable(name), fmt::join(held, ", ")));
        }
      }
    } else {
      if (names.size() != 1)
        throw InvalidArgument(fmt::format(
            "convert: the model has {} inputs: give their samples as .npz, with an array for each",
            names.size()));
      options.calibration.emplace_back(names[0], read_npy(choices.calibrate));
    }
  }
  export_tflite(model, out, options);
}

}  // namespace lamina::cli
