// lamina run: raw tensors in, raw tensors out.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/npy.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, output;
  std::vector<std::string> inputs;
  Place place;
  bool json = false;
};

// "NAME=FILE" or "FILE".
std::pair<std::string, std::string> name_and_file(const std::string& text) {
  size_t at = text.find('=');
  return at == std::string::npos ? std::pair{std::string(), text}
                                 : std::pair{text.substr(0, at), text.substr(at + 1)};
}

// Keras's name of the model's input: that of its InputLayer, which stands first in every file.
std::string input_name(const Model& model) {
  const Json json = model.serialize();
  const Json& layers = json.at("config").at("layers");
  return layers.size() > 0 ? layers.at(size_t{0}).at("config").at("name").as_string() : "";
}

// Names come from the file and may hold anything: they must not lead out of the folder.
std::string file_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c == '/' || c < 0x20 || c == 0x7F; }, '_');
  return name + ".npy";
}

int run(const Options& options) {
  auto scope = enter(options.place);
  Sequential model = load(options.model);
  if (options.inputs.size() != 1) {
    throw InvalidArgument(
        fmt::format("run: model '{}' takes one input; got {}", model.name(), options.inputs.size()));
  }
  auto [name, file] = name_and_file(options.inputs[0]);
  if (const std::string known = input_name(model); !name.empty() && name != known) {
    throw InvalidArgument(fmt::format("run: the model has no input '{}'{}", name, suggest(name, {known})));
  }
  if (model.layers().empty()) throw InvalidArgument("run: the model has no layers");
  Tensor x = read_npy(file);
  const std::string output_name = model.layers().back()->name();
  make_folder(options.output);
  Tensor y = model.predict(x);
  const std::string path = options.output + "/" + file_name(output_name);
  write_npy(path, y);
  if (options.json) {
    Json shape = Json::list();
    for (int64_t extent : y.shape()) shape.push_back(extent);
    Json output = Json::object(
        {{"name", output_name}, {"file", path}, {"shape", shape}, {"dtype", lamina::name(y.dtype())}});
    print_json(Json::object({{"outputs", Json::list({output})}}));
  } else {
    fmt::print("{}  {}{}  {}\n", printable(output_name), lamina::name(y.dtype()), y.shape().str(), path);
  }
  return 0;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  Command command(app, "run", "Feed raw tensors from .npy files to a model and save its outputs");
  auto options = std::make_shared<Options>();
  command.add(options->model, {.name = "MODEL", .help = "A .keras file", .required = true});
  command.add(options->inputs, {.name = "--input",
                                .help = "Input tensor, batch axis first; without names in the model's order",
                                .type = "[NAME=]FILE.npy",
                                .required = true});
  command.add(options->output, {.name = "--output",
                                .help = "Folder for the outputs, one .npy each; made if missing",
                                .type = "DIR",
                                .required = true});
  add_place(command, options->place);
  add_json(command, options->json, "names, files, shapes and dtypes of the outputs");
  command.on_call([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace lamina::cli
