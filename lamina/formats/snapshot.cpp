// Snapshots into models and out of them.
#include "lamina/formats/snapshot.h"

#include <set>
#include <unordered_map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/detail/nan_names.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/nn/detail/load_notes.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/nn/detail/weight_limit.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

constexpr char kArchitecture[] = "lamina.architecture";
constexpr char kData[] = "lamina.data";

// The nearest of `known`, in words, or nothing where none is near.
std::string nearest(const std::string& name, const std::vector<std::string>& known, const char* where) {
  const std::string text = suggest(name, known);
  const size_t from = text.find("did you mean '");
  if (from == std::string::npos) return "";
  const size_t begin = from + 14, end = text.find('\'', begin);
  return std::string(" (nearest in the ") + where + ": '" + text.substr(begin, end - begin) + "')";
}

struct Planned {
  WeightPtr weight;
  Tensor value;
};

class Applier {
 public:
  Applier(Model& model, const WeightSnapshot& snapshot) : model_(model), snapshot_(snapshot) {
    for (const SnapshotEntry& entry : snapshot.entries) by_name_.emplace(entry.name, &entry);
  }

  LoadReport run(bool partial) {
    match();
    report_.skipped = snapshot_.skipped;
    if (!report_.errors.empty() || (!partial && !report_.missing.empty())) return std::move(report_);
    for (auto& [weight, entry] : matched_) read(weight, *entry);
    with_nan_.warn_about(snapshot_.source);
    for (const Planned& planned : plan_) detail::give_value(*planned.weight, planned.value);
    return std::move(report_);
  }

 private:
  void match() {
    const std::vector<std::string> names = model_.weight_names();
    const std::vector<WeightPtr> weights = model_.weights();
    std::vector<std::string> not_found;
    std::set<std::string> used;
    for (size_t i = 0; i < names.size(); ++i) {
      auto found = by_name_.find(names[i]);
      if (found == by_name_.end()) found = by_name_.find(weights[i]->path);
      if (found == by_name_.end()) {
        if (!weights[i]->stateful) not_found.push_back(names[i]);  // what a pass left is no part of a file
        continue;
      }
      used.insert(found->first);
      check(*weights[i], *found->second);
      matched_.emplace_back(weights[i], found->second);
    }
    std::vector<std::string> left;
    for (const SnapshotEntry& entry : snapshot_.entries) {
      if (!used.contains(entry.name)) left.push_back(entry.name);
    }
    tell(not_found, left, "file", report_.missing);
    tell(left, not_found, "model", report_.unused);
    if (!report_.errors.empty()) return;
    for (const auto& [weight, entry] : matched_) report_.applied.push_back(entry->name);
  }

  // Names are compared letter by letter, and a file may hold any number of them of any length.
  static void tell(const std::vector<std::string>& names, const std::vector<std::string>& others,
                   const char* where, std::vector<std::string>& told) {
    constexpr size_t kMostNames = 50, kMostOthers = 1000, kLongest = 200;
    std::vector<std::string> known;
    for (const std::string& other : others) {
      if (known.size() < kMostOthers && other.size() <= kLongest) known.push_back(other);
    }
    for (const std::string& name : names)
      told.push_back(name + (told.size() < kMostNames ? nearest(name, known, where) : ""));
  }

  void check(const Weight& weight, const SnapshotEntry& entry) {
    const bool fits = weight.type.dtype == entry.type.dtype ||
                      (is_floating(weight.type.dtype) && is_floating(entry.type.dtype));
    if (entry.type.shape != weight.type.shape) {
      report_.errors.push_back(entry.name + ": expected shape " + weight.type.shape.str() + ", received " +
                               entry.type.shape.str());
    } else if (!fits) {
      report_.errors.push_back(entry.name + ": expected " + name(weight.type.dtype) + ", received " +
                               name(entry.type.dtype));
    }
  }

  void read(const WeightPtr& weight, const SnapshotEntry& entry) {
    Tensor value = entry.read().eval();
    with_nan_.look(entry.name, value);
    if (value.dtype() != weight->type.dtype) value = cast(value, weight->type.dtype).eval();
    plan_.push_back({weight, std::move(value)});
  }

  Model& model_;
  const WeightSnapshot& snapshot_;
  std::unordered_map<std::string, const SnapshotEntry*> by_name_;
  std::vector<std::pair<WeightPtr, const SnapshotEntry*>> matched_;
  std::vector<Planned> plan_;
  detail::NanNames with_nan_;
  LoadReport report_;
};

// Some formats keep texts alone.
Json as_json(const Json& value, const std::string& name) {
  return value.is_string() ? Json::parse(value.as_string(), name) : value;
}

Model build_model(const WeightSnapshot& snapshot, const LoadOptions& options) {
  const Json* const text = snapshot.metadata.find(kArchitecture);
  if (!text)
    throw FileError("'" + snapshot.source + "' holds weights and does not say of which model: there is no '" +
                    kArchitecture + "' in its metadata, as Lamina writes it");
  const Json architecture = as_json(*text, snapshot.source + ": " + kArchitecture);
  // Every weight must be in the file: a configuration that asks for far more need not be built to be refused.
  constexpr int64_t kSmall = 1 << 20;
  int64_t stored = 0;
  for (const SnapshotEntry& entry : snapshot.entries) stored += entry.type.shape.size();
  const detail::WeightLimit limit(kSmall + 2 * stored);
  const detail::LoadNotes notes(snapshot.source);
  Model model = [&] {
    const detail::ValuesFollow values_follow;
    return Model::from_json(architecture, {}, options.compile);
  }();
  if (!model.built())
    throw FileError("'" + snapshot.source + "' does not say for which input its model was built");
  const detail::SharedWriting as_written(model);
  const LoadReport report = Applier(model, snapshot).run(false);
  if (!report.complete())
    throw FileError("'" + snapshot.source + "' does not fit its own configuration:" + report.problems());
  if (const Json* const data = snapshot.metadata.find(kData)) {
    const std::string name = snapshot.source + ": " + kData;
    model.set_data_info(DataInfo::from_json(as_json(*data, name), name));
  }
  return model;
}

}  // namespace

const SnapshotEntry* WeightSnapshot::find(const std::string& name) const {
  for (const SnapshotEntry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> WeightSnapshot::names() const {
  std::vector<std::string> names;
  for (const SnapshotEntry& entry : entries) names.push_back(entry.name);
  return names;
}

uint64_t WeightSnapshot::bytes() const {
  uint64_t total = 0;
  for (const SnapshotEntry& entry : entries) total += entry.type.bytes();
  return total;
}

LoadReport apply_snapshot(Model& model, const WeightSnapshot& snapshot, const ApplyOptions& options) {
  if (!model.built())
    throw InvalidArgument("apply_snapshot: model '" + model.name() +
                          "' is not built; give it an Input or build it first");
  return detail::reading(snapshot.source,
                         [&] { return Applier(model, snapshot).run(options.partial); });
}

WeightSnapshot snapshot_of(const Model& model) {
  if (!model.built())
    throw InvalidArgument("snapshot_of: model '" + model.name() +
                          "' has no weights yet: give it an Input, build it, or train it first");
  const detail::SharedWriting sharing(model);
  WeightSnapshot snapshot{.source = "model '" + model.name() + "'", .format = "model", .entries = {}};
  const std::vector<std::string> names = model.weight_names();
  const std::vector<WeightPtr> weights = model.weights();
  for (size_t i = 0; i < names.size(); ++i) {
    const WeightPtr& weight = weights[i];
    if (weight->stateful) continue;  // what the last pass left: Keras's files lack it, too
    snapshot.entries.push_back({.name = names[i],
                                .type = weight->type,
                                .stored = name(weight->type.dtype),
                                .stored_bytes = weight->type.bytes(),
                                .read = [weight] { return weight->value; }});
  }
  snapshot.metadata[kArchitecture] = model.serialize();
  sharing.check();
  if (!model.data_info().empty()) snapshot.metadata[kData] = model.data_info().to_json();
  return snapshot;
}

bool has_architecture(const WeightSnapshot& snapshot) { return snapshot.metadata.contains(kArchitecture); }

Model model_of(const WeightSnapshot& snapshot, const LoadOptions& options) {
  return detail::reading(snapshot.source, [&] { return build_model(snapshot, options); });
}

Json to_json(const LoadReport& report) {
  const auto list = [](const std::vector<std::string>& items) {
    return Json(Json::List(items.begin(), items.end()));
  };
  return Json::object({{"applied", list(report.applied)},
                       {"skipped", list(report.skipped)},
                       {"missing", list(report.missing)},
                       {"unused", list(report.unused)},
                       {"errors", list(report.errors)}});
}

}  // namespace lamina
