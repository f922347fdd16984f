// Labelled data from .npz files: arrays x and y, or one pair for each part, or one array for each input.
#include <algorithm>
#include <cmath>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/data/labelled_data.h"
#include "lamina/formats/npz.h"

namespace lamina {
namespace {

constexpr int64_t kMostClasses = 1 << 20;

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nothing" : text;
}

class NpzData {
 public:
  NpzData(const std::string& path, const std::string& split, const DataOptions& options)
      : path_(path), needs_(options.needs), file_(path) {
    const auto of_a_part = [](const std::string& name) {
      return name.ends_with("_train") || name.ends_with("_test");
    };
    const bool parts = std::any_of(file_.names().begin(), file_.names().end(), of_a_part);
    if (!parts && !split.empty()) {
      throw FileError("'" + path + "' has no part '" + split + "': expected arrays x_" + split + " and y_" +
                      split);
    }
    // Arrays without a part come first, unless the part is asked for.
    const bool plain = file_.has("x") || (!needs_.inputs.empty() && file_.has(needs_.inputs[0].name));
    if (parts && (!plain || !split.empty())) suffix_ = "_" + (split.empty() ? options.split : split);
  }

  LabelledData run() {
    LabelledData data;
    read_inputs(data);
    if (!needs_.target_optional) {
      read_targets(data);
      return data;
    }
    // To ask, targets that cannot be used are in nobody's way.
    LabelledData whole = data;
    try {
      read_targets(whole);
      detail::check_labelled_data(whole, path_, true);
      return whole;
    } catch (const Error& error) {
      warn(std::string("the targets are not used: ") + error.what());
    }
    return data;
  }

 private:
  bool has(const std::string& name) const { return file_.has(name + suffix_); }
  Tensor take(const std::string& name) { return file_.read(name + suffix_); }

  [[noreturn]] void fail(const std::string& lacking, const std::string& expected) const {
    if (file_.names().empty())
      throw FileError("'" + path_ + "' is a zip archive without arrays (.npy); expected " + expected +
                      ". Pictures are read from folders and .tar archives: unpack it first");
    throw FileError("'" + path_ + "' lacks the array '" + lacking + suffix_ + "'; expected " + expected +
                    "; it holds: " + list(file_.names()));
  }

  // The arrays of these names, or else STEM_0, STEM_1, ... or STEM0, STEM1, ..., counted from 0 or 1.
  std::vector<std::string> members(const std::vector<std::string>& names, const std::string& stem) const {
    const auto all_there = [&](const std::vector<std::string>& tried) {
      return std::all_of(tried.begin(), tried.end(), [&](const std::string& name) { return has(name); });
    };
    if (all_there(names)) return names;
    for (const char* between : {"_", ""}) {
      for (const size_t first : {0, 1}) {
        std::vector<std::string> numbered;
        for (size_t i = 0; i < names.size(); ++i)
          numbered.push_back(stem + between + std::to_string(first + i));
        if (all_there(numbered)) return numbered;
      }
    }
    return {};
  }

  void read_inputs(LabelledData& data) {
    if (needs_.inputs.size() > 1) {
      std::vector<std::string> names;
      for (const WantedInput& input : needs_.inputs) names.push_back(input.name);
      const std::vector<std::string> found = members(names, "x");
      if (found.empty()) {
        const auto lacking =
            std::find_if(names.begin(), names.end(), [&](const std::string& name) { return !has(name); });
        fail(*lacking, "one array for each input of the model, " + list(names) + ", or x_0, x_1, ...");
      }
      std::vector<std::pair<std::string, Tensor>> inputs;
      for (size_t i = 0; i < names.size(); ++i) inputs.emplace_back(names[i], take(found[i]));
      data.inputs = Tensors(std::move(inputs));
      return;
    }
    std::string name = "x";
    if (!has(name) && needs_.inputs.size() == 1 && has(needs_.inputs[0].name)) name = needs_.inputs[0].name;
    if (!has(name)) fail(name, "x and y, or x_train, y_train, x_test, y_test");
    data.x = take(name);
  }

  void read_targets(LabelledData& data) {
    if (needs_.outputs.size() > 1) {
      const std::vector<std::string> found = members(needs_.outputs, "y");
      if (!found.empty()) {
        std::vector<std::pair<std::string, Tensor>> targets;
        for (size_t i = 0; i < found.size(); ++i) targets.emplace_back(needs_.outputs[i], take(found[i]));
        data.targets = Tensors(std::move(targets));
        return;
      }
    }
    std::string name = "y";
    if (!has(name) && needs_.outputs.size() == 1 && has(needs_.outputs[0])) name = needs_.outputs[0];
    if (!has(name)) {
      if (needs_.target_optional) return;
      fail(needs_.outputs.size() > 1 ? needs_.outputs[0] : name,
           needs_.outputs.size() > 1 ? "one array for each output of the model, " + list(needs_.outputs)
                                     : "x and y, or x_train, y_train, x_test, y_test");
    }
    if (file_.is_text(name + suffix_)) {
      read_words(file_.read_text(name + suffix_), data);
      return;
    }
    data.y = take(name);
    if (needs_.target != TargetKind::kValues) number_classes(data);
  }

  // Labels that are words.
  void read_words(const std::vector<std::string>& words, LabelledData& data) {
    std::vector<std::string> names = needs_.known.class_names;
    const bool known = !names.empty();
    if (!known) {
      const std::set<std::string> sorted(words.begin(), words.end());
      names.assign(sorted.begin(), sorted.end());
      if (needs_.target == TargetKind::kValues) {
        if (needs_.target_optional) return;
        throw FileError("'" + path_ + "': y holds text, " + detail::quoted_list(names) +
                        "; the model's loss takes numbers");
      }
      if (!detail::accept_new_classes(needs_, names, "'" + path_ + "': y")) return;
    }
    name_classes(words, std::move(names), data);
  }

  void name_classes(const std::vector<std::string>& words, std::vector<std::string> names,
                    LabelledData& data) const {
    std::vector<int32_t> labels;
    for (size_t i = 0; i < words.size(); ++i) {
      const auto found = std::find(names.begin(), names.end(), words[i]);
      if (found == names.end() && !needs_.target_optional) {
        throw FileError("'" + path_ + "': sample " + std::to_string(i) + " is of the class '" +
                        words[i].substr(0, 40) + "', which the model does not know" +
                        suggest(words[i], names));
      }
      labels.push_back(found == names.end() ? -1 : static_cast<int32_t>(found - names.begin()));
    }
    data.y = Tensor::from(labels, Shape{static_cast<int64_t>(labels.size())});
    data.class_names = std::move(names);
  }

  // Integers are classes where the loss says so; where nothing says what they are, if they can be.
  void number_classes(LabelledData& data) const {
    if (!is_integer(data.y.dtype()) || data.y.rank() != 1) return;
    const bool labels = needs_.target == TargetKind::kClassNumbers || needs_.target == TargetKind::kClassRows;
    const int64_t most = needs_.classes > 0 && labels ? needs_.classes : kMostClasses;
    const std::vector<int64_t> numbers = data.y.to_vector<int64_t>();
    std::vector<std::string> names = needs_.known.class_names;
    if (names.empty() && detail::are_signs({numbers.begin(), numbers.end()}, needs_)) names = {"-1", "1"};
    if (detail::are_other_numbers(names)) {
      std::vector<std::string> words;
      for (const int64_t number : numbers) words.push_back(std::to_string(number));
      name_classes(words, names, data);
      return;
    }
    int64_t largest = -1;
    for (size_t i = 0; i < numbers.size(); ++i) {
      largest = std::max(largest, numbers[i]);
      if (numbers[i] >= 0 && numbers[i] < most) continue;
      if (!labels) return;
      if (needs_.target_optional) {
        warn("'" + path_ + "': the targets are not used: label " + std::to_string(numbers[i]) +
             " of sample " + std::to_string(i) + " is out of range 0.." + std::to_string(most - 1) +
             " for a class number");
        data.y = Tensor();
        return;
      }
      throw FileError("'" + path_ + "': label " + std::to_string(numbers[i]) + " of sample " +
                      std::to_string(i) + " is out of range 0.." + std::to_string(most - 1) +
                      " for a class number");
    }
    data.y = Tensor::from(std::vector<int32_t>(numbers.begin(), numbers.end()), data.y.shape());
    data.class_names = detail::numbered_classes(std::max<int64_t>(largest + 1, 1));
    const auto known = static_cast<int64_t>(needs_.known.class_names.size());
    if (largest < known) data.class_names = needs_.known.class_names;
  }

  std::string path_;
  const DataNeeds& needs_;
  NpzReader file_;
  std::string suffix_;
};

LabelledData load(const std::string& path, const std::string& split, const DataOptions& options) {
  return NpzData(path, split, options).run();
}

[[maybe_unused]] const bool kNpzDataRegistered =
    register_data_format({".npz", load, "PK\x03\x04"}) && register_data_format({".npz", load, "PK\x05\x06"});

}  // namespace
}  // namespace lamina
