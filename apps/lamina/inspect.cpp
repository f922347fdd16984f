// lamina inspect: what a file of a model or of weights holds.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/tensor_statistics.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/cost.h"
#include "model_file.h"
#include "train_language.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string path;
  bool headers = false, json = false;
};

Json extents(const Shape& shape) {
  Json list = Json::list();
  for (const int64_t extent : shape) list.push_back(extent < 0 ? Json() : Json(extent));
  return list;
}

Json statistics_json(const TensorStatistics& numbers) {
  return Json::object({{"min", finite(numbers.min)},
                       {"max", finite(numbers.max)},
                       {"mean", finite(numbers.mean)},
                       {"std", finite(numbers.std)},
                       {"zeros", numbers.zeros},
                       {"nan", numbers.nan},
                       {"infinite", numbers.infinite}});
}

Json array_json(const SnapshotEntry& entry, bool headers) {
  Json json = Json::object({{"name", entry.name},
                            {"dtype", name(entry.type.dtype)},
                            {"stored", entry.stored},
                            {"shape", extents(entry.type.shape)},
                            {"elements", entry.type.shape.size()},
                            {"bytes", entry.stored_bytes}});
  if (!headers) json["statistics"] = statistics_json(statistics_of(entry.read()));
  return json;
}

Json layers_json(const Model& model) {
  Json layers = Json::list();
  for (const auto& layer : model.layers()) {
    const bool built = layer->built();
    layers.push_back(Json::object({{"name", layer->name()},
                                   {"class", layer->class_name()},
                                   {"output_shape", built ? extents(layer->output_shape()) : Json()},
                                   {"params", layer->count_params()}}));
  }
  return Json::object({{"name", model.name()}, {"class", model.class_name()}, {"layers", layers}});
}

// Names as a tree: what an array shares with the one before is not said again.
class Tree {
 public:
  std::string line(const std::string& name, const std::string& about) {
    std::vector<std::string> parts(1);
    for (const char c : name) {
      parts.back() += c;
      if (c == '/' || c == '.') parts.emplace_back();
    }
    size_t same = 0;
    while (same + 1 < parts.size() && same + 1 < last_.size() && parts[same] == last_[same]) ++same;
    std::string lines;
    for (size_t i = same; i < parts.size(); ++i) {
      lines += std::string(2 * i + 1, ' ') + printable(parts[i]);
      lines += i + 1 == parts.size() ? "  " + about + "\n" : "\n";
    }
    last_ = std::move(parts);
    return lines;
  }

 private:
  std::vector<std::string> last_;
};

std::string described(const SnapshotEntry& entry, bool headers) {
  const bool packed = entry.stored.starts_with("Q") || entry.stored.starts_with("IQ");
  std::string text =
      fmt::format("{}{}  {}", packed ? entry.stored + " " : std::string(name(entry.type.dtype)) + " ",
                  entry.type.shape.str(), bytes(static_cast<double>(entry.stored_bytes)));
  if (headers) return text;
  const TensorStatistics numbers = statistics_of(entry.read());
  text += fmt::format("  min {:.4g} max {:.4g} mean {:.4g} std {:.4g}", numbers.min, numbers.max,
                      numbers.mean, numbers.std);
  if (numbers.nan > 0) text += fmt::format("  {} NaN", numbers.nan);
  if (numbers.infinite > 0) text += fmt::format("  {} infinite", numbers.infinite);
  return text;
}

std::string shape_text(const Json& extents) {
  if (extents.is_null()) return "not built";
  Shape shape;
  for (const Json& extent : extents.as_list()) shape.push_back(extent.is_null() ? -1 : extent.as_int());
  return shape.str();
}

void print_text(const WeightSnapshot& file, const Json& model, const Options& options) {
  int64_t elements = 0;
  uint64_t stored = 0;
  for (const SnapshotEntry& entry : file.entries) {
    elements += entry.type.shape.size();
    stored += entry.stored_bytes;
  }
  tell(stdout,
       fmt::format("{}: {}, {} arrays of {} elements, {}\n", printable(options.path), file.format,
                   file.entries.size(), fmt::group_digits(elements), bytes(static_cast<double>(stored))));
  Tree tree;
  for (const SnapshotEntry& entry : file.entries)
    tell(stdout, tree.line(entry.name, described(entry, options.headers)));
  for (const std::string& skipped : file.skipped) tell(stdout, " left out: " + printable(skipped) + "\n");
  constexpr size_t kMost = 200;
  for (const auto& [key, value] : file.metadata.as_object()) {
    const std::string text = value.is_string() ? value.as_string() : value.dump();
    tell(stdout, fmt::format(" {} = {}{}\n", printable(key), printable(text.substr(0, kMost)),
                             text.size() > kMost ? fmt::format("... ({} bytes)", text.size()) : ""));
  }
  if (model.is_null()) return;
  tell(stdout, fmt::format("Model {} ({}):\n", printable(model.at("name").as_string()),
                           model.at("class").as_string()));
  for (const Json& layer : model.at("layers").as_list())
    tell(stdout, fmt::format(" {} ({})  {}  {} parameters\n", printable(layer.at("name").as_string()),
                             layer.at("class").as_string(), shape_text(layer.at("output_shape")),
                             fmt::group_digits(layer.at("params").as_int())));
}

// Whether a format of arrays has the extension of the path: .keras is one, .onnx is none.
bool is_named_as_weights(const std::string& path) {
  const auto& formats = weight_formats();
  return std::any_of(formats.begin(), formats.end(), [&](const WeightFormat& format) {
    return std::any_of(format.extensions.begin(), format.extensions.end(),
                       [&](const std::string& extension) { return ends_with_any(path, {extension.c_str()}); });
  });
}

// What there is to show.
struct Shown {
  WeightSnapshot arrays;  // as the file has them; of formats of models that are no formats of arrays, their weights
  Json model;             // its layers; null for none
  std::string problem;    // why there is no model
};

// A model is let go of before its arrays are read one by one: the two are not in memory together.
Shown look_into(const std::string& path) {
  Shown shown;
  std::optional<Model> model;
  // What is wrong with the model is no reason not to show its arrays.
  const auto make = [&](const auto& load) {
    try {
      model = load();
      shown.model = layers_json(*model);
    } catch (const Error& error) {
      shown.problem = error.what();
    }
  };
  const bool folder = is_model_folder(path);
  if (folder) {
    const ModelFile all = read_model_file(path);
    model = all.model;
    shown.problem = all.problem;
    if (model) shown.model = layers_json(*model);
  } else if (is_model_path(path)) {
    make([&] { return load_model(path, {.compile = false}); });
  }
  if (is_architecture(path)) return shown;
  if (model && !folder && !is_named_as_weights(path)) {
    shown.arrays = snapshot_of(*model);
    return shown;
  }
  if (!folder) model.reset();
  try {
    shown.arrays = open_weights(path);
  } catch (const FileError& error) {
    if (model) {  // a folder without arrays that are files of their own
      shown.arrays = snapshot_of(*model);
      return shown;
    }
    const std::string what = error.what();
    if (shown.problem.empty() || shown.problem == what) throw;
    throw FileError(shown.problem + "; nor are there arrays to show: " + what);
  }
  if (shown.model.is_null() && has_architecture(shown.arrays)) make([&] { return model_of(shown.arrays, {.compile = false}); });
  return shown;
}

int inspect(const Options& options) {
  const auto [file, model, problem] = look_into(options.path);
  if (!options.json) {
    print_text(file, model, options);
    if (!problem.empty()) tell(stdout, "No model can be made of it: " + printable(problem) + "\n");
    return 0;
  }
  Json arrays = Json::list();
  int64_t elements = 0;
  uint64_t stored = 0;
  for (const SnapshotEntry& entry : file.entries) {
    arrays.push_back(array_json(entry, options.headers));
    elements += entry.type.shape.size();
    stored += entry.stored_bytes;
  }
  print_json(Json::object({{"file", options.path},
                           {"format", file.format},
                           {"arrays", arrays},
                           {"elements", elements},
                           {"bytes", stored},
                           {"skipped", Json(Json::List(file.skipped.begin(), file.skipped.end()))},
                           {"metadata", file.metadata},
                           {"model", model},
                           {"model_error", problem.empty() ? Json() : Json(problem)}}));
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  Command command(app, "inspect",
                  "Show what a file of a model or of weights holds: names, shapes, sizes, numbers");
  auto options = std::make_shared<Options>();
  command.add(options->path,
              {.name = "FILE",
               .help = "A model or weights: .keras, .h5, .safetensors (file, index or folder), .gguf, .npz, "
                       ".npy, .pt, .pth, known by its bytes; the folder of a language model",
               .required = true});
  command.flag(options->headers, "--headers", "Do not look at the elements: no statistics, but at once");
  add_json(command, options->json,
           "arrays with type, shape, bytes and statistics, metadata, and the model's layers");
  command.on_call([options, &action] { action = [options] { return inspect(*options); }; });
}

}  // namespace lamina::cli
