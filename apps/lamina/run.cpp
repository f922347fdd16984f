// lamina run: raw tensors in, raw tensors out.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "cli.h"
#include "lamina/base/error.h"
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

int run(const Options& options) {
  auto scope = enter(options.place);
  Sequential model = load(options.model);
  if (options.inputs.size() != 1) {
    throw InvalidArgument(
        fmt::format("run: model '{}' takes one input; got {}", model.name(), options.inputs.size()));
  }
  auto [name, file] = name_and_file(options.inputs[0]);
  std::vector<std::string> known;
  for (const auto& layer : model.layers()) known.push_back(layer->name());
  if (known.empty()) throw InvalidArgument("run: the model has no layers");
  const std::string& input_name = known.front();
  if (!name.empty() && name != input_name) {
    throw InvalidArgument(
        fmt::format("run: the model has no input '{}'{}", name, suggest(name, {input_name})));
  }
  Tensor x = read_npy(file);
  const std::string& output_name = known.back();
  if (mkdir(options.output.c_str(), 0777) != 0 && errno != EEXIST) {
    throw FileError("cannot make the folder '" + options.output + "': " + std::strerror(errno));
  }
  Tensor y = model.predict(x);
  const std::string path = options.output + "/" + output_name + ".npy";
  write_npy(path, y);
  if (options.json) {
    Json shape = Json::list();
    for (int64_t extent : y.shape()) shape.push_back(extent);
    Json output = Json::object(
        {{"name", output_name}, {"file", path}, {"shape", shape}, {"dtype", lamina::name(y.dtype())}});
    print_json(Json::object({{"outputs", Json::list({output})}}));
  } else {
    fmt::print("{}  {}{}  {}\n", output_name, lamina::name(y.dtype()), y.shape().str(), path);
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
