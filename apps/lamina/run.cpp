// lamina run: raw tensors in, raw tensors out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "cli.h"
#include "estimators.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/text_tensors.h"
#include "lamina/formats/saved_model/signatures.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "precision.h"
#include "model_file.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, output, signature;
  std::vector<std::string> inputs;
  RunOptions more;
  Precision precision;
  Place place;
  bool json = false;
};

// Names come from the file and may hold anything: they must not lead out of the folder.
std::string file_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c == '/' || c < 0x20 || c == 0x7F; }, '_');
  return name + ".npy";
}

// The files as the model's inputs: all with names, or all without and in the model's order.
Tensors read_inputs(const Model& model, const std::vector<std::string>& arguments) {
  const std::vector<std::string>& known = model.input_names();
  const TextTensors texts = text_tensors(model);
  const std::optional<TextInfo>& text = model.data_info().text;
  const auto read = [&](const std::string& name, const std::string& file) {
    if (texts.takes(name)) return read_npy_texts(file);
    const auto encoder = text ? std::optional(TextPreprocessing(*text)) : TextPreprocessing::of_input(model.data_info(), name);
    if (encoder && is_npy_of_texts(file)) return (*encoder)(texts_of(read_npy_texts(file)).values);
    return read_npy(file);
  };
  if (!known.empty() && arguments.size() != known.size()) {
    throw InvalidArgument(fmt::format(
        "run: model '{}' takes {}; got {}", model.name(),
        known.size() == 1 ? "one input" : fmt::format("{} inputs", known.size()), arguments.size()));
  }
  std::vector<std::pair<std::string, Tensor>> named;
  std::vector<Tensor> in_order;
  for (const std::string& argument : arguments) {
    const auto [name, file] = name_and_file(argument, known);
    if (name.empty()) {
      in_order.push_back(read(in_order.size() < known.size() ? known[in_order.size()] : "", file));
      continue;
    }
    if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end())
      throw InvalidArgument(fmt::format("run: the model has no input '{}'{}", name, suggest(name, known)));
    named.emplace_back(name, read(name, file));
  }
  if (!named.empty() && !in_order.empty()) throw InvalidArgument("run: give names to all inputs or to none");
  return named.empty() ? Tensors(std::move(in_order)) : Tensors(std::move(named));
}

// The same for a language model, which checks names itself.
Tensors read_inputs(const PretrainedModel& model, const std::vector<std::string>& arguments) {
  const std::vector<ModelInput> takes = model.takes();
  std::vector<std::pair<std::string, Tensor>> named;
  std::vector<std::string> known;
  for (const ModelInput& input : takes) known.push_back(input.name);
  for (const std::string& argument : arguments) {
    auto [name, file] = name_and_file(argument, known);
    if (name.empty()) {
      if (named.size() >= takes.size())
        throw InvalidArgument(
            fmt::format("run: the model takes {} inputs; got {}", takes.size(), arguments.size()));
      name = takes[named.size()].name;
    }
    named.emplace_back(name, read_npy(file));
  }
  return Tensors(std::move(named));
}

int run_pretrained(const Options& options) {
  const std::shared_ptr<PretrainedModel> model =
      AutoModel::from_pretrained(options.model, options.precision.options());
  const Tensors inputs = read_inputs(*model, options.inputs);
  make_folder(options.output);
  for (const std::string& name : model->gives()) AtomicFile(options.output + "/" + file_name(name));
  const Tensors outputs = with_data_of(fmt::format("{}", fmt::join(options.inputs, ", ")),
                                       [&] { return model->run(inputs, options.more); });
  std::vector<std::pair<std::string, Tensor>> named;
  for (size_t i = 0; i < outputs.size(); ++i) named.emplace_back(outputs.names().at(i), outputs[i]);
  write_outputs(options.output, named, options.json);
  return 0;
}

// Samples batch by batch; in one piece what has no samples: inputs of different first extents, a single number, and
// what came from ONNX, where the first axis may be time or anything.
Tensors outputs_of(Model& model, const Tensors& inputs) {
  const bool imported = std::any_of(model.layers().begin(), model.layers().end(),
                                    [](const auto& layer) { return layer->class_name() == "OnnxGraph"; });
  bool samples = !imported;
  for (const Tensor& input : inputs)
    samples = samples && input.rank() > 0 && input.shape()[0] == inputs.values()[0].shape()[0];
  return samples ? model.predict_outputs(inputs) : model.outputs_on_batch(inputs);
}

// Names of files for those outputs, no two the same.
std::vector<std::string> file_names(const std::vector<std::string>& outputs) {
  std::vector<std::string> names;
  for (const std::string& output : outputs) {
    std::string name = file_name(output);
    for (int count = 1; std::find(names.begin(), names.end(), name) != names.end(); ++count)
      name = file_name(output + "_" + std::to_string(count));
    names.push_back(name);
  }
  return names;
}

int64_t count_nans(const Tensor& y) {
  if (!is_floating(y.dtype())) return 0;
  const std::vector<float> values = y.to_vector<float>();
  return std::count_if(values.begin(), values.end(), [](float value) { return std::isnan(value); });
}

int run(const Options& options) {
  auto scope = enter(options.place);
  if (!options.signature.empty() && !is_saved_model(options.model))
    throw UsageError(fmt::format("run: --signature is for SavedModel folders of TensorFlow, and '{}' is none",
                                 printable(options.model)));
  if (std::filesystem::is_directory(options.model) && !is_saved_model(options.model)) return run_pretrained(options);
  if (!options.precision.quantize.empty() || options.precision.group)
    throw UsageError("run: --quantize and --group are for folders of language models");
  if (options.more.output_attentions || options.more.output_hidden_states)
    throw UsageError(
        "run: --output-attentions and --output-hidden-states are for folders of language models");
  if (is_classic_file(options.model))
    return run_estimator(options.model, options.inputs, options.output, options.json);
  Model model = options.signature.empty() ? load_to_ask(options.model)
                                          : load_saved_model_signature(options.model, options.signature);
  if (model.layers().empty()) throw InvalidArgument("run: the model has no layers");
  const Tensors inputs = read_inputs(model, options.inputs);
  make_folder(options.output);
  // What cannot be written is refused before anything is computed.
  for (const std::string& file : file_names(model.output_names())) AtomicFile(options.output + "/" + file);
  const Tensors outputs = with_data_of(fmt::format("{}", fmt::join(options.inputs, ", ")),
                                       [&] { return outputs_of(model, inputs); });
  std::vector<std::pair<std::string, Tensor>> named;
  for (size_t i = 0; i < outputs.size(); ++i)
    named.emplace_back(outputs.named() ? outputs.names()[i] : "output_" + std::to_string(i), outputs[i]);
  write_outputs(options.output, named, options.json, text_tensors(model));
  return 0;
}

// A file of an output, and its shape and element type there.
struct Written {
  Shape shape;
  std::string dtype;
};

Written write_output(const std::string& path, const std::string& name, const Tensor& y, bool texts) {
  if (texts) {
    write_npy_texts(path, y);
    return {texts_of(y).shape, "string"};
  }
  write_npy(path, y);
  if (const int64_t nans = count_nans(y); nans > 0)
    warn(fmt::format("run: {} of the {} numbers of output '{}' are NaN", nans, y.size(), name));
  return {y.shape(), std::string(lamina::name(y.dtype()))};
}

}  // namespace

void write_outputs(const std::string& folder, const std::vector<std::pair<std::string, Tensor>>& outputs,
                   bool json, const TextTensors& texts) {
  Json list = Json::list();
  std::vector<std::string> names;
  for (const auto& [name, y] : outputs) names.push_back(name);
  const std::vector<std::string> files = file_names(names);
  size_t next = 0;
  for (const auto& [name, y] : outputs) {
    const std::string path = folder + "/" + files[next++];
    const Written written = write_output(path, name, y, texts.gives(name));
    if (!json) {
      fmt::print("{}  {}{}  {}\n", printable(name), written.dtype, written.shape.str(), path);
      continue;
    }
    Json shape = Json::list();
    for (int64_t extent : written.shape) shape.push_back(extent);
    list.push_back(Json::object({{"name", name}, {"file", path}, {"shape", shape}, {"dtype", written.dtype}}));
  }
  if (json) print_json(Json::object({{"outputs", list}}));
}

void add_run(CLI::App& app, Action& action) {
  Command command(app, "run", "Feed raw tensors from .npy files to a model and save its outputs");
  auto options = std::make_shared<Options>();
  command.add(options->model,
              {.name = "MODEL",
               .help = "A model file as load_model reads it, a .classic file, a SavedModel folder, or a folder as "
                       "Hugging Face's save_pretrained writes it",
               .required = true});
  command.add(options->inputs, {.name = "--input",
                                .help = "Input tensor, batch axis first; without names in the model's order",
                                .type = "[NAME=]FILE.npy",
                                .required = true});
  command.add(options->output, {.name = "--output",
                                .help = "Folder for the outputs, one .npy each; made if missing",
                                .type = "DIR",
                                .required = true});
  command.add(options->signature,
              {.name = "--signature",
               .help = "Of a SavedModel folder: which of its signatures to run (default: the model, or serving_default)",
               .type = "NAME"});
  command.flag(options->more.output_attentions, "--output-attentions",
               "Of language models: save the weights of each layer's attention, too");
  command.flag(options->more.output_hidden_states, "--output-hidden-states",
               "Of language models: save what goes into each layer and comes out of the last, too");
  add_precision(command, options->precision);
  add_place(command, options->place);
  add_json(command, options->json, "names, files, shapes and dtypes of the outputs");
  command.on_call([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace lamina::cli
