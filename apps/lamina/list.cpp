// lamina list: what models are made of, from the registries that make it.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "cli.h"
#include "lamina/base/terminal.h"
#include "lamina/classic/estimator.h"
#include "lamina/nn/activations/activation.h"
#include "lamina/nn/constraints/constraint.h"
#include "lamina/nn/optimizers/optimizer.h"
#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "recipe_kinds.h"

namespace lamina::cli {
namespace {

struct Item {
  std::string name;
  std::vector<std::string> aliases = {};
  std::string description = {};
};

struct Kind {
  const char* name;
  std::function<std::vector<Item>()> items;
};

// The first name of each class, which files use, and the further names that give an object of the same class.
template <class Base>
std::vector<Item> registered() {
  std::vector<Item> items;
  std::map<std::string, size_t> places;  // by class
  for (const std::string& name : Registry<Base>::names()) {
    std::string class_name = name;
    try {
      class_name = Registry<Base>::make(name)->class_name();
    } catch (const Error&) {
      // It needs arguments, and files call it by this name.
    }
    const auto [first, fresh] = places.emplace(class_name, items.size());
    if (fresh)
      items.push_back({name});
    else
      items[first->second].aliases.push_back(name);
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  return items;
}

std::vector<Item> activations() {
  std::vector<Item> items;
  for (const std::string& name : activation_names()) {
    const std::string& proper = find_activation(name).name;
    const auto known =
        std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == proper; });
    if (known == items.end())
      items.push_back({proper});
    else
      known->aliases.push_back(name);
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  return items;
}

// Language models are layers, too, but have a list of their own.
std::vector<Item> layer_items() {
  const std::vector<std::string> models = architecture_names();
  std::vector<Item> items = registered<Layer>();
  std::erase_if(items,
                [&](const Item& item) { return std::count(models.begin(), models.end(), item.name) > 0; });
  return items;
}

std::vector<Item> architecture_items() {
  std::vector<Item> items;
  for (const std::string& name : architecture_names()) items.push_back({name});
  return items;
}

std::vector<Item> recipe_items() {
  std::vector<Item> items;
  for (const auto& [name, description] : recipe_list()) items.push_back({name, {}, description});
  return items;
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{{"layers", layer_items},
                                     {"activations", activations},
                                     {"losses", registered<Loss>},
                                     {"metrics", registered<Metric>},
                                     {"optimizers", registered<Optimizer>},
                                     {"schedules", registered<LearningRateSchedule>},
                                     {"initializers", registered<Initializer>},
                                     {"regularizers", registered<Regularizer>},
                                     {"constraints", registered<Constraint>},
                                     {"estimators", registered<classic::Estimator>},
                                     {"architectures", architecture_items},
                                     {"recipes", recipe_items}};
  return all;
}

int list(const std::string& wanted, bool json) {
  Json object = Json::object();
  for (const Kind& kind : kinds()) {
    if (!wanted.empty() && wanted != kind.name) continue;
    Json items = Json::list();
    const std::vector<Item> all = kind.items();
    if (!json && wanted.empty()) fmt::print("{:<14}{:>3}\n", kind.name, all.size());
    for (const Item& item : all) {
      if (json) {
        Json entry = Json::object({{"name", item.name}});
        if (!item.aliases.empty()) entry["aliases"] = Json::list();
        for (const std::string& alias : item.aliases) entry["aliases"].push_back(alias);
        if (!item.description.empty()) entry["description"] = item.description;
        items.push_back(std::move(entry));
      } else if (!wanted.empty()) {
        const std::string more =
            item.aliases.empty() ? item.description : fmt::format("({})", fmt::join(item.aliases, ", "));
        fmt::print("{}{}{}\n", item.name, more.empty() ? "" : "  ", more);
      }
    }
    object[kind.name] = std::move(items);
  }
  if (json) print_json(object);
  return 0;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  Command command(app, "list", "Show what is known by name: layers, losses, optimizers, recipes, ...");
  auto wanted = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  command.add(*wanted,
              {.name = "KIND", .help = "What to list; without it, how many there are", .choices = names});
  add_json(command, *json, "all names, with the further names by which files and programs may call them");
  command.on_call([wanted, json, &action] { action = [wanted, json] { return list(*wanted, *json); }; });
}

}  // namespace lamina::cli
