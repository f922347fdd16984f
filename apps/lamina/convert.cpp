// lamina convert: a model or weights in another format.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli.h"
#include "convert_language.h"
#include "convert_onnx.h"
#include "convert_shapes.h"
#include "convert_tflite.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/weight_format.h"
#include "lamina/zoo/transformers/functional_model.h"
#include "model_file.h"

namespace lamina::cli {
namespace {

constexpr char kKerasWeights[] = ".weights.h5";

struct Options {
  std::string in, out, dtype;
  std::vector<std::string> shapes;
  OnnxChoices onnx;
  TfliteChoices tflite;
  bool json = false;
};

bool is_model_out(const std::string& path) { return path.ends_with(kKerasWeights) || is_model_path(path); }

bool is_json(const std::string& path) { return ends_with_any(path, {".json"}); }

bool is_checkpoint(const std::string& path) {
  try {
    return read_checkpoint_info(path).has_value();
  } catch (const FileError&) {
    return false;  // HDF5 under the name of an archive, say
  }
}

// What a file of weights does not say of the model, a line each.
std::vector<std::string> left_behind(const Options& options, const ModelFile& file, bool model_out) {
  std::vector<std::string> lost;
  if (ends_with_any(options.in, {".keras"}) && is_checkpoint(options.in))
    lost.emplace_back("where training stood (a checkpoint's place, random numbers and callbacks)");
  if (is_architecture(options.in)) {
    lost.emplace_back("nothing, but the file has no weights: those of '" + options.out + "' are new ones, drawn at random");
  } else if (is_json(options.out)) {
    lost.push_back(fmt::format("all {} arrays: '{}' is an architecture without weights", file.weights.entries.size(),
                               options.out));
  }
  const bool weights_alone = !model_out && file.model;
  if (weights_alone && file.model->compiled() && file.model->optimizer_built())
    lost.emplace_back("the optimizer's state: training from the new file begins with a fresh one");
  for (const std::string& skipped : file.weights.skipped) lost.push_back(skipped);
  if (file.pretrained) {
    for (std::string& line : left_in_folder(options.in, !model_out)) lost.push_back(std::move(line));
  }
  return lost;
}

// Writes the weights alone, and tells what gets lost on the way.
void write_arrays(const Options& options, const WeightSnapshot& weights, std::vector<std::string>& lost) {
  std::vector<std::string> told = write_weights(options.out, weights, options.dtype);
  size_t changed = 0;
  for (const SnapshotEntry& entry : weights.entries)
    changed +=
        !options.dtype.empty() && is_floating(entry.type.dtype) && options.dtype != name(entry.type.dtype);
  changed -= std::min(changed, told.size());  // arrays that stay as they are
  if (changed > 0)
    lost.push_back(fmt::format("digits of {} arrays, which become {}", changed, options.dtype));
  for (std::string& line : told) lost.push_back(std::move(line));
}

/// What was written beside the file that was asked for, and what did not get in.
struct Written {
  std::vector<std::string> files;
  std::vector<std::string> texts = {};  // inputs that take texts
};

Written write_onnx_of(const Options& options, const ModelFile& file, const Model& model, InputShapes shapes,
                      std::vector<std::string>& lost) {
  std::vector<std::pair<std::string, std::vector<std::string>>> axes;
  if (file.pretrained) axes = axes_of_texts(*file.pretrained, model.input_names());
  OnnxReport report = write_onnx(model, options.out, options.onnx, std::move(shapes), std::move(axes));
  for (std::string& line : report.outside) lost.push_back("how texts become numbers: " + std::move(line));
  return {std::move(report.files), std::move(report.texts)};
}

Written write_model(const Options& options, const ModelFile& file, std::vector<std::string>& lost) {
  if (!options.dtype.empty())
    throw InvalidArgument("convert: '" + options.out +
                          "' is a model, whose weights keep their type; --dtype is for " +
                          "files of weights (.safetensors, .npz, .gguf)");
  if (!file.problem.empty()) throw FileError(file.problem);
  if (!file.model)
    throw InvalidArgument("convert: '" + options.in +
                          "' holds weights and does not say of which model, so that '" + options.out +
                          "' cannot be made of it; write .safetensors, .npz or .gguf, or load them " +
                          "into a model in a program (load_state_dict, apply_snapshot)");
  InputShapes shapes = input_shapes(options.shapes);
  Model model = file.pretrained ? language_model_for(file.pretrained, options.out, shapes) : *file.model;
  if (options.out.ends_with(kKerasWeights)) {
    save_weights(model, options.out);
  } else if (is_onnx(options.out)) {
    return write_onnx_of(options, file, model, std::move(shapes), lost);
  } else if (is_tflite(options.out)) {
    write_tflite(model, options.out, options.tflite, std::move(shapes));
  } else {
    model.save(options.out);
  }
  return {{options.out}};
}

int convert(const Options& options) {
  std::error_code error;
  if (std::filesystem::equivalent(options.in, options.out, error))
    throw InvalidArgument("convert: '" + options.in + "' and '" + options.out +
                          "' are one file; give the result another name");
  const bool model_out = is_model_out(options.out);
  check_onnx_choices(options.onnx, options.out);
  check_tflite_choices(options.tflite, options.out);
  if (!options.shapes.empty() && !is_onnx(options.out) && !is_tflite(options.out))
    throw UsageError("convert: --shape is for files of ONNX and TFLite, and '" + options.out +
                     "' is none; call it .onnx or .tflite");
  input_shapes(options.shapes);  // before anything is read
  if (!model_out) find_weight_writer(options.out);  // before anything is read
  ModelFile file = read_model_file(options.in);
  if (!model_out && is_architecture(options.in))
    throw InvalidArgument("convert: '" + options.in + "' is an architecture without weights, of which '" + options.out +
                          "' could only get random ones");
  std::vector<std::string> lost = left_behind(options, file, model_out);
  Written written{{options.out}};
  if (model_out) {
    written = write_model(options, file, lost);
  } else {
    file.model.reset();  // its weights are read from the file once more, one by one
    write_arrays(options, file.weights, lost);
  }
  uint64_t size = 0;
  std::vector<std::string> names;
  for (const std::string& path : written.files) {
    size += std::filesystem::file_size(path, error);
    names.push_back(printable(path));
  }
  const size_t arrays = is_json(options.out) ? 0 : file.weights.entries.size();
  if (!options.json) {
    tell(stdout, fmt::format("{}: {} arrays, {}\n", fmt::join(names, " and "), arrays,
                             bytes(static_cast<double>(size))));
    for (const std::string& input : written.texts) tell(stdout, " input '" + printable(input) + "' takes texts\n");
    for (const std::string& line : lost) tell(stdout, " lost: " + printable(line) + "\n");
    return 0;
  }
  print_json(Json::object({{"in", options.in},
                           {"out", options.out},
                           {"files", Json(Json::List(written.files.begin(), written.files.end()))},
                           {"arrays", static_cast<int64_t>(arrays)},
                           {"bytes", size},
                           {"texts", Json(Json::List(written.texts.begin(), written.texts.end()))},
                           {"lost", Json(Json::List(lost.begin(), lost.end()))}}));
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Action& action) {
  Command command(app, "convert", "Write a model or weights in another format");
  auto options = std::make_shared<Options>();
  command.add(options->in, {.name = "IN",
                            .help = "A model or weights, as inspect shows them; folders of language models and of .safetensors, too",
                            .required = true});
  command.add(options->out,
              {.name = "OUT",
               .help = "The new file, replaced if it is there; its extension says the format: of a "
                       "model .keras, .onnx, .tflite, .weights.h5 or another that is registered, of weights "
                       ".safetensors, .npz or .gguf",
               .required = true});
  command.add(options->dtype,
              {.name = "--dtype",
               .help = "Of the floats in a file of weights: float32, float16, bfloat16, float64; in "
                       ".gguf also q8_0, q4_0, q4_1, q5_0, q5_1, mxfp4, q2_k to q6_k, tq1_0 and tq2_0 (default: as they are)",
               .type = "TYPE"});
  add_onnx_choices(command, options->onnx);
  add_shape_choices(command, options->shapes);
  add_tflite_choices(command, options->tflite);
  add_json(command, options->json, "the files, the number of arrays and what was lost");
  command.footer(
      "Files of weights that are made of a model say what it is: converted back, they give the same model, "
      "bit for bit.");
  command.on_call([options, &action] { action = [options] { return convert(*options); }; });
}

}  // namespace lamina::cli
