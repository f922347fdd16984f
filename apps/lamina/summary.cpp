// lamina summary: the layers of a model, their shapes and costs; what an estimator consists of.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "estimators.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/cost.h"
#include "summary_lines.h"

namespace lamina::cli {

std::string known_data(const DataInfo& info) {
  constexpr size_t kMost = 12;
  std::string text;
  const auto say = [&](const char* what, std::vector<std::string> names) {
    if (names.empty() || names[0].empty()) return;
    const size_t more = names.size() - std::min(names.size(), kMost);
    if (more > 0) names.resize(kMost);
    const std::string rest = more > 0 ? fmt::format(", ... ({} more)", more) : "";
    text += fmt::format(" {}: {}{}\n", what, printable(fmt::format("{}", fmt::join(names, ", "))), rest);
  };
  say("Classes", info.class_names);
  say("Columns", info.features);
  say("Target", {info.target});
  say("Pictures", {info.scale ? name(*info.scale) : ""});
  say("Rows that lack a value", {info.missing ? name(*info.missing) : ""});
  say("Cells that are infinite", {info.infinite ? name(*info.infinite) : ""});
  for (const auto& [section, value] : info.sections.as_object()) say("Also knows", {section});
  return text;
}

namespace {

Json extents(const Shape& shape) {
  Json list = Json::list();
  for (int64_t extent : shape) list.push_back(extent < 0 ? Json() : Json(extent));
  return list;
}

struct Options {
  std::string path;
  SummaryOptions table;
  int batch_size = 0;  // of which to say the memory; 0: say nothing
  bool json = false;
};

Json memory_json(const MemoryUse& use) {
  return Json::object({{"batch_size", use.batch_size},
                       {"weights", use.weights},
                       {"gradients", use.gradients},
                       {"optimizer", use.optimizer},
                       {"training", use.training},
                       {"prediction", use.prediction},
                       {"batch", use.batch},
                       {"while_training", use.training > 0 ? Json(use.while_training()) : Json()},
                       {"while_predicting", use.while_predicting()}});
}

std::string memory_lines(const MemoryUse& use) {
  const auto text = [](int64_t number) { return bytes(static_cast<double>(number)); };
  std::string lines = fmt::format(
      " Memory to predict {} samples at once: {} (weights {}, activations {}, data {})\n", use.batch_size,
      text(use.while_predicting()), text(use.weights), text(use.prediction), text(use.batch));
  if (use.training > 0) {
    lines += fmt::format(
        " Memory to train on {} samples at once: {} (weights {}, optimizer {}, activations and gradients {}, "
        "data {})\n",
        use.batch_size, text(use.while_training()), text(use.weights), text(use.optimizer),
        text(use.training), text(use.batch));
  }
  return lines;
}

int summary(Options options) {
  if (is_classic_file(options.path)) return summarize_estimator(options.path, options.json);
  Model model = load_to_ask(options.path);
  if (!options.json) {
    options.table.ascii = !terminal_of(stdout).utf8;
    fmt::print("{}", model.summary_text(options.table));
    if (const std::optional<int64_t> flops = model.built() ? layer_cost(model).flops : std::nullopt)
      fmt::print(" FLOPs of one sample: {}\n", fmt::group_digits(*flops));
    if (options.batch_size > 0) fmt::print("{}", memory_lines(model.memory(options.batch_size)));
    fmt::print("{}", known_data(model.data_info()));
    return 0;
  }
  Json layers = Json::list();
  const LayerCost whole = layer_cost(model);
  int64_t output_bytes = 0, trainable = 0;
  const auto flops = [](const LayerCost& cost) { return cost.flops ? Json(*cost.flops) : Json(); };
  for (const auto& layer : model.layers()) {
    LayerCost cost = layer_cost(*layer);
    layers.push_back(Json::object({{"name", layer->name()},
                                   {"class", layer->class_name()},
                                   {"output_shape", extents(layer->output_shape())},
                                   {"params", cost.parameters},
                                   {"flops", flops(cost)},
                                   {"bytes", cost.weight_bytes},
                                   {"output_bytes", cost.output_bytes}}));
    output_bytes += cost.output_bytes;
  }
  for (const WeightPtr& weight : model.weights(true)) trainable += weight->type.shape.size();
  Json result = Json::object({{"model", model.name()},
                              {"input_shape", extents(model.input_shape())},
                              {"output_shape", extents(model.output_shape())},
                              {"layers", layers},
                              {"params", whole.parameters},
                              {"trainable_params", trainable},
                              {"flops", flops(whole)},
                              {"bytes", whole.weight_bytes},
                              {"output_bytes", output_bytes},
                              {"data", model.data_info().to_json()}});
  if (options.batch_size > 0) result["memory"] = memory_json(model.memory(options.batch_size));
  print_json(result);
  return 0;
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  Command command(app, "summary", "Show the layers of a model: shapes, parameters, costs");
  auto options = std::make_shared<Options>();
  command.add(options->path, {.name = "MODEL", .help = "A .keras or .classic file", .required = true});
  command.flag(options->table.expand_nested, "--expand-nested",
               "Show the layers of models inside the model, too");
  command.flag(options->table.show_trainable, "--show-trainable",
               "Say of each layer whether it is trainable");
  command.add(options->batch_size,
              {.name = "--batch-size",
               .help = "Say, too, what memory predictions and training take with batches of that size",
               .type = "N",
               .least = 1});
  add_json(command, options->json,
           "shape, parameters, FLOPs (a multiply-add is two; one sample) and bytes of each layer");
  command.on_call([options, &action] { action = [options] { return summary(*options); }; });
}

}  // namespace lamina::cli
