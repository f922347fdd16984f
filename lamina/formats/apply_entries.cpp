// Names are matched, types checked, and then arrays read one after the other.
#include "lamina/formats/detail/apply_entries.h"

#include <set>
#include <unordered_map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/detail/nan_names.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {
namespace {

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
  Applier(const std::vector<EntryTarget>& targets, const WeightSnapshot& snapshot) : targets_(targets), snapshot_(snapshot) {
    for (const SnapshotEntry& entry : snapshot.entries) by_name_.emplace(entry.name, &entry);
  }

  LoadReport run(const EntryOptions& options) {
    match();
    report_.skipped = snapshot_.skipped;
    if (!report_.errors.empty() || (!options.partial && !report_.missing.empty())) return std::move(report_);
    std::vector<Planned> plan;
    for (auto& [weight, entry] : matched_) {
      Tensor value = read(*weight, *entry);
      if (options.given) {
        give_value(*weight, value);
        value = Tensor();
        options.given(*weight);
      } else {
        plan.push_back({weight, std::move(value)});
      }
    }
    with_nan_.warn_about(snapshot_.source);
    for (const Planned& planned : plan) give_value(*planned.weight, planned.value);
    return std::move(report_);
  }

 private:
  void match() {
    std::vector<std::string> not_found;
    std::set<std::string> used;
    for (const EntryTarget& target : targets_) {
      const SnapshotEntry* const entry = first_of(target.names);
      if (!entry) {
        if (target.needed) not_found.push_back(target.names.at(0));
        continue;
      }
      used.insert(entry->name);
      check(*target.weight, *entry);
      matched_.emplace_back(target.weight, entry);
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

  const SnapshotEntry* first_of(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
    }
    return nullptr;
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

  Tensor read(const Weight& weight, const SnapshotEntry& entry) {
    Tensor value = entry.read().eval();
    with_nan_.look(entry.name, value);
    return value.dtype() == weight.type.dtype ? value : cast(value, weight.type.dtype).eval();
  }

  const std::vector<EntryTarget>& targets_;
  const WeightSnapshot& snapshot_;
  std::unordered_map<std::string, const SnapshotEntry*> by_name_;
  std::vector<std::pair<WeightPtr, const SnapshotEntry*>> matched_;
  NanNames with_nan_;
  LoadReport report_;
};

}  // namespace

LoadReport apply_entries(const std::vector<EntryTarget>& targets, const WeightSnapshot& snapshot,
                         const EntryOptions& options) {
  return Applier(targets, snapshot).run(options);
}

}  // namespace lamina::detail
