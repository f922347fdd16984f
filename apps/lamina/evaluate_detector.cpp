// lamina evaluate, for detectors.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "data_arguments.h"
#include "interrupt.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/image/load_img.h"
#include "metrics.h"
#include "train_detector.h"

namespace lamina::cli {
namespace {

// "vehicle=car+bus,pedestrian=person": for each class of the data, those of the detector.
std::vector<std::pair<std::string, std::vector<std::string>>> meanings_of(const std::string& text) {
  std::vector<std::pair<std::string, std::vector<std::string>>> all;
  for (const std::string& part : names_between_commas(text)) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == part.size())
      throw UsageError("evaluate: --classes takes DATA=MODEL+MODEL,... as in vehicle=car+bus, not '" + part +
                       "'");
    const std::string name = part.substr(0, equals);
    if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.first == name; }))
      throw UsageError("evaluate: --classes names '" + name + "' twice: join them by +, as in vehicle=car+bus");
    std::vector<std::string>& members = all.emplace_back(name, std::vector<std::string>()).second;
    for (size_t begin = equals + 1; begin <= part.size();) {
      const size_t end = std::min(part.find('+', begin), part.size());
      members.push_back(part.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return all;
}

// For each class of the detector its number among `names`, or -1.
std::vector<int64_t> numbers_in_data(const vision::Detector& detector, const std::string& classes,
                                     std::vector<std::string>& names,
                                     const std::vector<std::string>& data_names) {
  const auto& own = detector.class_names();
  std::vector<int64_t> numbers(own.size(), -1);
  const auto place = [&](const std::string& name, const std::vector<std::string>& known) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      throw InvalidArgument("--classes: unknown class '" + name + "'" + suggest(name, known));
    return static_cast<size_t>(found - known.begin());
  };
  if (classes.empty()) {
    for (size_t i = 0; i < own.size(); ++i) {
      if (std::find(data_names.begin(), data_names.end(), own[i]) == data_names.end()) continue;
      numbers[i] = static_cast<int64_t>(names.size());
      names.push_back(own[i]);
    }
    if (names.empty())
      throw InvalidArgument(
          "the model and the data have no class of one name: say by --classes which are alike");
    return numbers;
  }
  for (const auto& [name, members] : meanings_of(classes)) {
    place(name, data_names);
    for (const std::string& member : members) {
      int64_t& number = numbers[place(member, own)];
      if (number >= 0)
        throw InvalidArgument("--classes: '" + member + "' of the model is said to be two classes of the data, '" +
                              names[static_cast<size_t>(number)] + "' and '" + name + "'");
      number = static_cast<int64_t>(names.size());
    }
    names.push_back(name);
  }
  return numbers;
}

// Of a detector of other classes: what it finds of the classes of the data.
Metrics metrics_of_others(const vision::Detector& detector, const vision::AnnotatedImages& data,
                          const std::vector<int64_t>& numbers, const std::function<bool(int64_t)>& progress) {
  std::vector<std::vector<vision::TruthBox>> truth;
  std::vector<std::vector<vision::Detection>> found;
  for (const vision::AnnotatedImage& image : data.images) {
    auto& kept = found.emplace_back();
    for (vision::Detection one :
         detector.detect(load_img(image.file), {.score_threshold = 0.001, .most = 300})) {
      one.label = numbers[static_cast<size_t>(one.label)];
      if (one.label >= 0) kept.push_back(one);
    }
    // A car that is a truck, too, is one vehicle.
    kept = vision::suppressed(kept, {.score_threshold = 0.001, .most = 300});
    truth.push_back(image.boxes);
    if (!progress(static_cast<int64_t>(found.size()))) throw Error("interrupted");
  }
  return vision::coco_evaluation(truth, found, static_cast<int64_t>(data.class_names.size()))
      .items(data.class_names);
}

}  // namespace

int evaluate_detector(const Model& model, const std::string& model_path, const std::string& source,
                      const std::string& classes, bool json, bool quiet) {
  const auto place = place_and_part(source, {"train", "val", "test"}, "");
  const std::string &path = place.first, &part = place.second;
  const vision::Detector detector = vision::Detector::of_file(model, model_path);
  std::vector<std::string> data_names = vision::load_annotations(path).class_names, names;
  const std::vector<int64_t> numbers = numbers_in_data(detector, classes, names, data_names);
  std::vector<int64_t> in_order(numbers.size());
  std::iota(in_order.begin(), in_order.end(), int64_t{0});
  const bool same = names == detector.class_names() && numbers == in_order;
  vision::AnnotatedImages data;
  const auto read = [&](const std::string& which) {
    return vision::load_annotations(path, {.part = which, .class_names = names, .leave_out_others = true});
  };
  if (!part.empty()) {
    data = read(part);
  } else {
    try {
      data = read("test");
    } catch (const FileError&) {
      data = read("");
      warn("'" + path + "' has no part 'test': all of its pictures are taken");
    }
  }
  const Undisturbed undisturbed;
  const Interrupt interrupt;
  const auto count = static_cast<int64_t>(data.images.size());
  const bool bar = !quiet && !json && terminal_of(stderr).width > 0;
  const auto progress = [&](int64_t done) {
    if (bar && (done % 8 == 0 || done == count))
      tell(stderr, fmt::format("\r{} of {} pictures{}", done, count, done == count ? "\n" : ""));
    return !interrupt.flag();
  };
  const Metrics metrics =
      same ? vision::detector_metrics(detector, data, progress) : metrics_of_others(detector, data, numbers, progress);
  if (json) {
    print_json(
        Json::object({{"metrics", metrics_json(metrics)}, {"samples", count}, {"boxes", data.boxes()}}));
  } else {
    tell(stdout, fmt::format("{} - {} pictures with {} boxes\n", metrics_line(metrics), count, data.boxes()));
  }
  return 0;
}

}  // namespace lamina::cli
